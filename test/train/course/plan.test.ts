import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Budget } from "../../../train/course/budget";
import { openPhases } from "../../../train/course/phase";
import { Plan } from "../../../train/course/plan";
import { oneCycle } from "../../../train/step/schedule";
import { syntheticSource } from "../../../train/synthetic/drawn-source";
import { testGpu } from "../../helpers/gpu";
import { GROWING, HANDS, tinyConfig } from "../../helpers/tiny";

const test = suite("plan");

/** A plan over 10 images: 3 batches of 4 an epoch, 5 batches of 2. */
async function planOf(settings: Record<string, unknown>): Promise<Plan> {
  const gpu = await testGpu();
  const budget = new Budget(tinyConfig({ ...HANDS, ...settings }));
  return new Plan(
    budget,
    openPhases(gpu, budget, (own) => syntheticSource(gpu, own)),
  );
}

test("phases have their shares of the steps, and the last one what is left", async () => {
  const plan = await planOf({ ...GROWING, epochs: 4 });
  assert.is(plan.total, 20);
  const sizes = Array.from({ length: 22 }, (_, i) => {
    const { config, perPass } = plan.phaseAt(i + 1);
    assert.is(perPass, config.batch_size);
    return `${config.image_size}x${config.batch_size}`;
  });
  assert.equal(sizes, [...Array(10).fill("16x4"), ...Array(5).fill("24x2"), ...Array(7).fill("32x2")]);
  assert.equal(
    [10, 15, 20, 9].map((step) => plan.endsPhase(step)),
    [true, true, false, false],
  );
  // 10 steps of 3 an epoch, 5 of 5, 5 of 5.
  assert.is(plan.epochs, 4 + 1 + 1);
  assert.equal(plan.describe(), ["steps 1 to 10 at 16 px, batch 4", "steps 11 to 15 at 24 px, batch 2"]);
  assert.equal(
    plan.config.progressive.map(({ steps }) => steps),
    [10, 5],
  );
});

test("steps that were fixed before stay, however long the run is now", async () => {
  const { config } = await planOf({ ...GROWING, epochs: 4 });
  const longer = await planOf({ progressive: config.progressive, epochs: 40 });
  assert.equal([longer.total, longer.describe()[1]], [200, "steps 11 to 15 at 24 px, batch 2"]);
  const shorter = await planOf({ progressive: config.progressive, epochs: 4, max_steps: 12 });
  assert.equal(shorter.describe(), ["steps 1 to 10 at 16 px, batch 4", "steps 11 to 12 at 24 px, batch 2"]);
  assert.is(shorter.endsPhase(12), false);
});

test("epochs are those that the steps make", async () => {
  assert.is((await planOf({ epochs: 60 })).epochs, 60);
  assert.is((await planOf({ epochs: 60, max_steps: 55 })).epochs, 11);
});

test("what is planned by epochs comes in its proportion where minutes fix the steps, and by true epochs elsewhere", async () => {
  const planned = { epochs: 60, lr_decay_epoch: 20, weight_decay: 30, w_decay_ratio: 0.1, weight: 1 };
  const within = await planOf({ ...planned, minutes: 1, max_steps: 90 });
  const at = (plan: Plan, step: number) => {
    const { lr, limbWeight } = plan.scheduleAt(step, 1 + Math.floor((step - 1) / 5));
    return [lr, limbWeight];
  };
  assert.equal(at(within, 30), [1e-3, 1]);
  assert.equal(at(within, 31), [5e-4, 1]);
  assert.equal(at(within, 45), [5e-4, 0.1]); // planned epoch 30 of 60 begins after 43.5 of 90 steps
  assert.equal(at(within, 44), [5e-4, 1]);
  assert.equal(at(within, 90), [2.5e-4, 0.1 * 0.1]); // epoch 60 has begun
  assert.equal(at(within, 91), [2.5e-4, 0.1 * 0.1]);
  const cut = await planOf({ ...planned, max_steps: 90 });
  assert.equal(at(cut, 90), [1e-3, 1]);
  const all = await planOf({ ...planned, minutes: 1 });
  for (const step of [1, 100, 101, 145, 146, 300]) {
    assert.equal(at(all, step), at(await planOf(planned), step), `step ${step}`);
  }
});

test("one cycle rises to the peak, and comes down to a hundredth of it", async () => {
  const near = (got: number, want: number) => assert.ok(Math.abs(got - want) < 1e-12, `${got}, not ${want}`);
  near(oneCycle(2, 0), 0.2);
  near(oneCycle(2, 0.075), 1.1);
  near(oneCycle(2, 0.15), 2);
  near(oneCycle(2, 0.575), 1.01);
  near(oneCycle(2, 1), 0.02);
  near(oneCycle(2, 3), 0.02);
  const plan = await planOf({ lr_schedule: "one-cycle", epochs: 4 });
  assert.equal(plan.scheduleAt(8, 1).lr, oneCycle(1e-3, 7 / 20));
});

test.run();
