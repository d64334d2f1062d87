// Which workgroup and which invocation this is, where workgroups are folded into two dimensions (see Gpu.grid). The kernel says
// how many invocations a workgroup has: WG.

/// Number of this workgroup.
fn flatGroup(wid: vec3u, groups: vec3u) -> u32 {
  return wid.y * groups.x + wid.x;
}

/// Number of this invocation.
fn flatIndex(wid: vec3u, groups: vec3u, lid: u32) -> u32 {
  return flatGroup(wid, groups) * WG + lid;
}
