#!/usr/bin/env bash
# Builds the emulation with all kernels in it as a shared library.
#
#     Tests/CUDAEmulation/build.sh OUTPUT [KERNEL_FOLDER]
#
# Needs clang++, for ThreadSanitizer's instrumentation of kernels; CXX names another.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$(realpath -m "$1")
kernels=$(realpath "${2:-$here/../../Sources/CUDABackend/Kernels}")
cxx=${CXX:-clang++}
objects=$output.objects
mkdir -p "$objects"
common=(-std=c++20 -O2 -fPIC -Wall -Wextra -Werror -U_FORTIFY_SOURCE -ffp-contract=off)
# Kernels: the emulation's <instructions.cuh> comes first; accesses call into memory.cpp; no vectors of several accesses.
kernel=("${common[@]}" -x c++ -I"$here/include" -fsanitize=thread -fno-vectorize -fno-slp-vectorize -fno-exceptions
  -Wno-unknown-pragmas -Wno-pass-failed -mllvm -tsan-instrument-func-entry-exit=0)
pids=()
for source in "$here"/*.cpp; do
  "$cxx" "${common[@]}" -c "$source" -o "$objects/$(basename "$source").o" & pids+=($!)
done
for source in "$kernels"/*.cu; do
  "$cxx" "${kernel[@]}" -c "$source" -o "$objects/$(basename "$source").o" & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
"$cxx" -shared "$objects"/*.o -o "$output"
