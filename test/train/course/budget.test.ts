import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { configFrom } from "../../../train/config/load";
import { slowVariant } from "../../../train/config/resolve";
import { Budget } from "../../../train/course/budget";
import { GROWING, HANDS, tinyConfig } from "../../helpers/tiny";

const test = suite("budget");

type Settings = Record<string, unknown>;
const configOf = (settings: Settings) => tinyConfig({ ...HANDS, ...settings });
const budgetOf = (settings: Settings) => new Budget(configOf(settings));

test("epochs and max_steps bound the steps, and so do minutes once it is known how many fit them", () => {
  assert.is(budgetOf({ epochs: 4 }).total(5), 20);
  assert.is(budgetOf({ epochs: 4, max_steps: 7 }).total(5), 7);
  const budget = budgetOf({ epochs: 400, max_steps: 1500, minutes: 1 });
  assert.equal([budget.open, budget.total(5)], [true, 1500]);
  // 0.9 minutes less 4 s leave 50 s, for steps of 40 ms.
  const settled = budget.fit({ stepMs: [40], spentMs: 4000 }, 5);
  assert.equal([settled.open, settled.total(5), settled.recorded(1250).max_steps], [false, 1250, 1250]);
  assert.is(budget.fit({ stepMs: [10], spentMs: 4000 }, 5).recorded(1500).max_steps, 1500);
  assert.is(budget.fit({ stepMs: [10_000], spentMs: 4000 }, 5).total(5), 20, "fewer teach nothing");
  assert.is(budget.experiment.max_steps, 1500, "what was asked for stays");
});

test("a step takes what those of its phases take, by their shares", () => {
  const budget = budgetOf({ ...GROWING, epochs: 4000, minutes: 1 });
  assert.equal(
    budget.stretches.map(({ config, share }) => [config.image_size, config.batch_size, share]),
    [
      [16, 4, 0.5],
      [24, 2, 0.25],
      [32, 2, 0.25],
    ],
  );
  // A mean of 25 ms, for 54 s.
  assert.is(budget.fit({ stepMs: [10, 20, 60], spentMs: 0 }, 5).total(5), 2160);
});

test("a run records its numbers of steps, and goes on by them", () => {
  const asked = configOf({ ...GROWING, epochs: 400, minutes: 1, when_slow: { steps: 5, set: { width: 0.5 } } });
  const recorded = new Budget(asked).fit({ stepMs: [100, 100, 100], spentMs: 4000 }, 5).recorded(500);
  assert.equal(recorded, {
    ...asked,
    max_steps: 500,
    progressive: [
      { ...GROWING.progressive[0], steps: 250 },
      { ...GROWING.progressive[1], steps: 125 },
    ],
    when_slow: null,
  });
  const resumed = Budget.resumed({ ...asked, when_slow: null, minutes: 9 }, recorded);
  assert.equal([resumed.open, resumed.total(5)], [false, 500], "the minutes are not measured again");
  assert.equal(resumed.recorded(500), { ...recorded, minutes: 9 });
  const fewer = Budget.resumed({ ...asked, max_steps: 300 }, recorded);
  assert.equal([fewer.total(5), fewer.recorded(300).max_steps], [300, 300]);
  assert.equal(fewer.recorded(300).progressive, recorded.progressive);

  const more = Budget.resumed({ ...asked, max_steps: 900 }, recorded);
  assert.equal([more.total(5), more.whyNoFurther(499)], [500, null]);
  assert.match(
    more.whyNoFurther(500)!,
    /^the 500 steps that fit 1 minutes are done; --set minutes=null goes on to 900$/,
  );
  assert.is(resumed.whyNoFurther(500), null);
  const untimed = Budget.resumed({ ...asked, minutes: null, max_steps: 900 }, recorded);
  assert.equal([untimed.open, untimed.total(5), untimed.recorded(900).max_steps], [false, 900, 900]);
  const timedNow = Budget.resumed(asked, { ...recorded, minutes: null, max_steps: null });
  assert.is(timedNow.open, true, "a run without a limit gets one");
});

test("where few steps fit, few of those that are asked for, the variant for that case is taken", () => {
  const settings = { minutes: 1, epochs: 20, when_slow: { steps: 60, set: { width: 0.5, minutes: 2 } } };
  const budget = budgetOf(settings);
  assert.equal(
    [59, 60].map((fitting) => budget.isShort(fitting, 5)),
    [true, false],
  );
  assert.is(budget.isShort(20, 1), false, "all 20 that there are");
  assert.equal([budget.slow!.experiment.width, budget.slow!.open, budget.slow!.slow], [0.5, true, null]);
  assert.is(
    budget.whySlow(59),
    "59 steps would fit 1 minutes on this adapter, fewer than 60; for such a case the experiment has width 0.5, minutes 2",
  );
  assert.equal([budgetOf({}).slow, budgetOf({}).isShort(1, 5)], [null, false]);
});

test("what cannot be a plan is refused by name", () => {
  const refused = (settings: Settings, message: RegExp) => {
    let error: unknown;
    try {
      configOf(settings);
    } catch (e) {
      error = e;
    }
    assert.instance(error, UserError);
    assert.match((error as Error).message, message);
  };
  const half = { share: 0.5, image_size: 16 };
  refused(
    { progressive: [half, half] },
    /^test: progressive: expected shares that leave some steps for the end, got 1 /,
  );
  refused({ progressive: [{ ...half, image_size: 20 }] }, /^test: progressive: expected a list of objects .*, got /);
  refused({ when_slow: { steps: 9, set: { widht: 1 } } }, /^tiny: when_slow\.set: unknown key "widht"/);
  refused({ when_slow: { steps: 9, set: { width: 0 } } }, /^tiny: when_slow\.set: width: expected a factor/);
});

test("what is asked for by name, a variant for slow adapters does not change", () => {
  const settings = () => ({
    ...{ dataset: "HandDataset_LPM", width: 0.25, image_size: 64 },
    when_slow: { steps: 9, set: { width: 0.125, image_size: 32, widths: { hid: 5 } } },
  });
  const slow = (...sets: string[]) => slowVariant(configFrom(settings(), "x", sets).config)!;
  assert.equal([slow().width, slow().image_size, slow().when_slow], [0.125, 32, null]);
  const asked = slow("width=0.5", "widths.hid=7");
  assert.equal([asked.width, asked.image_size, asked.widths], [0.5, 32, { hid: 7 }]);
});

test.run();
