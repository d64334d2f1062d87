import { parentPort } from "node:worker_threads";
import { type RgbImage, resizeBicubic } from "./resize";

/** What a worker is asked for: `image` at width x height. It answers with the bytes, [height, width, 3]. */
export interface ResizeTask {
  image: RgbImage;
  width: number;
  height: number;
}

parentPort!.on("message", ({ image, width, height }: ResizeTask) => {
  const { data } = resizeBicubic(image, width, height);
  parentPort!.postMessage(data, [data.buffer as ArrayBuffer]);
});
