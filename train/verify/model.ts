import { type Gpu, sigmoid } from "../../engine/index";
import type { NamedArray, SafetensorsFile } from "../../model/files/node";
import type { NetworkOutput } from "../../model/network/index";
import { checkLosses, expectShape, type Fixture, loadParameters, openFixture } from "./fixture";
import { replayGradients, tieNotes } from "./gradients";
import { type Check, check, relativeToAbsmax, type VerifyReport } from "./report";

const OUTPUT_LIMIT = 1e-5;
const GRADIENT_LIMIT = 1e-4;

/**
 * Replays a model fixture: forward outputs, the first step's gradients, then as many Adam steps as it has losses.
 * @param dump receives our `out.*`, `grad.*` and `loss`
 */
export async function verifyModel(gpu: Gpu, file: SafetensorsFile, dump: NamedArray[]): Promise<VerifyReport> {
  const fixture = openFixture(gpu, file);
  const { learner } = fixture;
  try {
    loadParameters(fixture, "init.");
    const notes: string[] = [];
    const checks = [...(await checkOutputs(fixture, dump)), ...(await checkGradients(fixture, dump, notes))];
    const ours: number[] = [];
    checks.push(
      ...(await checkLosses(fixture, 0, async (step) => {
        ours.push((await learner.outcome()).losses.loss);
        checks.push(...(await checkParameters(fixture, step)));
      })),
    );
    dump.push({ name: "loss", shape: [ours.length], data: Float32Array.from(ours) });
    return { kind: "model", file: file.path, checks, notes, ok: checks.every((c) => c.ok) };
  } finally {
    learner.dispose();
  }
}

async function checkOutputs({ learner, batch, file }: Fixture, dump: NamedArray[]): Promise<Check[]> {
  const { gpu, network } = learner;
  const checks: Check[] = [];
  await gpu.inference(async () => {
    for (const [name, { shape, data }] of await namedOutputs(network.forward(batch().input))) {
      dump.push({ name, shape, data });
      if (file.has(name)) {
        expectShape(file, name, shape);
        checks.push(check(name, "max difference / absmax", relativeToAbsmax(data, file.f32(name)), OUTPUT_LIMIT));
      }
    }
  });
  return checks;
}

type Values = { shape: number[]; data: Float32Array };

/** The network's outputs under the fixture's names: raw stages, and the returned maps stacked over stages. */
async function namedOutputs(output: NetworkOutput): Promise<Map<string, Values>> {
  const named = new Map<string, Values>();
  named.set("out.vgg19", { shape: [...output.features.shape], data: await output.features.data() });
  for (const [i, t] of [...output.limbs, ...output.heatmaps].entries()) {
    named.set(`out.stage${i + 1}`, { shape: [...t.shape], data: await t.data() });
  }
  if (output.limbs.length) {
    named.set("out.limb_maps_sigmoid", stack(await read(output.limbs.map((t) => sigmoid(t)))));
  }
  named.set("out.conf_maps", stack(await read(output.heatmaps)));
  return named;
}

const read = (tensors: NetworkOutput["limbs"]): Promise<Values[]> =>
  Promise.all(tensors.map(async (t) => ({ shape: [...t.shape], data: await t.data() })));

/** Stages of [B, C, h, w] as one [B, stages, C, h, w]. */
function stack(stages: Values[]): Values {
  const [batch, ...rest] = stages[0].shape;
  const size = stages[0].data.length / batch;
  const data = new Float32Array(batch * stages.length * size);
  stages.forEach((stage, s) => {
    for (let b = 0; b < batch; b++) {
      data.set(stage.data.subarray(b * size, (b + 1) * size), (b * stages.length + s) * size);
    }
  });
  return { shape: [batch, stages.length, ...rest], data };
}

async function checkGradients(fixture: Fixture, dump: NamedArray[], notes: string[]): Promise<Check[]> {
  const { learner, file } = fixture;
  const stored = (name: string) => (file.has(`grad.${name}`) ? file.f32(`grad.${name}`) : null);
  const { gradients, flipped } = await replayGradients(fixture, stored, GRADIENT_LIMIT);
  notes.push(...tieNotes("step 1", flipped));
  const checks: Check[] = [];
  for (const { name, shape } of learner.network.parameters.specs) {
    const data = gradients.get(name)!;
    dump.push({ name: `grad.${name}`, shape: [...shape], data });
    const want = stored(name);
    if (want) {
      expectShape(file, `grad.${name}`, shape);
      checks.push(check(`grad.${name}`, "max difference / absmax", relativeToAbsmax(data, want), GRADIENT_LIMIT));
    }
  }
  return checks;
}

/** Parameters after a step that the fixture stored: none may be further off than Adam's steps could carry it. */
async function checkParameters({ learner, config, file }: Fixture, step: number): Promise<Check[]> {
  const { parameters } = learner.network;
  if (!file.has(`step${step}.${parameters.names[0]}`)) return [];
  let worst = 0;
  for (const { name, shape } of parameters.specs) {
    expectShape(file, `step${step}.${name}`, shape);
    const want = file.f32(`step${step}.${name}`);
    const got = await parameters.get(name).data();
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i] - want[i]));
  }
  return [check(`parameters after step ${step}`, "max difference", worst, 2 * config.learning_rate * step)];
}
