// Shared by kernels that compute four neighbouring elements of y an invocation: a vec4 load costs a software driver hardly more
// than that of one float. Dims has `n`, the number of elements; y is an array of vec4<real> (real.wgsl).

/// Writes elements 4 q to 4 q + 3, those that there are.
fn put(q: u32, v: vec4f) {
  if (4 * q + 4 <= u.n) {
    y[q] = vec4<real>(v);
    return;
  }
  for (var j = 0u; 4 * q + j < u.n; j++) { y[q][j] = real(v[j]); }
}
