// Checks every access of a kernel: bounds, alignment, reads of what was never written, and races.
//
// Kernels are compiled with -fsanitize=thread, which calls __tsan_read4 and its like before every access that may be of
// memory that others see. ThreadSanitizer's own runtime, which knows CPU threads only, is not linked; the functions
// below take its place.
//
// Two accesses of different threads to the same bytes, one of them a write, are ordered by a barrier of the block that
// both pass in between, or by one of the warp for threads of one warp; otherwise they race. Shuffles and matrix
// products order nothing (PTX ISA: they are no memory barriers). In global memory only the block's barrier counts, and
// nothing orders different blocks.
#include "emulation.hpp"
#include "include/instructions.cuh"

#include <algorithm>
#include <cstring>
#include <map>

namespace emulation {

namespace {

constexpr int32_t nobody = -1;
// More readers than one: all of one warp, or of several.
constexpr int32_t manyOfWarp = -2;
constexpr int32_t manyOfBlock = -3;

// The last accesses of a granule of memory.
struct Shadow {
  int32_t writer = nobody;
  uint32_t writeBlockEpoch = 0;
  uint32_t writeWarpEpoch = 0;
  int32_t reader = nobody;
  int32_t readerWarp = 0;
  uint32_t readBlockEpoch = 0;
  uint32_t readWarpEpoch = 0;
  uint32_t copying = 0;
};

// Kernels access shared memory by words.
constexpr int granule = 4;
std::vector<Shadow> sharedShadow;

// Of global memory: who wrote and read a byte in this launch, counted over the grid.
constexpr int globalGranule = 1;
struct GlobalShadow {
  int64_t writer = nobody;
  int64_t reader = nobody;
  uint32_t writeEpoch = 0;
  uint32_t readEpoch = 0;
  uint32_t launchNumber = 0;
};

struct Buffer {
  uint64_t bytes;
  bool writable;
  std::vector<GlobalShadow> shadow;
};
std::map<uintptr_t, Buffer> buffers;
uint32_t launchNumber = 0;

std::string describe(Access access, int bytes) {
  return std::string(access == Access::read ? "reads " : "writes ") + std::to_string(bytes) + " bytes ";
}

// Whether what another thread did at the given epochs comes before what the current thread does now.
bool isOrdered(int32_t otherWarp, uint32_t blockEpoch, uint32_t warpEpoch) {
  const Fiber &own = *launch->current;
  return blockEpoch < own.blockEpoch || (otherWarp == own.index / 32 && warpEpoch < own.warpEpoch);
}

void noteRead(Shadow &shadow) {
  const Fiber &own = *launch->current;
  const int32_t warp = own.index / 32;
  if (shadow.reader == nobody || shadow.readBlockEpoch < own.blockEpoch) {
    shadow.reader = own.index;
    shadow.readerWarp = warp;
  } else if (shadow.reader == own.index) {
    // Still the only one.
  } else if (shadow.reader != manyOfBlock) {
    shadow.reader = shadow.readerWarp == warp ? manyOfWarp : manyOfBlock;
  }
  shadow.readBlockEpoch = own.blockEpoch;
  shadow.readWarpEpoch = own.warpEpoch;
}

void checkShared(size_t offset, int bytes, Access access) {
  const std::string where = "of shared memory at byte " + std::to_string(offset);
  const Fiber &own = *launch->current;
  if (offset + bytes > launch->sharedBytes) {
    fail(describe(access, bytes) + where + ": past the " + std::to_string(launch->sharedBytes) + " of the launch");
  }
  if (offset % granule != 0 || bytes % granule != 0) {
    fail(describe(access, bytes) + where + ": shared memory is accessed by words of 4 bytes");
  }
  for (size_t place = offset / granule; place < (offset + bytes) / granule; ++place) {
    Shadow &shadow = sharedShadow[place];
    if (shadow.copying != 0) {
      fail(describe(access, bytes) + where + ", where an asynchronous copy that was not waited for may be under way");
    }
    if (access == Access::read && shadow.writer == nobody) {
      fail(describe(access, bytes) + where + ", which nothing was written to");
    }
    if (shadow.writer != nobody && shadow.writer != own.index &&
        !isOrdered(shadow.writer / 32, shadow.writeBlockEpoch, shadow.writeWarpEpoch)) {
      fail("race: " + describe(access, bytes) + where + ", which thread " + std::to_string(shadow.writer) +
           " has written with no barrier in between");
    }
    if (access == Access::read) {
      noteRead(shadow);
      continue;
    }
    if (shadow.reader != nobody && shadow.reader != own.index) {
      const int32_t warp = shadow.reader == manyOfBlock ? nobody : shadow.readerWarp;
      if (!isOrdered(warp, shadow.readBlockEpoch, shadow.readWarpEpoch)) {
        fail("race: " + describe(access, bytes) + where + ", which another thread has read with no barrier in between");
      }
    }
    shadow.writer = own.index;
    shadow.writeBlockEpoch = own.blockEpoch;
    shadow.writeWarpEpoch = own.warpEpoch;
    shadow.reader = nobody;
  }
}

void noteWide(size_t offset, int bytes, Access access) {
  if (bytes < 8) return;
  launch->current->wide.push_back(
      {static_cast<uint32_t>(offset), static_cast<uint16_t>(bytes), access == Access::write});
}

void checkGlobal(uintptr_t address, int bytes, Access access) {
  auto found = buffers.upper_bound(address);
  if (found == buffers.begin()) fail(describe(access, bytes) + "outside of all buffers");
  --found;
  Buffer &buffer = found->second;
  const uintptr_t offset = address - found->first;
  if (offset + bytes > buffer.bytes) {
    fail(describe(access, bytes) + "outside of all buffers: " + std::to_string(offset + bytes - buffer.bytes) +
         " bytes past the end of one of " + std::to_string(buffer.bytes));
  }
  if (!buffer.writable) {
    if (access == Access::write) fail(describe(access, bytes) + "of a buffer that is only read");
    return;
  }
  const Fiber &own = *launch->current;
  const int64_t threads = static_cast<int64_t>(launch->fibers.size());
  const Position at = launch->at, grid = launch->grid;
  const int64_t block = (static_cast<int64_t>(at.z) * grid.y + at.y) * grid.x + at.x;
  const int64_t thread = block * threads + own.index;
  const auto conflicts = [&](int64_t other, uint32_t epoch) {
    return other != nobody && other != thread && !(other / threads == block && epoch < own.blockEpoch);
  };
  for (uintptr_t place = offset / globalGranule; place <= (offset + bytes - 1) / globalGranule; ++place) {
    GlobalShadow &shadow = buffer.shadow[place];
    if (shadow.launchNumber != launchNumber) {
      shadow = GlobalShadow();
      shadow.launchNumber = launchNumber;
    }
    if (conflicts(shadow.writer, shadow.writeEpoch) ||
        (access == Access::write && conflicts(shadow.reader, shadow.readEpoch))) {
      fail("race: " + describe(access, bytes) + "of global memory, at byte " + std::to_string(offset) +
           " of a buffer, which another thread accesses too with no barrier in between");
    }
    if (access == Access::write) {
      shadow.writer = thread;
      shadow.writeEpoch = own.blockEpoch;
    } else {
      shadow.reader = thread;
      shadow.readEpoch = own.blockEpoch;
    }
  }
}

} // namespace

void startBlock() {
  sharedShadow.assign(launch->sharedBytes / granule + 4, Shadow());
  // What a GPU's shared memory holds at first is anything.
  std::memset(launch->shared.data(), 0xff, launch->sharedBytes);
  const Position at = launch->at;
  if (at.x == 0 && at.y == 0 && at.z == 0) ++launchNumber;
}

void check(const void *address, int bytes, int alignment, Access access) {
  if (launch == nullptr || launch->current == nullptr) return;
  const uintptr_t place = reinterpret_cast<uintptr_t>(address);
  {
    const std::vector<unsigned char> &own = launch->current->stack;
    const uintptr_t stack = reinterpret_cast<uintptr_t>(own.data());
    if (place - stack < own.size()) return;
  }
  if (place % alignment != 0) {
    fail(describe(access, bytes) + "at an address that is no multiple of " + std::to_string(alignment));
  }
  const uintptr_t shared = reinterpret_cast<uintptr_t>(launch->shared.data());
  if (place - shared < launch->shared.size()) {
    noteWide(place - shared, bytes, access);
    return checkShared(place - shared, bytes, access);
  }
  checkGlobal(place, bytes, access);
}

// Shared memory has 32 banks of 4 bytes. An access of a warp by 16 bytes is served a quarter of the warp at a time, one
// by 8 bytes half of it, and lanes of such a part wait for one another where they need different words of one bank.
void countBankConflicts() {
  for (size_t warp = 0; warp + 1 <= launch->fibers.size() / 32; ++warp) {
    const Fiber *lanes = &launch->fibers[32 * warp];
    // Only warps whose lanes took one path, so that their accesses pair up.
    const size_t count = lanes[0].wide.size();
    if (!std::all_of(lanes, lanes + 32, [=](const Fiber &lane) { return lane.wide.size() == count; })) continue;
    for (size_t which = 0; which < count; ++which) {
      const WideAccess first = lanes[0].wide[which];
      if (!std::all_of(lanes, lanes + 32, [=](const Fiber &lane) {
            return lane.wide[which].bytes == first.bytes && lane.wide[which].writes == first.writes;
          })) {
        continue;
      }
      ++launch->wideInstructions[first.writes];
      const int together = 128 / first.bytes;
      for (int part = 0; part < 32; part += together) {
        std::map<uint32_t, std::vector<uint32_t>> units;
        for (int lane = part; lane < part + together; ++lane) {
          const uint32_t unit = lanes[lane].wide[which].offset / first.bytes;
          std::vector<uint32_t> &others = units[unit % together];
          if (std::find(others.begin(), others.end(), unit) == others.end()) others.push_back(unit);
        }
        size_t longest = 1;
        for (const auto &[bank, others] : units) longest = std::max(longest, others.size());
        launch->bankConflicts[first.writes] += longest - 1;
      }
    }
  }
}

void startCopy(const Copy &copy) {
  check(copy.target, copy.bytes, copy.bytes, Access::write);
  if (copy.valid) check(copy.source, copy.bytes, copy.bytes, Access::read);
  const size_t offset = copy.target - launch->shared.data();
  if (offset >= launch->sharedBytes) fail("copies asynchronously to somewhere else than shared memory");
  for (int place = 0; place < copy.bytes / granule; ++place) sharedShadow[offset / granule + place].copying = 1;
}

void completeCopy(const Copy &copy) {
  const size_t offset = copy.target - launch->shared.data();
  for (int place = 0; place < copy.bytes / granule; ++place) sharedShadow[offset / granule + place].copying = 0;
  // Counted when it was started.
  std::vector<WideAccess> &wide = launch->current->wide;
  const size_t counted = wide.size();
  check(copy.target, copy.bytes, copy.bytes, Access::write);
  wide.resize(counted);
  if (copy.valid) {
    std::memcpy(copy.target, copy.source, copy.bytes);
  } else {
    std::memset(copy.target, 0, copy.bytes);
  }
}

} // namespace emulation

using emulation::Access;
using emulation::check;

extern "C" {

// Makes a piece of memory known as a buffer of the GPU, or forgets it; kernels may access nothing else.
void emulation_add_buffer(const void *address, uint64_t bytes, int writable) {
  emulation::Buffer buffer{bytes, writable != 0, {}};
  if (writable) buffer.shadow.resize(bytes / emulation::globalGranule + 1);
  emulation::buffers[reinterpret_cast<uintptr_t>(address)] = std::move(buffer);
}
void emulation_remove_buffer(const void *address) { emulation::buffers.erase(reinterpret_cast<uintptr_t>(address)); }

void __tsan_init() {}
void __tsan_func_entry(void *) {}
void __tsan_func_exit() {}
#define TREELINE_ACCESS(bytes)                                                                                         \
  void __tsan_read##bytes(void *address) { check(address, bytes, bytes, Access::read); }                               \
  void __tsan_write##bytes(void *address) { check(address, bytes, bytes, Access::write); }                             \
  void __tsan_unaligned_read##bytes(void *address) { check(address, bytes, 1, Access::read); }                         \
  void __tsan_unaligned_write##bytes(void *address) { check(address, bytes, 1, Access::write); }                       \
  void __tsan_read_write##bytes(void *address) {                                                                       \
    check(address, bytes, bytes, Access::read);                                                                        \
    check(address, bytes, bytes, Access::write);                                                                       \
  }                                                                                                                    \
  void __tsan_unaligned_read_write##bytes(void *address) {                                                             \
    check(address, bytes, 1, Access::read);                                                                            \
    check(address, bytes, 1, Access::write);                                                                           \
  }
TREELINE_ACCESS(1)
TREELINE_ACCESS(2)
TREELINE_ACCESS(4)
TREELINE_ACCESS(8)
TREELINE_ACCESS(16)
void *__tsan_memcpy(void *target, const void *source, size_t bytes) {
  check(source, static_cast<int>(bytes), 1, Access::read);
  check(target, static_cast<int>(bytes), 1, Access::write);
  return std::memcpy(target, source, bytes);
}
void *__tsan_memmove(void *target, const void *source, size_t bytes) {
  check(source, static_cast<int>(bytes), 1, Access::read);
  check(target, static_cast<int>(bytes), 1, Access::write);
  return std::memmove(target, source, bytes);
}
void *__tsan_memset(void *target, int value, size_t bytes) {
  check(target, static_cast<int>(bytes), 1, Access::write);
  return std::memset(target, value, bytes);
}
}
