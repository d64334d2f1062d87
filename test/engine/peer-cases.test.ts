import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testGpu } from "../helpers/gpu";
import { families } from "./peer-cases/index";
import { failures } from "./peer-cases/run";

for (const [family, tables] of Object.entries(families)) {
  const test = suite(`peer cases: ${family}`);
  for (const table of tables) {
    test(`${table.op} (${table.from})`, async () => {
      const wrong = await failures(await testGpu(), table);
      assert.is(wrong.length, 0, wrong.join("\n"));
    });
  }
  test.run();
}
