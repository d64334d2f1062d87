import { type Kernel, kernelText } from "../../kernels/index";
import {
  BindGroups,
  type BufferPool,
  Captured,
  type Commands,
  type Params,
  Pipelines,
  Recording,
  type UniformValues,
} from "../device/index";
import { GpuError } from "../errors/index";
import { resourcesOf } from "./resources";
import type { Tensor } from "./tensor";
import { touch } from "./transfers";

/** What one dispatch needs; bindings and uniforms go by the names in the WGSL. */
export interface DispatchSpec {
  kernel: Kernel;
  /** Values for the preprocessing step (tile sizes, unroll counts). */
  params?: Params;
  /** Values for WGSL `override` constants. */
  constants?: Record<string, number>;
  uniforms?: UniformValues;
  bindings: Readonly<Record<string, Tensor>>;
  workgroups: readonly [number, number?, number?];
}

/** Runs kernels: compiles each once, binds what it is given, and records it or, while a body is captured, takes it down. */
export class Dispatcher {
  readonly pipelines: Pipelines;
  readonly bindGroups: BindGroups;

  constructor(
    readonly commands: Commands,
    readonly pool: BufferPool,
    private readonly limits: GPUSupportedLimits,
  ) {
    this.pipelines = new Pipelines(commands.device, kernelText);
    this.bindGroups = new BindGroups(commands.device, () => commands.submit());
  }

  /** See Gpu.dispatch. @param backward it is part of backward, or of an update */
  dispatch(spec: DispatchSpec, backward: boolean): void {
    const half = Object.values(spec.bindings).some((t) => t.dtype === "f16");
    const program = this.pipelines.get(spec.kernel, half ? { ...spec.params, F16: 1 } : spec.params, spec.constants);
    const [x, y = 1, z = 1] = spec.workgroups;
    const most = this.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > most) throw new GpuError(`${program.name}: ${x}x${y}x${z} workgroups exceed ${most}`);
    if (x * y * z === 0) return;
    const { commands } = this;
    const resources = resourcesOf(program, spec, this.limits, (t, name, writes) =>
      touch(commands, t, `${program.name}'s '${name}'`, writes),
    );
    const workgroups = [x, y, z] as const;
    if (commands.recording) {
      commands.recording.record({ kind: "dispatch", program, resources, workgroups, backward });
      return;
    }
    const bindGroup = this.bindGroups.get(program, resources);
    commands.dispatch({ pipeline: program.pipeline, bindGroup, workgroups, label: program.name, backward });
  }

  /** See Gpu.capture. */
  capture(body: () => void): Captured {
    if (this.commands.recording) throw new Error("capture: already capturing");
    const recording = new Recording();
    this.commands.recording = recording;
    this.pool.recording = recording;
    try {
      body();
    } finally {
      this.commands.recording = null;
      this.pool.recording = null;
    }
    if (recording.live > 0) throw new Error(`capture: ${recording.live} tensors made inside were not released`);
    return new Captured(this, recording);
  }
}
