// What the kernels need of the GPU beyond plain C++: asynchronous copies, matrix products, shuffles, barriers.
//
// Kernels include it as <instructions.cuh>. The tests put another file of that name and with the same functions in its
// place, which computes them on a CPU; so kernels hold neither PTX nor conditions on where they run. Nothing here needs
// a header of the CUDA toolkit: libnvrtc alone compiles it.
#pragma once

#define TREELINE_DEVICE __device__ __forceinline__

// A kernel: its name for the driver, the threads of its block, the blocks of a multiprocessor for which it leaves
// registers, its parameters in parentheses. Of compute capability 8.6 and 8.9 a multiprocessor's 100 KiB of shared
// memory hold one or two blocks of attention, so that registers needn't be spared.
#if __CUDA_ARCH__ == 860 || __CUDA_ARCH__ == 890
#define TREELINE_KERNEL(name, threads, blocks, parameters)                                                             \
  extern "C" __global__ void __launch_bounds__(threads, 1) name parameters
#else
#define TREELINE_KERNEL(name, threads, blocks, parameters)                                                             \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name parameters
#endif

namespace treeline {

// Sixteen bytes in registers.
struct alignas(16) Words4 {
  unsigned word[4];
};

// Eight bytes in registers.
struct alignas(8) Words2 {
  unsigned word[2];
};

// The dynamic shared memory of the block; its size is that of the launch.
TREELINE_DEVICE unsigned char *sharedMemory() {
  extern __shared__ __align__(128) unsigned char bytes[];
  return bytes;
}

TREELINE_DEVICE int threadOfBlock() { return threadIdx.x; }
TREELINE_DEVICE int threadsOfBlock() { return blockDim.x; }
TREELINE_DEVICE int blockX() { return blockIdx.x; }
TREELINE_DEVICE int blockY() { return blockIdx.y; }
TREELINE_DEVICE int blockZ() { return blockIdx.z; }
TREELINE_DEVICE int blocksX() { return gridDim.x; }
TREELINE_DEVICE int blocksY() { return gridDim.y; }
TREELINE_DEVICE int blocksZ() { return gridDim.z; }

TREELINE_DEVICE void syncBlock() { __syncthreads(); }
TREELINE_DEVICE void syncWarp() { __syncwarp(); }

// The value of the lane whose number differs in the bits of a mask.
TREELINE_DEVICE float shuffleXor(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }

// MARK: Global memory

// Reads 16 bytes that are used once, past the first cache; the address is a multiple of 16.
TREELINE_DEVICE Words4 loadOnce(const void *address) {
  Words4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.word[0]), "=r"(value.word[1]), "=r"(value.word[2]), "=r"(value.word[3])
               : "l"(address));
  return value;
}

// Reads 16 bytes; the address is a multiple of 16.
TREELINE_DEVICE Words4 load16(const void *address) { return *static_cast<const Words4 *>(address); }
// Reads 8 bytes; the address is a multiple of 8.
TREELINE_DEVICE Words2 load8(const void *address) { return *static_cast<const Words2 *>(address); }
// Writes 16 bytes; the address is a multiple of 16.
TREELINE_DEVICE void store16(void *address, Words4 value) { *static_cast<Words4 *>(address) = value; }

// MARK: Asynchronous copies

TREELINE_DEVICE unsigned sharedAddress(const void *shared) {
  return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}

// Copies 4, 8 or 16 bytes from global to shared memory, or fills them with zeros and reads nothing unless `valid`.
// Both addresses are multiples of the size. The bytes are there after commitCopies and waitForCopies.
template <int bytes> TREELINE_DEVICE void copyAsync(void *shared, const void *global, bool valid) {
  if constexpr (bytes == 16) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global),
                 "r"(valid ? 16 : 0)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(sharedAddress(shared)), "l"(global), "n"(bytes),
                 "r"(valid ? bytes : 0)
                 : "memory");
  }
}

// Closes the thread's group of copies.
TREELINE_DEVICE void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until no more than `pending` of the thread's latest groups are under way.
template <int pending> TREELINE_DEVICE void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// MARK: Matrix products

// Loads four 8 × 8 matrices of 16-bit numbers: lane l gives the address of row l % 8 of matrix l / 8, and gets of each
// matrix elements 2·(l % 4) and 2·(l % 4) + 1 of row l / 4 (PTX ISA, ldmatrix).
TREELINE_DEVICE void loadMatrices(unsigned (&result)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
               : "r"(sharedAddress(row))
               : "memory");
}

// The same of the transposed matrices.
TREELINE_DEVICE void loadTransposedMatrices(unsigned (&result)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
               : "r"(sharedAddress(row))
               : "memory");
}

// c += a·b for a 16 × 16 and b 16 × 8 of half precision, in the fragments of mma.m16n8k16 (PTX ISA).
TREELINE_DEVICE void multiplyHalf(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The same of bfloat16.
TREELINE_DEVICE void multiplyBFloat16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// MARK: Arithmetic

// The bytes of a, then b, that the four lowest nibbles of a selector name, lowest first (PTX ISA, prmt).
TREELINE_DEVICE unsigned selectBytes(unsigned a, unsigned b, unsigned selector) { return __byte_perm(a, b, selector); }

// Two singles rounded to nearest even half precision, the first in the lower half.
TREELINE_DEVICE unsigned packHalf(float low, float high) {
  unsigned result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

// The same to bfloat16.
TREELINE_DEVICE unsigned packBFloat16(float low, float high) {
  unsigned result;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

// A number of half precision as a single, exactly.
TREELINE_DEVICE float unpackHalf(unsigned short bits) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(bits));
  return result;
}

// a·b of two pairs of bfloat16, subnormal numbers included.
TREELINE_DEVICE unsigned multiplyPairs(unsigned a, unsigned b) {
  unsigned result;
  // Adding -0 changes no product, not even the sign of zero.
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(0x80008000u));
  return result;
}

// 2^x to 2 units in the last place; subnormal numbers are zero (PTX ISA, ex2.approx.ftz).
TREELINE_DEVICE float exponential2(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// The natural logarithm, to 1 unit in the last place.
TREELINE_DEVICE float logarithm(float x) { return logf(x); }

TREELINE_DEVICE float bitsToFloat(unsigned bits) { return __uint_as_float(bits); }
TREELINE_DEVICE unsigned floatToBits(float value) { return __float_as_uint(value); }
// The larger; the other where one is NaN.
TREELINE_DEVICE float larger(float a, float b) { return fmaxf(a, b); }

} // namespace treeline
