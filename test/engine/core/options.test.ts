import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openGpu as openInBrowser } from "../../../engine/adapters/browser";
import { openGpu } from "../../../engine/adapters/node";
import { Parameters } from "../../../engine/core/parameters";
import { OptionError } from "../../../engine/errors/errors";
import { avgPool2d, batchNorm, conv2d, maxPool2d } from "../../../engine/ops/index";
import { Adam } from "../../../engine/optim/adam";
import { testGpu } from "../../helpers/gpu";

const test = suite("options");

/** What no type checker has seen. */
// biome-ignore lint/suspicious/noExplicitAny: the tests hand over what the types forbid
const any = (options: unknown): any => options;

const refused = (message: RegExp) => (e: unknown) => e instanceof OptionError && message.test(e.message);

test("an option that a function does not know is refused, with its name and what there is", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const [x, w] = [gpu.zeros([1, 2, 7, 7]), gpu.zeros([2, 2, 3, 3])];
    const c = gpu.zeros([2]);
    const parameters = new Parameters(gpu, [{ name: "w", shape: [4] }]);
    const calls: [RegExp, () => unknown][] = [
      [/^conv2d: no option 'pad'; there are stride, padding, dilation/, () => conv2d(x, w, null, any({ pad: 1 }))],
      [/^conv2d: no option 'groups'/, () => conv2d(x, w, null, any({ padding: 1, groups: 2 }))],
      [/^maxPool2d: no option 'size'; there are kernel, stride/, () => maxPool2d(x, any({ kernel: 2, size: 3 }))],
      [/^avgPool2d: no option 'ceil_mode'/, () => avgPool2d(x, any({ kernel: 2, ceil_mode: true }))],
      [
        /^batchNorm: no option 'epsilon'; there are training, momentum, eps/,
        () => batchNorm(x, { gamma: c, beta: c, runningMean: c, runningVariance: c }, any({ epsilon: 1 })),
      ],
      [/^Adam: no option 'betas'; there are beta1, beta2/, () => new Adam(parameters, any({ betas: [0.9, 0.99] }))],
      [/^lossScale: no option 'start'/, () => new Adam(parameters, any({ lossScale: { start: 8 } }))],
      [/^Parameters: no option 'train'/, () => new Parameters(gpu, [], any({ train: false }))],
      [/^maxPool2d: options are an object, of kernel, .*; not 2$/, () => maxPool2d(x, any(2))],
      [/^conv2d: options are an object/, () => conv2d(x, w, null, any([1, 1]))],
    ];
    for (const [message, call] of calls) assert.throws(call, refused(message), String(message));
    parameters.dispose();
  });
});

test("openGpu too, before it looks for a driver", async () => {
  for (const open of [() => openGpu(any({ adaptor: "gpu" })), () => openInBrowser(any({ adapter: "gpu" }))]) {
    const error = await open().then(
      () => null,
      (e: unknown) => e,
    );
    assert.ok(refused(/^openGpu: no option '/)(error), String(error));
  }
});

test("a fraction, a third number, a word or nothing where a size or a pair belongs is refused", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const [x, w] = [gpu.zeros([1, 2, 7, 7]), gpu.zeros([2, 2, 3, 3])];
    const wrong = [2.5, [2, 2.5], [1, 2, 3], [2], "2", Number.NaN, null, -1];
    for (const pool of [maxPool2d, avgPool2d]) {
      for (const v of wrong) {
        assert.throws(() => pool(x, any({ kernel: v })), refused(/kernel is a whole number from 1 on, or \[y, x\]/));
        assert.throws(() => pool(x, any({ kernel: 3, stride: v })), refused(/stride is/), `stride ${v}`);
        assert.throws(() => pool(x, any({ kernel: 3, padding: v })), refused(/padding is/), `padding ${v}`);
      }
      assert.throws(() => pool(x, any({})), refused(/kernel is .*; not undefined$/));
    }
    for (const name of ["stride", "padding", "dilation"]) {
      for (const v of wrong.filter((v) => v !== null)) {
        assert.throws(() => conv2d(x, w, null, any({ [name]: v })), refused(new RegExp(`${name} is`)), `${name} ${v}`);
      }
    }
  });
});

test("numbers that no optimizer can work with are refused", async () => {
  const gpu = await testGpu();
  const parameters = new Parameters(gpu, [{ name: "w", shape: [4] }]);
  for (const options of [{ beta1: 1 }, { beta2: -0.1 }, { eps: Number.NaN }, { weightDecay: -1 }, { clipNorm: "1" }]) {
    const [name] = Object.keys(options);
    assert.throws(() => new Adam(parameters, any(options)), refused(new RegExp(`^Adam: ${name} is a number`)));
  }
  parameters.dispose();
});

test("an option that is undefined takes its default", async () => {
  const gpu = await testGpu();
  gpu.scope(() => {
    const x = gpu.zeros([1, 2, 7, 7]);
    assert.equal([...maxPool2d(x, { kernel: 3, stride: undefined, padding: undefined }).shape], [1, 2, 2, 2]);
    assert.equal([...conv2d(x, gpu.zeros([2, 2, 3, 3]), null, { padding: undefined }).shape], [1, 2, 5, 5]);
  });
  const parameters = new Parameters(gpu, [{ name: "w", shape: [4] }], { trained: undefined });
  assert.ok(parameters.get("w").requiresGrad);
  parameters.dispose();
});

test.run();
