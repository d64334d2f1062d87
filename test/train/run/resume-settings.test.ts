import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { train } from "../../../train/run/train";
import { testGpu } from "../../helpers/gpu";
import { outcome } from "../../helpers/outcome";
import { tinyConfig, writeDataset } from "../../helpers/tiny";

const test = suite("resume, whatever the settings");
const home = mkdtempSync(join(tmpdir(), "nsrm-"));
const data = join(home, "data");
test.before(() => writeDataset(data, [5, 2, 2]));
test.after(() => rmSync(home, { recursive: true, force: true }));

const AUGMENT = { rotation: 30, scale: [0.8, 1.2], flip: 0.5, blur: 0.7, cutout: { probability: 0.5 } };
const SYNTHETIC = { dataset: "synthetic", synthetic: { count_train: 5, count_valid: 2, count_test: 2 } };
// Limb weight and learning rate change with every epoch, so that captured steps are dropped and made anew.
const base = { epochs: 6, samples: 0, weight_decay: 1, w_decay_ratio: 0.9, lr_decay_epoch: 1, max_steps: 8 };

type Settings = Record<string, unknown>;
/** Settings of a run, and what is changed of them where it goes on. */
const CASES: Record<string, [Settings, Settings]> = {
  "augmented hands of a folder, every option of the optimizer; captured in passes of one image, then not captured": [
    {
      ...{ augment: AUGMENT, micro_batch: 1, limbc: 7, group: "G6", weight_g61: 0.2 },
      ...{ freeze: ["vgg19."], adam_weight_decay: 0.01, clip_grad_norm: 0.5 },
    },
    { replay: false, checkpoint_every: 1, prefetch: 5, cache_mb: 0 },
  ],
  "augmented synthetic hands; half of the segments computed twice, then none": [
    { ...SYNTHETIC, augment: AUGMENT, checkpoint_segments: 5 },
    { checkpoint_segments: 0 },
  ],
  "mixed precision; some segments computed twice, then all": [
    { precision: "mixed", augment: AUGMENT, checkpoint_segments: 3 },
    { checkpoint_segments: 10 },
  ],
};

for (const [name, [first, changes]] of Object.entries(CASES)) {
  test(name, async () => {
    const gpu = await testGpu();
    if (first.precision === "mixed" && !gpu.adapter.f16) {
      console.log("skipped: the adapter has no shader-f16");
      return;
    }
    const run = (folder: string, settings: Settings) => {
      const config = tinyConfig({ ...base, ...settings });
      const source = config.dataset === "synthetic" ? undefined : data;
      return train({ gpu, config, data: source, out: join(home, name, folder), silent: true, resume: true });
    };
    await run("whole", first);
    await run("parts", { ...first, max_steps: 4 }); // one step into the second epoch
    await run("parts", { ...first, ...changes });
    const [whole, parts] = [outcome(join(home, name, "whole")), outcome(join(home, name, "parts"))];
    assert.is(parts.steps.length, 8);
    // Where it stopped it has validated too, so the best checkpoint may be another.
    assert.equal([parts.steps, parts.last.bits], [whole.steps, whole.last.bits]);
  });
}

test.run();
