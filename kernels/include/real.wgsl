// The type that activations are stored in: `real` is f16 where the tensors bound are (engine/core/gpu.ts sets F16), else f32, where
// every conversion below is no operation at all. Whatever is computed is computed in f32: kernels read `f32(x[i])` and write
// `real(v)`, which rounds to the nearest f16, beyond 65,504 to infinity (what the loss scale watches for). Stands before all
// else in a kernel, since `enable` must.
#if F16
enable f16;
alias real = f16;
#else
alias real = f32;
#end
