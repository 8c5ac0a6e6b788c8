// A GPU's blocks of threads on a CPU: one block at a time, a fiber a thread, in a seeded random order.
//
// What is emulated is what a kernel may rely on and no more. Threads run until they wait for others, so any order that
// the barriers allow can come up. Asynchronous copies happen when they are waited for, as late as a GPU may have them.
// Every access of a kernel is checked (memory.cpp): that it lies in a buffer or in the block's shared memory, that it
// is aligned, that what it reads has been written, and that no other thread's access conflicts with it unless a barrier
// lies between them.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <ucontext.h>
#include <vector>

namespace emulation {

struct Position {
  unsigned x, y, z;
};

// An asynchronous copy that has been started and not waited for.
struct Copy {
  unsigned char *target;
  const unsigned char *source;
  int bytes;
  bool valid;
};

// An access of shared memory by 8 or 16 bytes.
struct WideAccess {
  uint32_t offset;
  uint16_t bytes;
  bool writes;
};

// One thread of the block.
struct Fiber {
  int index = 0;
  bool started = false;
  bool finished = false;
  std::vector<unsigned char> stack;
  ucontext_t context{};
  jmp_buf state{};
  // The barriers passed: of the block, and of the warp.
  uint32_t blockEpoch = 0;
  uint32_t warpEpoch = 0;
  // What it waits for, for reports; null when it can run.
  const char *waitsFor = nullptr;
  // Its accesses of shared memory by 8 or 16 bytes, in order.
  std::vector<WideAccess> wide;
  std::vector<Copy> open;
  std::vector<std::vector<Copy>> groups;
};

// What a warp's lanes do together: every lane leaves its operands, and the last to come computes for all.
struct Warp {
  int arrived = 0;
  const void *operation = nullptr;
  void *operands[32];
};

struct Launch {
  Position grid, block;
  Position at;
  unsigned sharedBytes = 0;
  void (*call)(void **) = nullptr;
  void **arguments = nullptr;
  std::string kernel;
  std::vector<unsigned char> shared;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<int> ready;
  int waitingAtBarrier = 0;
  int unfinished = 0;
  uint64_t random = 0;
  Fiber *current = nullptr;
  // Of the accesses by 8 or 16 bytes: how often a warp's had to wait for a bank that another lane used, and how many
  // instructions were counted; reads, then writes.
  uint64_t bankConflicts[2] = {0, 0};
  uint64_t wideInstructions[2] = {0, 0};
  jmp_buf scheduler;
  std::string error;
};

// The launch in progress; null between launches.
extern Launch *launch;

// Ends the launch with a message; does not return.
[[noreturn]] void fail(const std::string &message);

// Puts the current thread to sleep until `wake`.
void sleep(const char *waitsFor);
void wake(int fiber);

// Lets all lanes of the current thread's warp meet; the last to come calls `compute` with the operands of all.
void meet(const char *name, void *operands, void (*compute)(void *const *operands));

// Memory (memory.cpp).
enum class Access { read, write };
// Checks an access of the current thread; `alignment` is what the instruction demands.
void check(const void *address, int bytes, int alignment, Access access);
void startBlock();
void countBankConflicts();
// An asynchronous copy into shared memory has been started, or completes.
void startCopy(const Copy &copy);
void completeCopy(const Copy &copy);

} // namespace emulation
