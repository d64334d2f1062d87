import { quietly, withCleanup } from "../../engine/errors/index";
import type { Gpu } from "../../engine/index";
import type { Peer, PeerDevice } from "../contract/index";
import { reasonOf } from "../measure/index";
import type { ListedPeer } from "../peers/index";
import { openPeerDevice } from "./device";

/** What a peer has opened, on a device of its own. */
export interface Rival<Contender> {
  readonly name: string;
  readonly version: string;
  readonly contender: Contender;
  /** Bytes of GPU buffers at most alive at a time so far. */
  peakBytes(): number;
  /** Closes the device too. */
  close(): Promise<void>;
}

/** One of the things that a peer may open; undefined where it has no such thing. */
export type Opening<Contender> = (peer: Peer) => ((device: PeerDevice) => Promise<Contender>) | undefined;

interface Closable {
  close(): Promise<void>;
}

export interface Rivals<Contender> {
  rivals: Rival<Contender>[];
  /** Names of peers that have no such thing. */
  without: string[];
  /** Peers that could not be loaded or opened, and why. */
  absent: Record<string, string>;
}

/** Opens one thing of each peer, on our adapter. One that fails costs no other. */
export async function openRivals<Contender extends Closable>(
  ours: Gpu,
  peers: readonly ListedPeer[],
  opening: Opening<Contender>,
  note: (line: string) => void,
): Promise<Rivals<Contender>> {
  const found: Rivals<Contender> = { rivals: [], without: [], absent: {} };
  for (const { name, load } of peers) {
    note(`loading ${name}`);
    try {
      const peer = await load();
      const open = opening(peer);
      if (open) found.rivals.push(await openRival(ours, name, peer.version, open));
      else found.without.push(name);
    } catch (error) {
      found.absent[name] = reasonOf(error);
      note(`${name}: ${found.absent[name]}`);
    }
  }
  return found;
}

/** Gives a peer another device on our adapter. @throws Error what the peer throws as it opens */
export async function openRival<Contender extends Closable>(
  ours: Gpu,
  name: string,
  version: string,
  open: (device: PeerDevice) => Promise<Contender>,
): Promise<Rival<Contender>> {
  const device = await openPeerDevice(ours);
  try {
    const contender = await open(device);
    const close = () =>
      withCleanup(
        () => contender.close(),
        () => device.close(),
      );
    return { name, version, contender, peakBytes: () => device.meter.peak, close };
  } catch (error) {
    await quietly(() => device.close());
    throw error;
  }
}
