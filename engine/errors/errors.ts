/** A mistake in the user's input: reported as one line without a stack trace, exit code 2. */
export class UserError extends Error {
  override name = "UserError";
}

/** Shapes that an op cannot take: carries the op and every input's shape. Thrown before anything reaches the GPU. */
export class ShapeError extends Error {
  override name = "ShapeError";
  constructor(
    readonly op: string,
    message: string,
    readonly shapes: readonly (readonly number[])[] = [],
  ) {
    const list = shapes.map((s) => `[${s.join(", ")}]`).join(", ");
    super(`${op}: ${message}${list ? ` (shapes ${list})` : ""}`);
  }
}

/** An element type that an op or a kernel cannot take: carries the op. Thrown before anything reaches the GPU. */
export class DtypeError extends Error {
  override name = "DtypeError";
  constructor(
    readonly op: string,
    message: string,
  ) {
    super(`${op}: ${message}`);
  }
}

/** An option that a function does not know, or a value that it cannot have: carries the function. Thrown before anything reaches the GPU. */
export class OptionError extends Error {
  override name = "OptionError";
  constructor(
    readonly op: string,
    message: string,
  ) {
    super(`${op}: ${message}`);
  }
}

/** A tensor was used after it had been released by dispose(), the end of its scope, or backward. */
export class ReleasedError extends Error {
  override name = "ReleasedError";
}

/** A value that backward needs was written to after forward had read it: the gradient would be wrong. */
export class OverwrittenError extends Error {
  override name = "OverwrittenError";
}

/** The GPU or its driver failed: validation error, out of memory, lost device, shader that does not compile. */
export class GpuError extends Error {
  override name = "GpuError";
}

/** The device has no memory left; see Gpu.retried. */
export class OutOfMemoryError extends GpuError {
  override name = "OutOfMemoryError";
}
