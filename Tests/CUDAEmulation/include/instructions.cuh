// The emulation's stand-in for Sources/CUDABackend/Kernels/instructions.cuh: the same functions, computed on a CPU.
//
// Functions that are declared here are defined in the emulation, which is compiled apart from the kernels: kernels are
// compiled with ThreadSanitizer's instrumentation, whose calls at every access end in the emulation's own checks.
#pragma once

#include <utility>

#define TREELINE_DEVICE inline

// Defines a kernel and makes it known by its name.
#define TREELINE_KERNEL(name, threads, blocks, parameters)                                                             \
  extern "C" void name parameters;                                                                                     \
  static const emulation::Registration registrationOf_##name(#name, __FILE__, threads,                                 \
                                                             &emulation::Invocation<&name>::call);                     \
  extern "C" void name parameters

namespace emulation {

// Unpacks arguments as the driver's launch takes them: an address each.
template <auto kernel> struct Invocation;
template <class... Parameters, void (*kernel)(Parameters...)> struct Invocation<kernel> {
  __attribute__((no_sanitize("thread"))) static void call(void **arguments) {
    unpack(arguments, std::index_sequence_for<Parameters...>());
  }
  template <std::size_t... places>
  __attribute__((no_sanitize("thread"))) static void unpack([[maybe_unused]] void **arguments,
                                                            std::index_sequence<places...>) {
    kernel(*static_cast<Parameters *>(arguments[places])...);
  }
};

struct Registration {
  Registration(const char *name, const char *source, int threads, void (*call)(void **));
};

} // namespace emulation

namespace treeline {

struct alignas(16) Words4 {
  unsigned word[4];
};

struct alignas(8) Words2 {
  unsigned word[2];
};

unsigned char *sharedMemory();
int threadOfBlock();
int threadsOfBlock();
int blockX();
int blockY();
int blockZ();
int blocksX();
int blocksY();
int blocksZ();

void syncBlock();
void syncWarp();
float shuffleXor(float value, int mask);

Words4 loadOnce(const void *address);
Words4 load16(const void *address);
Words2 load8(const void *address);
void store16(void *address, Words4 value);

void copyAsyncBytes(void *shared, const void *global, bool valid, int bytes);
template <int bytes> void copyAsync(void *shared, const void *global, bool valid) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  copyAsyncBytes(shared, global, valid, bytes);
}
void commitCopies();
void waitForCopiesButLatest(int pending);
template <int pending> void waitForCopies() { waitForCopiesButLatest(pending); }

void loadMatrices(unsigned (&result)[4], const void *row);
void loadTransposedMatrices(unsigned (&result)[4], const void *row);
void multiplyHalf(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1);
void multiplyBFloat16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1);

unsigned selectBytes(unsigned a, unsigned b, unsigned selector);
unsigned packHalf(float low, float high);
unsigned packBFloat16(float low, float high);
float unpackHalf(unsigned short bits);
unsigned multiplyPairs(unsigned a, unsigned b);
float exponential2(float x);
float logarithm(float x);
float bitsToFloat(unsigned bits);
unsigned floatToBits(float value);
float larger(float a, float b);

} // namespace treeline
