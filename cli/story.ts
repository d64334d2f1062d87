import { measureStory, storyMarkdown } from "../bench/variants/index";
import { wholeNumberFrom } from "./arguments";
import { withGpu } from "./gpu";

/** `nsrm bench story`: prints the tables of kernels/README.md, measured here and now. */
export async function storyCommand(options: { steps: string; adapter?: string }): Promise<void> {
  const rounds = wholeNumberFrom("--steps", options.steps, 1);
  await withGpu(options.adapter, async (gpu) => {
    const stories = await measureStory(gpu, rounds, (line) => void process.stderr.write(`${line}\n`));
    console.log(`${gpu.adapter.kind}, ${gpu.adapter.name}\n\n${storyMarkdown(stories)}`);
  });
}
