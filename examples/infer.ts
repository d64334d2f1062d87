// Joints of a photograph, without the command line: npx tsx infer.ts CHECKPOINT.safetensors PHOTO
import { openGpu } from "nsrm-webgpu/engine";
import { decodeImage, findHands, placeTrained, pointAt, readTrained, skeletonOf, wholeImage } from "nsrm-webgpu/train";

const [checkpoint, photo] = process.argv.slice(2);
const gpu = await openGpu();
const trained = placeTrained(gpu, readTrained(checkpoint));
const image = await decodeImage(photo, { upright: true });

// One hand a view; a tight box around it makes a better one: aroundBox({ x, y, width, height }).
const views = [{ image, region: wholeImage(image) }];
const [hand] = await findHands({ gpu, trained, decoder: "taylor" }, views);
for (const [joint, { name }] of skeletonOf(trained.config).joints.entries()) {
  const [x, y] = pointAt(hand.points, joint);
  const confidence = hand.confidence[joint].toFixed(2);
  console.log(`${name.padEnd(12)} ${x.toFixed(1).padStart(7)} ${y.toFixed(1).padStart(7)}  ${confidence}`);
}
await gpu.close();
