import { createRequire } from "node:module";
import { cpus } from "node:os";
import type { Gpu } from "../../engine/index";
import { convTable } from "../../engine/ops/conv/index";
import project from "../../package.json";

/** Where and with what a measurement was made; part of every result. */
export interface Conditions {
  date: string;
  adapter: { kind: string; name: string; driver: string };
  machine: string;
  versions: Record<string, string>;
  /** The table that our convolutions' kernels were tuned by (nsrm tune); null: the heuristic's. */
  tuning: string | null;
}

/** @param peers those that are measured too */
export function conditions(gpu: Gpu, peers: readonly { name: string; version: string }[] = []): Conditions {
  const { vendor, architecture, device, description } = gpu.device.adapterInfo;
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    adapter: {
      kind: gpu.adapter.kind,
      name: gpu.adapter.name,
      driver: [vendor, architecture, device, description].filter(Boolean).join(", "),
    },
    machine: `${process.platform} ${process.arch}, ${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}`,
    versions: {
      ...{ nsrm: project.version, node: process.versions.node, webgpu: dawnVersion() },
      ...Object.fromEntries(peers.map(({ name, version }) => [name, version])),
    },
    tuning: convTable(gpu)?.id ?? null,
  };
}

/** The webgpu package's version is Dawn's as far as its users can tell. */
function dawnVersion(): string {
  const manifest = createRequire(import.meta.url)("webgpu/package.json") as { version: string };
  return manifest.version;
}
