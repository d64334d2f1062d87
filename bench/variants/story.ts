import type { Gpu } from "../../engine/index";
import {
  asOneRow,
  broadcastLanes,
  type ConvGeometry,
  type ConvPass,
  type ConvPlan,
  type ConvVariantName,
  convGeometry,
  type DwPass,
  passesOf,
  pickConvPlan,
} from "../../engine/ops/conv/index";
import { convWork } from "../contenders/index";
import type { ConvCase } from "../contract/index";
import { interleave, milliseconds } from "../measure/index";

/** One step on the way from the naive kernel to the fastest, on one layer. */
export interface StoryStep {
  name: string;
  gflops: number;
  /** Speed over the naive kernel's, and over the step before. */
  overNaive: number;
  overLast: number;
}

export interface Story {
  layer: string;
  pass: "forward" | "dw";
  steps: StoryStep[];
}

/** Small enough that the naive kernel takes seconds, large enough that no step is short of work. */
const LAYERS = [
  { channels: 64, size: 92, kernel: 3, passes: ["forward", "dw"] },
  { channels: 64, size: 46, kernel: 7, passes: ["forward", "dw"] },
  { channels: 256, size: 46, kernel: 1, passes: ["forward"] },
] as const;

/** One measurement repeats its computation until it takes about this long, so that waiting does not count. */
const ENOUGH_MS = 30;

/** Measures the steps that kernels/README.md tells of, forward and gradient by the weights. */
export async function measureStory(gpu: Gpu, rounds: number, note: (line: string) => void = () => {}) {
  const stories: Story[] = [];
  for (const { channels, size, kernel, passes } of LAYERS) {
    for (const pass of passes) {
      const layer = `${kernel}x${kernel} ${channels}-${channels} @${size}`;
      note(`${layer} ${pass}`);
      const common = { op: "conv", batch: 1, ci: channels, co: channels, name: layer } as const;
      stories.push({ layer, pass, steps: await measureSteps(gpu, { ...common, pass, kernel, size }, rounds) });
    }
  }
  return stories;
}

async function measureSteps(gpu: Gpu, c: ConvCase, rounds: number): Promise<StoryStep[]> {
  const shapes = [
    [1, c.ci, c.size, c.size],
    [c.co, c.ci, c.kernel, c.kernel],
  ];
  const g = asOneRow(convGeometry(shapes, { padding: (c.kernel - 1) / 2 }));
  const usual = pickConvPlan(g, gpu.adapter);
  const steps =
    c.kernel === 1 ? pointwiseSteps(gpu, usual) : c.pass === "dw" ? dwSteps(gpu, g, usual) : forwardSteps(gpu, g);
  const { inputs, record } = convWork(gpu, c);
  try {
    const runs: { run: () => Promise<void>; repeats: number }[] = [];
    for (const { pass } of steps) {
      const plan = { ...usual, [c.pass]: pass } as ConvPlan;
      const times = async (n: number) => {
        for (let i = 0; i < n; i++) gpu.scope(() => void record(plan));
        await gpu.finish();
      };
      await times(1);
      const repeats = Math.max(1, Math.round(ENOUGH_MS / (await milliseconds(() => times(1)))));
      runs.push({ run: () => times(repeats), repeats });
    }
    const timings = await interleave(
      runs.map(({ run }) => run),
      rounds,
    );
    const flops = 2 * g.n * g.co * g.oh * g.ow * g.ci * g.kh * g.kw;
    const speeds = timings.map((t, i) => (flops * runs[i].repeats) / (t.median * 1e6));
    return steps.map(({ name }, i) => ({
      name,
      gflops: speeds[i],
      overNaive: speeds[i] / speeds[0],
      overLast: i === 0 ? 1 : speeds[i] / speeds[i - 1],
    }));
  } finally {
    for (const t of inputs) t.dispose();
    gpu.trim();
  }
}

function forwardSteps(gpu: Gpu, g: ConvGeometry): { name: string; pass: ConvPass }[] {
  const lanes = broadcastLanes(gpu.adapter);
  const variant = (name: string, which: ConvVariantName) => {
    const passes = passesOf(which, g, gpu.adapter);
    return passes ? [{ name, pass: passes.forward }] : [];
  };
  const slide = (lanes: number, workgroup: number, co: number, px: number): ConvPass => ({
    ...{ family: "slide", lanes, workgroup, rows: 1 },
    ...{ co, px },
  });
  return [
    { name: "naive: one result an invocation", pass: { family: "direct" } },
    { name: "tiles in workgroup memory, 64 x 64", pass: { family: "tiled", tile: 64 } },
    { name: "sliding window, 4 x 4 results in registers", pass: slide(0, 64, 4, 4) },
    { name: "8 x 8 results in registers", pass: slide(0, 64, 8, 8) },
    ...(lanes ? [{ name: "weights by subgroup broadcast", pass: slide(lanes, 64, 8, 8) }] : []),
    ...variant("workgroup and tile by shape and adapter", lanes ? "slideBroadcast" : "slidePlain"),
    ...variant("Winograd, tiles of 2 x 2 results", "winograd2"),
    ...variant("Winograd, tiles of 4 x 4 results", "winograd4"),
    ...variant("Winograd along rows, tiles of 4 results", "winogradRows"),
  ];
}

function pointwiseSteps(gpu: Gpu, usual: ConvPlan): { name: string; pass: ConvPass }[] {
  const lanes = broadcastLanes(gpu.adapter);
  return [
    { name: "naive: one result an invocation", pass: { family: "direct" } },
    { name: "the sliding window's kernel", pass: { family: "slide", lanes, workgroup: 16, co: 16, px: 4, rows: 1 } },
    { name: "weights of four channels a load", pass: usual.forward },
  ];
}

function dwSteps(gpu: Gpu, { n, oh }: ConvGeometry, usual: ConvPlan): { name: string; pass: DwPass }[] {
  const lanes = broadcastLanes(gpu.adapter);
  const slide = (lanes: number, workgroup: number, splits: number): DwPass => ({
    ...{ family: "slide", lanes, workgroup },
    ...{ co: 8, splits },
  });
  const some = Math.min(4, n * oh);
  return [
    { name: "naive: one weight a workgroup", pass: { family: "direct" } },
    { name: "tiles in workgroup memory, 64 x 64", pass: { family: "tiled", tile: 64, splits: some } },
    { name: "sliding window, 8 kernel rows in registers", pass: slide(0, 64, 1) },
    { name: "rows split into 4 shares", pass: slide(0, 64, some) },
    ...(lanes ? [{ name: "gradient by subgroup broadcast", pass: slide(lanes, 64, some) }] : []),
    { name: "workgroup and shares by shape and adapter", pass: usual.dw },
  ];
}

/** The stories as Markdown tables. */
export function storyMarkdown(stories: readonly Story[]): string {
  return stories
    .map(({ layer, pass, steps }) => {
      const rows = steps.map(
        ({ name, gflops, overNaive, overLast }) =>
          `| ${name} | ${gflops.toFixed(1)} | ${overLast.toFixed(1)} | ${overNaive.toFixed(1)} |`,
      );
      const head = [
        `**${layer}, ${pass}**`,
        "",
        "| step | GFLOP/s | over the last | over naive |",
        "|---|---|---|---|",
      ];
      return [...head, ...rows].join("\n");
    })
    .join("\n\n");
}
