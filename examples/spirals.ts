// Two spirals, told apart by a network with two hidden layers: the engine without any hands.
import { Adam, add, bceLogits, initialise, matmul, openGpu, Parameters, relu, type Tensor } from "nsrm-webgpu/engine";

const N = 256;
const points = Array.from({ length: N }, (_, i) => {
  const [radius, angle] = [Math.sqrt(i / N), Math.PI * (3 * Math.sqrt(i / N) + (i % 2))];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});
const arms = points.map((_, i) => i % 2);

const gpu = await openGpu();
const [x, target] = [gpu.tensor(points.flat(), [N, 2]), gpu.tensor(arms, [N, 1])];
const sizes = [2, 32, 32, 1];
const specs = [1, 2, 3].flatMap((n) => [
  { name: `w${n}`, shape: [sizes[n - 1], sizes[n]] },
  { name: `b${n}`, shape: [sizes[n]] },
]);
const parameters = new Parameters(gpu, specs);
initialise(parameters, "he", { uniform: Math.random });
const adam = new Adam(parameters);
const layer = (n: number, h: Tensor) => add(matmul(h, parameters.get(`w${n}`)), parameters.get(`b${n}`));
const network = (h: Tensor) => layer(3, relu(layer(2, relu(layer(1, h)))));

for (let step = 1; step <= 500; step++) {
  gpu.scope(() => {
    parameters.zeroGrad();
    const loss = bceLogits(network(x), target, N);
    loss.backward();
    adam.step(0.01, loss);
  });
  if (step % 100 === 0) console.log(`step ${step}: loss ${(await adam.report()).loss.toFixed(4)}`);
}
await gpu.close();
