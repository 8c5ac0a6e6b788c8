#!/usr/bin/env bash
# Builds the stand-ins for the CUDA driver, NVML, NVRTC and NCCL over the emulation (driver.cpp, nccl.cpp) into a folder.
#
#     Tests/CUDAEmulation/build_driver.sh [FOLDER]
#
# The folder is .build/cuda-driver unless named. Its `incomplete` has a driver and an NCCL that lack nearly everything.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../../.build/cuda-driver}
mkdir -p "$folder/incomplete"
EMULATION_DRIVER=1 "$here/build.sh" "$folder/libcuda.so.1"
# One library under three names, so that what happens to the driver's device shows in NVML.
for name in libnvrtc.so.12 libnvidia-ml.so.1 libnccl.so.2; do ln -sf libcuda.so.1 "$folder/$name"; done
echo 'int cuInit(unsigned flags) { return (int)flags; }
int cuDriverGetVersion(int *version) { return *version = 12040, 0; }' |
  "${CXX:-clang++}" -x c -shared -fPIC - -o "$folder/incomplete/libcuda.so.1"
echo 'int ncclGetVersion(int *version) { return *version = 22105, 0; }' |
  "${CXX:-clang++}" -x c -shared -fPIC - -o "$folder/incomplete/libnccl.so.2"
