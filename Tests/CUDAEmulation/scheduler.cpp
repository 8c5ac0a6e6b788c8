// Runs kernels: fibers, barriers, and the functions by which the tests launch.
#include "emulation.hpp"
#include "include/instructions.cuh"

#include <algorithm>
#include <cstring>
#include <map>

namespace emulation {

Launch *launch = nullptr;

namespace {

struct Kernel {
  int threads;
  void (*call)(void **);
  const char *source;
};

// In a function, since registrations run before this file's own objects may be made.
std::map<std::string, Kernel> &kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

uint64_t seed = 1;
bool countsBanks = false;
uint64_t lastConflicts[4] = {0, 0, 0, 0};
std::string lastError;
constexpr size_t stackBytes = 128 << 10;

// SplitMix64 (Steele, Lea, Flood, 2014).
uint64_t random() {
  uint64_t mixed = launch->random += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

void runFiber() {
  launch->call(launch->arguments);
  Fiber &own = *launch->current;
  if (!own.open.empty() || !own.groups.empty()) fail("ends with asynchronous copies that it has not waited for");
  own.finished = true;
  --launch->unfinished;
  _longjmp(launch->scheduler, 1);
}

// Runs the threads of the block to their ends.
void schedule() {
  _setjmp(launch->scheduler);
  if (!launch->error.empty()) return;
  if (launch->ready.empty()) {
    launch->current = nullptr;
    if (launch->unfinished == 0) return;
    for (const Fiber &fiber : launch->fibers) {
      if (fiber.finished) continue;
      launch->error = "thread " + std::to_string(fiber.index) + " waits for ever: " + fiber.waitsFor;
      return;
    }
  }
  const size_t place = random() % launch->ready.size();
  Fiber &next = launch->fibers[launch->ready[place]];
  launch->ready[place] = launch->ready.back();
  launch->ready.pop_back();
  launch->current = &next;
  if (next.started) _longjmp(next.state, 1);
  next.started = true;
  getcontext(&next.context);
  next.context.uc_stack.ss_sp = next.stack.data();
  next.context.uc_stack.ss_size = next.stack.size();
  next.context.uc_link = nullptr;
  makecontext(&next.context, runFiber, 0);
  setcontext(&next.context);
}

void runBlock() {
  const int threads = static_cast<int>(launch->fibers.size());
  launch->ready.clear();
  launch->waitingAtBarrier = 0;
  launch->unfinished = threads;
  for (int index = 0; index < threads; ++index) {
    Fiber &fiber = launch->fibers[index];
    fiber.index = index;
    fiber.started = fiber.finished = false;
    fiber.blockEpoch = fiber.warpEpoch = 1;
    fiber.waitsFor = nullptr;
    fiber.wide.clear();
    fiber.open.clear();
    fiber.groups.clear();
    launch->ready.push_back(index);
  }
  for (Warp &warp : launch->warps) warp.arrived = 0;
  startBlock();
  schedule();
  if (launch->error.empty() && countsBanks) countBankConflicts();
}

} // namespace

Registration::Registration(const char *name, const char *source, int threads, void (*call)(void **)) {
  kernels()[name] = {threads, call, source};
}

void fail(const std::string &message) {
  const Position at = launch->at;
  launch->error = "block (" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.z) +
                  "), thread " + std::to_string(launch->current->index) + ": " + message;
  _longjmp(launch->scheduler, 1);
}

void sleep(const char *waitsFor) {
  Fiber &own = *launch->current;
  own.waitsFor = waitsFor;
  if (_setjmp(own.state) == 0) _longjmp(launch->scheduler, 1);
  own.waitsFor = nullptr;
}

void wake(int fiber) { launch->ready.push_back(fiber); }

void meet(const char *name, void *operands, void (*compute)(void *const *operands)) {
  const int index = launch->current->index;
  Warp &warp = launch->warps[index / 32];
  const void *operation = reinterpret_cast<const void *>(compute);
  if (warp.arrived > 0 && warp.operation != operation) {
    fail(std::string("lanes of a warp have come to different instructions, one of them ") + name);
  }
  warp.operation = operation;
  warp.operands[index % 32] = operands;
  if (++warp.arrived < 32) return sleep(name);
  compute(warp.operands);
  warp.arrived = 0;
  for (int lane = 0; lane < 32; ++lane) {
    const int other = index / 32 * 32 + lane;
    if (other != index) wake(other);
  }
}

} // namespace emulation

namespace treeline {

using emulation::launch;

unsigned char *sharedMemory() { return launch->shared.data(); }
int threadOfBlock() { return launch->current->index; }
int threadsOfBlock() { return static_cast<int>(launch->block.x); }
int blockX() { return static_cast<int>(launch->at.x); }
int blockY() { return static_cast<int>(launch->at.y); }
int blockZ() { return static_cast<int>(launch->at.z); }
int blocksX() { return static_cast<int>(launch->grid.x); }
int blocksY() { return static_cast<int>(launch->grid.y); }
int blocksZ() { return static_cast<int>(launch->grid.z); }

void syncBlock() {
  const int threads = static_cast<int>(launch->fibers.size());
  if (++launch->waitingAtBarrier < threads) {
    emulation::sleep("the block's barrier");
  } else {
    launch->waitingAtBarrier = 0;
    for (int other = 0; other < threads; ++other) {
      if (other != launch->current->index) emulation::wake(other);
    }
  }
  ++launch->current->blockEpoch;
}

void syncWarp() {
  emulation::meet("the warp's barrier", nullptr, [](void *const *) {});
  ++launch->current->warpEpoch;
}

} // namespace treeline

extern "C" {

// How many kernels there are; the name and the threads a block of each.
int emulation_kernel_count() { return static_cast<int>(emulation::kernels().size()); }
const char *emulation_kernel_name(int index) { return std::next(emulation::kernels().begin(), index)->first.c_str(); }
int emulation_kernel_threads(int index) { return std::next(emulation::kernels().begin(), index)->second.threads; }
// The name of the file that a kernel was compiled from, without folders.
const char *emulation_kernel_source(int index) {
  const char *source = std::next(emulation::kernels().begin(), index)->second.source;
  const char *slash = std::strrchr(source, '/');
  return slash ? slash + 1 : source;
}

// Chooses the order in which threads run.
void emulation_set_seed(uint64_t seed) { emulation::seed = seed; }

// Makes later launches count bank conflicts. Those of the last launch, of reads and of writes, and the instructions
// that were counted, likewise.
void emulation_count_bank_conflicts(int on) { emulation::countsBanks = on != 0; }
const uint64_t *emulation_bank_conflicts() { return emulation::lastConflicts; }

// What the last launch that failed did wrong.
const char *emulation_error() { return emulation::lastError.c_str(); }

// Runs a kernel to its end: 0, or 1 for a launch that a GPU would refuse or a kernel that does what it must not.
// Arguments are an address each, as the driver's cuLaunchKernel takes them.
int emulation_launch(const char *name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                     unsigned blockZ, unsigned sharedBytes, void **arguments) {
  using namespace emulation;
  auto refuse = [&](const std::string &message) {
    lastError = std::string(name) + ": " + message;
    return 1;
  };
  const auto found = kernels().find(name);
  if (found == kernels().end()) return refuse("no such kernel");
  if (gridX == 0 || gridY == 0 || gridZ == 0) return refuse("an empty grid");
  if (gridX > 0x7fffffff || gridY > 65535 || gridZ > 65535) return refuse("a grid past the limits of a GPU");
  if (blockX != static_cast<unsigned>(found->second.threads) || blockY != 1 || blockZ != 1) {
    return refuse("blocks of " + std::to_string(blockX) + " threads: expected " +
                  std::to_string(found->second.threads));
  }
  if (sharedBytes > 227 << 10) return refuse("more shared memory than any GPU has");

  // Kept from launch to launch, since stacks are costly to make.
  static Launch state;
  state.kernel = name;
  state.grid = {gridX, gridY, gridZ};
  state.block = {blockX, blockY, blockZ};
  state.sharedBytes = sharedBytes;
  state.call = found->second.call;
  state.arguments = arguments;
  state.random = seed;
  state.error.clear();
  for (int kind = 0; kind < 2; ++kind) state.bankConflicts[kind] = state.wideInstructions[kind] = 0;
  state.shared.resize(228 << 10);
  state.fibers.resize(blockX);
  for (Fiber &fiber : state.fibers) fiber.stack.resize(stackBytes);
  state.warps.resize((blockX + 31) / 32);
  launch = &state;
  for (unsigned z = 0; z < gridZ && state.error.empty(); ++z) {
    for (unsigned y = 0; y < gridY && state.error.empty(); ++y) {
      for (unsigned x = 0; x < gridX && state.error.empty(); ++x) {
        state.at = {x, y, z};
        runBlock();
      }
    }
  }
  launch = nullptr;
  for (int kind = 0; kind < 2; ++kind) {
    lastConflicts[kind] = state.bankConflicts[kind];
    lastConflicts[2 + kind] = state.wideInstructions[kind];
  }
  return state.error.empty() ? 0 : refuse(state.error);
}
}
