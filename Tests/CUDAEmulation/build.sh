#!/usr/bin/env bash
# Builds the emulation with kernels in it as a shared library.
#
#     Tests/CUDAEmulation/build.sh OUTPUT [SOURCE.cu ...]
#
# Without sources, all kernels and the tests' probes. Needs clang++, for ThreadSanitizer's instrumentation of kernels;
# CXX names another. With EMULATION_DRIVER=1 the driver's and NCCL's symbols are in it as well (driver.cpp, nccl.cpp). Objects stay beside the output, and are made anew when what they are made of has changed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kernels=$(realpath "$here/../../Sources/CUDABackend/Kernels")
output=$(realpath -m "$1")
shift
sources=("$@")
[[ ${#sources[@]} -gt 0 ]] || sources=("$kernels"/*.cu "$here/probes.cu")
cxx=${CXX:-clang++}
objects=${EMULATION_OBJECTS:-$output.objects}
mkdir -p "$objects" "$(dirname "$output")"

common=(-std=c++20 -O2 -fPIC -Wall -Wextra -Werror -U_FORTIFY_SOURCE -ffp-contract=off)
# The emulation's <instructions.cuh> comes first. Every access calls into memory.cpp, one at a time: no vectors.
kernel=("${common[@]}" -x c++ -I"$here/include" -I"$kernels" -fsanitize=thread -fno-vectorize -fno-slp-vectorize
  -fno-exceptions -Wno-unknown-pragmas -Wno-pass-failed -mllvm -tsan-instrument-func-entry-exit=0)

# newer OBJECT FILE...: whether the object is newer than all files.
newer() {
  local object=$1 file
  shift
  for file; do [[ "$object" -nt "$file" ]] || return 1; done
}

pids=() made=()
for source in "$here"/*.cpp; do
  # The driver's symbols have no place in a library that Python opens for launches alone.
  [[ "$source" != */driver.cpp && "$source" != */nccl.cpp || -n "${EMULATION_DRIVER:-}" ]] || continue
  object=$objects/$(basename "$source").o
  made+=("$object")
  newer "$object" "$source" "$here"/*.hpp "$here"/include/* "${BASH_SOURCE[0]}" && continue
  "$cxx" "${common[@]}" -c "$source" -o "$object" & pids+=($!)
done
for source in "${sources[@]}"; do
  # Edited copies of a kernel, as tests make, have objects of their own beside the output.
  folder=$objects
  [[ "$(dirname "$(realpath "$source")")" == "$kernels" || "$(dirname "$(realpath "$source")")" == "$here" ]] ||
    folder=$(dirname "$output")
  object=$folder/$(basename "$source").o
  made+=("$object")
  newer "$object" "$source" "$kernels"/*.cuh "$here"/include/* "${BASH_SOURCE[0]}" && continue
  "$cxx" "${kernel[@]}" -c "$source" -o "$object" & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
"$cxx" -shared "${made[@]}" -o "$output"
