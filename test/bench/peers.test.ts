import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openRival, openRivals } from "../../bench/contenders/index";
import type { LayerContender, PeerDevice } from "../../bench/contract/index";
import { type ListedPeer, PEERS } from "../../bench/peers/index";
import { testGpu } from "../helpers/gpu";

const test = suite("bench peers");

test("every file is in the table, and says which version it is and what it can do", async () => {
  const files = readdirSync("bench/peers").filter((file) => file !== "index.ts");
  assert.equal(PEERS.map(({ name }) => name).sort(), files.map((file) => file.replace(/\.ts$/, "")).sort());
  for (const { name, load } of PEERS) {
    const { version, openLayers, openStep } = await load();
    assert.match(version, /^\d+\.\d+\.\d+/, name);
    assert.ok(openLayers || openStep, `${name} can do nothing`);
  }
});

/** A peer that closes as `log` tells, on devices that are kept in `devices`. */
function standIn(name: string, devices: PeerDevice[], log: string[]): ListedPeer {
  const openLayers = async (device: PeerDevice): Promise<LayerContender> => {
    devices.push(device);
    if (name === "broken") throw new Error("it breaks");
    return { tasks: {}, close: async () => void log.push(`${name} closed`) };
  };
  return { name, load: async () => ({ version: "1.2.3", openLayers }) };
}

/** Whether a device is closed; one that stays open is waited for a while. */
const isClosed = ({ device }: PeerDevice): Promise<boolean> =>
  Promise.race([device.lost.then(() => true), setTimeout(2000, false)]);

test("each has a device of its own on our adapter, closed after it, also where it fails to open", async () => {
  const gpu = await testGpu();
  const [devices, log]: [PeerDevice[], string[]] = [[], []];
  const peers = ["one", "broken", "other"].map((name) => standIn(name, devices, log));
  const { rivals, absent, without } = await openRivals(
    gpu,
    peers,
    ({ openLayers }) => openLayers,
    () => {},
  );
  assert.equal([rivals.map(({ name }) => name), absent, without], [["one", "other"], { broken: "it breaks" }, []]);
  assert.is(new Set([gpu.device, ...devices.map(({ device }) => device)]).size, 4);
  assert.ok(await isClosed(devices[1]));
  devices[0].device.createBuffer({ size: 4096, usage: GPUBufferUsage.STORAGE });
  assert.equal(
    rivals.map((rival) => rival.peakBytes()),
    [4096, 0],
  );
  for (const rival of rivals) await rival.close();
  assert.equal(log, ["one closed", "other closed"]);
  for (const device of devices) assert.ok(await isClosed(device));
});

test("what is not right with a peer's device is said when it waits", async () => {
  const open = async (device: PeerDevice) => ({ device, close: async () => undefined });
  const { contender, close } = await openRival(await testGpu(), "peer", "1.0.0", open);
  const { device, check } = contender.device;
  check();
  device.createBuffer({ size: 4, usage: 0 });
  await device.queue.onSubmittedWorkDone();
  assert.throws(check, /GPU error: /);
  await close();
});

test.run();
