import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../../train/config/load";
import { learningRate, limbWeight } from "../../../train/step/schedule";
import { sharedFile } from "../../helpers/shared";

const test = suite("schedule");

/** The limb weights that the original applied, bit for bit: [from epoch, weight]. The learning rate stayed at 1e-4. */
const original: Record<string, [number, number][]> = {
  LDM_G1: [
    [1, 1],
    [20, 0.1],
    [40, 0.010000000000000002],
    [60, 0.0010000000000000002],
    [80, 0.00010000000000000003],
  ],
  LDM_G1_6: [
    [1, 0.2],
    [20, 0.020000000000000004],
    [40, 0.0020000000000000005],
    [60, 0.00020000000000000006],
    [80, 2.000000000000001e-5],
  ],
  LPM_G1: [
    [1, 0.5],
    [20, 0.05],
    [40, 0.005000000000000001],
    [60, 0.0005000000000000001],
    [80, 5.0000000000000016e-5],
  ],
  LPM_G1_6: [
    [1, 0.1],
    [20, 0.010000000000000002],
    [40, 0.0010000000000000002],
    [60, 0.00010000000000000003],
    [80, 1.0000000000000004e-5],
  ],
};

function rows(name: string): number[][] {
  const { config } = loadConfig(`configs/${name}.json`);
  return Array.from({ length: 80 }, (_, i) => [i + 1, learningRate(config, i + 1), limbWeight(config, i + 1)]);
}

for (const [name, changes] of Object.entries(original)) {
  test(`${name}: 80 epochs as the original applied them`, () => {
    const expected = Array.from({ length: 80 }, (_, i) => [
      i + 1,
      1e-4,
      changes.findLast(([from]) => from <= i + 1)![1],
    ]);
    assert.equal(rows(name), expected);
  });
}

test("all rows of the golden file", () => {
  const path = sharedFile("golden/schedule.json");
  if (!path) return;
  const golden = JSON.parse(readFileSync(path, "utf8"));
  for (const name of Object.keys(original)) assert.equal(rows(name), golden[name].rows_epoch_lr_weight, name);
});

test("the learning rate is halved after every lr_decay_epoch-th epoch", () => {
  const cpm = loadConfig("configs/CPM.json").config;
  const at = (epoch: number, every = cpm.lr_decay_epoch) => learningRate({ ...cpm, lr_decay_epoch: every }, epoch);
  assert.equal([at(1), at(40), at(41), at(80), at(81)], [1e-4, 1e-4, 5e-5, 5e-5, 2.5e-5]);
  assert.is(at(1000, 0), 1e-4);
});

test("a weight_decay of 0 keeps the limb weight", () => {
  assert.is(limbWeight({ weight: 0.5, weight_decay: 0, w_decay_ratio: 0.1 }, 1000), 0.5);
});

test.run();
