import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runChild } from "../helpers/child";

const test = suite("signals");

test("the first signal is acknowledged at once, the second ends the process at once", async () => {
  const { child, said, ended } = await runChild(
    `import { withSignals } from "./cli/signals";
     setInterval(() => {}, 1000);
     const job = withSignals(() => new Promise(() => {}));
     console.log("ready");
     await job;`,
  );
  await said("ready");
  child.kill("SIGINT");
  child.kill("SIGINT"); // npx passes on what came from the terminal already
  await said("nsrm: SIGINT: ending after what is in progress; the signal again ends it at once\n");
  await new Promise((resolve) => setTimeout(resolve, 400));
  child.kill("SIGHUP"); // whoever closed the terminal, too, asked no second time
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.is(child.exitCode, null);
  child.kill("SIGTERM");
  assert.is((await ended).code, 143);
});

test.run();
