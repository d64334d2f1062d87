#!/bin/sh
# In a bundle (see bundle.mjs): the command line by the name nsrm, the tests by the name nsrm-test.
# Needs glibc 2.34 or newer and, for a GPU, its Vulkan driver.
self=$0
[ -L "$self" ] && self=$(readlink -f "$self")
case $self in */*) here=$(cd "${self%/*}" && pwd) ;; *) here=$PWD ;; esac
node=$here/runtime/node
# This system's C++ library where it has one that is new enough, else the one brought along.
"$node" -e 'process.dlopen({ exports: {} }, process.argv[1])' "$here/node_modules/webgpu/dist/linux-x64/dawn.node" \
  2>/dev/null || export LD_LIBRARY_PATH="$here/runtime/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
case $self in
*nsrm-test) cd "$here" && exec "$node" test/run.mjs --built "$@" ;;
*) exec "$node" "$here/bin/nsrm.mjs" "$@" ;;
esac
