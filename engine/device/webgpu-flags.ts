/**
 * WebGPU's flags by their names in the specification. A browser has them as globals; Dawn's come with its instance, which is
 * made later than the modules that need them.
 */
export const BufferUsage = {
  MAP_READ: 0x01,
  COPY_SRC: 0x04,
  COPY_DST: 0x08,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

export const MapMode = { READ: 1 } as const;

export const ShaderStage = { COMPUTE: 4 } as const;
