// Shared by kernels that run one invocation per element.

const WG: u32 = 64u;

/// Index of this invocation when workgroups are folded into two dimensions (see Gpu.grid).
fn flatIndex(wid: vec3u, groups: vec3u, lid: u32) -> u32 {
  return (wid.y * groups.x + wid.x) * WG + lid;
}
