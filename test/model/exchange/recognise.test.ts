import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UserError } from "../../../engine/errors/errors";
import { findNetwork } from "../../../model/exchange/recognise";
import { openWeights } from "../../../model/exchange/weights";
import { memorySource } from "../../../model/files/byte-source";
import { encodeSafetensors } from "../../../model/files/safetensors-format";
import { type NetworkSpec, networkParameters } from "../../../model/network/network";
import { settingsOf } from "../../../train/files/imported";
import { TINY, tinySpec } from "../../helpers/tiny";

const test = suite("weights: which network");

function recognised(spec: NetworkSpec): NetworkSpec {
  const tensors = networkParameters(spec).map(({ name, shape }) => {
    return { name, shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
  });
  const bytes = new Uint8Array(Buffer.concat(encodeSafetensors(tensors)));
  return findNetwork("x", openWeights("x", memorySource(bytes)))!.spec;
}

test("architecture, widths, limb masks and joints are told by the shapes alone", () => {
  for (const [architecture, limbChannels, keypointChannels] of [
    ["NSRM", 1, 21],
    ["NSRM", 7, 21],
    ["NSRM", 7, 17],
    ["CPM", 1, 21],
    ["CPM", 1, 5],
  ] as const) {
    const spec = { architecture, widths: TINY, limbChannels, keypointChannels };
    assert.equal(recognised(spec), spec);
  }
  assert.throws(
    () => recognised({ ...tinySpec(), limbChannels: 6 }),
    (e: unknown) => e instanceof UserError && /^x: its stage 1 has 6 channels; expected 1 .*, or 21/.test(e.message),
  );
});

test("weights alone become an experiment where they are of hands", () => {
  assert.is(settingsOf(tinySpec(7), "mine").limbc, 7);
  assert.throws(
    () => settingsOf({ ...tinySpec(), keypointChannels: 17 }, "mine"),
    (e: unknown) => e instanceof UserError && e.message === "mine: its network finds 17 joints; expected 21, a hand's",
  );
});

test.run();
