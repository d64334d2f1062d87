import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GpuError } from "../../../engine/errors/errors";
import { fill } from "../../../engine/ops/index";
import { testGpu } from "../../helpers/gpu";

const test = suite("commands");

test("dispatches share passes and submits", async () => {
  const gpu = await testGpu();
  await gpu.finish();
  gpu.scope(() => {
    const t = gpu.empty([4]);
    const before = { ...gpu.commands.count };
    const since = () => {
      const { dispatches, passes, submits } = gpu.commands.count;
      return [dispatches - before.dispatches, passes - before.passes, submits - before.submits];
    };
    for (let i = 0; i < 10; i++) fill(t, i);
    assert.equal(since(), [10, 1, 0]);
    gpu.clear(t); // a copy or clear ends the pass
    fill(t, 1);
    assert.equal(since(), [11, 2, 0]);
    gpu.write(t, [1, 2, 3, 4]); // an upload submits what came before it
    assert.equal(since(), [11, 2, 1]);
    for (let i = 0; i < gpu.commands.submitEvery; i++) fill(t, i);
    assert.is(since()[2], 2, "a full encoder is submitted");
    gpu.commands.submit();
    assert.is(since()[2], 2, "an empty one is not");
  });
  await gpu.finish();
});

test("the observer sees each dispatch by its kernel's name", async () => {
  const gpu = await testGpu();
  const labels: string[] = [];
  gpu.commands.observer = ({ label }) => {
    labels.push(label);
    return undefined;
  };
  try {
    gpu.scope(() => fill(gpu.empty([4]), 1));
  } finally {
    gpu.commands.observer = null;
  }
  assert.equal(labels, ["fill MODE=0"]);
});

test("several errors are reported as one, and then forgotten", async () => {
  const gpu = await testGpu();
  const memory = gpu.pool.take(64);
  const { buffer } = memory;
  for (let i = 0; i < 3; i++) {
    gpu.commands.copy(buffer, 0, buffer, 0, 16);
    gpu.commands.submit();
  }
  let error: unknown;
  await gpu.finish().catch((e) => (error = e));
  assert.ok(error instanceof GpuError && /\(and \d+ more\)/.test(error.message), String(error));
  gpu.commands.check();
  memory.release();
});

test.run();
