// NCCL's symbols over the stand-in for a driver: for several devices of one process, and between processes through a
// file that all of them map.
//
// Results are the sums and copies that NCCL gives, taken when a group ends, and time is counted: an operation begins on
// all of its streams when the last of them comes to it. It lies in the library of the driver (build_driver.sh), under
// the name libnccl.so.2.
//
// Lines of emulation.conf:
//
//     nccl 22105              its version (22105)
//     fail-init 2             what making communicators returns (0)
//     fail-collective 5       the fifth operation of a communicator finds an error later on, which it tells when asked
//     hang-collective 5       the fifth operation never ends
//     wrong-collective 5      the fifth operation flips a bit of what rank `wrong-rank` (0) receives
//     collective-bandwidth 50 GB/s that a rank sends and receives (50)
//     collective-latency 8000 nanoseconds of each operation (8000)
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "driver.hpp"

using namespace driver;

namespace {

enum Code { ok = 0, cudaError = 1, systemError = 2, invalidArgument = 4, invalidUsage = 5, remoteError = 6 };

struct UniqueId {
  char bytes[128];
};

enum class Kind { allReduce, allGather, reduceScatter, broadcast, send, receive };

// NCCL's types (nccl.h): bytes of each, 0 for none.
size_t bytesOf(int type) {
  constexpr size_t sizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2};
  return type >= 0 && type < 10 ? sizes[type] : 0;
}

float ofHalf(uint16_t bits) {
  _Float16 value;
  std::memcpy(&value, &bits, 2);
  return static_cast<float>(value);
}
uint16_t toHalf(float value) {
  const auto half = static_cast<_Float16>(value);
  uint16_t bits;
  std::memcpy(&bits, &half, 2);
  return bits;
}
float ofBrain(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &word, 4);
  return value;
}
uint16_t toBrain(float value) {
  uint32_t word;
  std::memcpy(&word, &value, 4);
  if ((word & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(word >> 16 | 0x40);
  return static_cast<uint16_t>((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

template <typename Value> void addPlain(unsigned char *sum, const unsigned char *more, size_t count) {
  for (size_t index = 0; index < count; ++index) {
    Value first, second;
    std::memcpy(&first, sum + index * sizeof(Value), sizeof(Value));
    std::memcpy(&second, more + index * sizeof(Value), sizeof(Value));
    first = static_cast<Value>(first + second);
    std::memcpy(sum + index * sizeof(Value), &first, sizeof(Value));
  }
}

// sum += more, rounded to the type after every rank, as a ring rounds.
void add(int type, unsigned char *sum, const unsigned char *more, size_t count) {
  switch (type) {
  case 0:
  case 1: return addPlain<uint8_t>(sum, more, count);
  case 2:
  case 3: return addPlain<uint32_t>(sum, more, count);
  case 4:
  case 5: return addPlain<uint64_t>(sum, more, count);
  case 7: return addPlain<float>(sum, more, count);
  case 8: return addPlain<double>(sum, more, count);
  default:
    for (size_t index = 0; index < count; ++index) {
      uint16_t first, second;
      std::memcpy(&first, sum + index * 2, 2);
      std::memcpy(&second, more + index * 2, 2);
      first = type == 6 ? toHalf(ofHalf(first) + ofHalf(second)) : toBrain(ofBrain(first) + ofBrain(second));
      std::memcpy(sum + index * 2, &first, 2);
    }
  }
}

// What processes share: a turn-taking barrier, then what each rank sends.
struct Shared {
  std::atomic<int> joined, waiting, turn;
};
constexpr size_t windowBytes = 64 << 20, headerBytes = 4096;

// Ranks that do collectives together, as far as they are of this process.
struct Team {
  int ranks;
  Shared *shared = nullptr;

  unsigned char *window(int rank) const {
    return reinterpret_cast<unsigned char *>(shared) + headerBytes + static_cast<size_t>(rank) * windowBytes;
  }
  // Whether all processes have come to it within half a minute.
  bool meet() const {
    if (!shared) return true;
    const int turn = shared->turn.load();
    if (shared->waiting.fetch_add(1) + 1 == ranks) {
      shared->waiting.store(0);
      shared->turn.fetch_add(1);
      return true;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (shared->turn.load() == turn) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

struct Communicator {
  std::shared_ptr<Team> team;
  int rank;
  int device;
  long operations = 0;
  int error = ok;
};

struct Operation {
  Communicator *owner;
  Stream *stream;
  Kind kind;
  const unsigned char *source;
  unsigned char *target;
  size_t count;
  int type;
  // The root, or the peer.
  int other;
};

int depth = 0;
std::vector<Operation> queue;

bool isCollective(Kind kind) { return kind != Kind::send && kind != Kind::receive; }

size_t sentBytes(const Operation &one, int ranks) {
  const size_t bytes = one.count * bytesOf(one.type);
  if (one.kind == Kind::receive || (one.kind == Kind::broadcast && one.owner->rank != one.other)) return 0;
  return one.kind == Kind::reduceScatter ? bytes * static_cast<size_t>(ranks) : bytes;
}
size_t receivedBytes(const Operation &one, int ranks) {
  const size_t bytes = one.count * bytesOf(one.type);
  if (one.kind == Kind::send) return 0;
  return one.kind == Kind::allGather ? bytes * static_cast<size_t>(ranks) : bytes;
}

// A group of operations of one team.
int runGroup(Team &team, std::vector<Operation> &operations) {
  const int ranks = team.ranks;
  // What goes wrong is told by number of an operation of its rank.
  for (Operation &one : operations) {
    if (one.owner->error) return one.owner->error;
    const size_t sent = sentBytes(one, ranks), received = receivedBytes(one, ranks);
    const auto source = reinterpret_cast<uint64_t>(one.source), target = reinterpret_cast<uint64_t>(one.target);
    if (sent > 0 && !lies(source, sent, one.owner->device)) return invalidArgument;
    if (received > 0 && !lies(target, received, one.owner->device)) return invalidArgument;
    if (one.stream->device != one.owner->device) return invalidUsage;
    if (countLaunch(one.owner->device)) return one.owner->error = cudaError;
  }
  // Everything that ranks send, by rank and then in order; of other processes through their windows.
  std::map<int, std::vector<std::vector<unsigned char>>> sent;
  std::map<int, std::vector<int>> peers;
  for (const Operation &one : operations) {
    if (one.kind == Kind::receive) continue;
    sent[one.owner->rank].emplace_back(one.source, one.source + sentBytes(one, ranks));
    peers[one.owner->rank].push_back(one.kind == Kind::send ? one.other : -1);
  }
  if (team.shared) {
    for (auto &[rank, pieces] : sent) {
      unsigned char *place = team.window(rank);
      const uint64_t count = pieces.size();
      std::memcpy(place, &count, 8);
      place += 8;
      for (size_t index = 0; index < pieces.size(); ++index) {
        const uint64_t head[] = {pieces[index].size(), static_cast<uint64_t>(peers[rank][index])};
        std::memcpy(place, head, 16);
        if (!pieces[index].empty()) std::memcpy(place + 16, pieces[index].data(), pieces[index].size());
        place += 16 + pieces[index].size();
      }
    }
    if (!team.meet()) return remoteError;
    for (int rank = 0; rank < ranks; ++rank) {
      if (sent.contains(rank)) continue;
      const unsigned char *place = team.window(rank);
      uint64_t count;
      std::memcpy(&count, place, 8);
      place += 8;
      for (uint64_t index = 0; index < count; ++index) {
        uint64_t head[2];
        std::memcpy(head, place, 16);
        sent[rank].emplace_back(place + 16, place + 16 + head[0]);
        peers[rank].push_back(static_cast<int>(head[1]));
        place += 16 + head[0];
      }
    }
    if (!team.meet()) return remoteError;
  }
  // How many operations of each pair, and of each rank's collectives, have been done.
  std::map<std::pair<int, int>, size_t> taken;
  std::map<int, size_t> collectives;
  const auto piece = [&](int rank, int peer, size_t number) -> const std::vector<unsigned char> * {
    for (size_t index = 0; index < peers[rank].size(); ++index) {
      if (peers[rank][index] == peer && number-- == 0) return &sent[rank][index];
    }
    return nullptr;
  };
  double begin = 0, traffic = 0;
  for (const Operation &one : operations) begin = std::max(begin, beginOf(*one.stream));
  std::map<int, double> sentBy;
  for (const Operation &one : operations) {
    Communicator &owner = *one.owner;
    const size_t bytes = one.count * bytesOf(one.type);
    ++owner.operations;
    const long number = owner.operations;
    if (number == settings().number("fail-collective", -1)) owner.error = systemError;
    if (number == settings().number("hang-collective", -1)) one.stream->hangs = true;
    if (isCollective(one.kind)) {
      const size_t place = collectives[owner.rank]++;
      std::vector<const std::vector<unsigned char> *> all;
      for (int rank = 0; rank < ranks; ++rank) {
        all.push_back(piece(rank, -1, place));
        if (!all.back()) return invalidUsage;
      }
      switch (one.kind) {
      case Kind::allReduce:
      case Kind::reduceScatter: {
        const size_t offset = one.kind == Kind::allReduce ? 0 : bytes * static_cast<size_t>(owner.rank);
        std::vector<unsigned char> sum(all[0]->begin() + static_cast<long>(offset),
                                       all[0]->begin() + static_cast<long>(offset + bytes));
        for (int rank = 1; rank < ranks; ++rank) add(one.type, sum.data(), all[rank]->data() + offset, one.count);
        std::memcpy(one.target, sum.data(), bytes);
        sentBy[owner.rank] += static_cast<double>(one.kind == Kind::allReduce ? 2 * bytes : bytes * ranks);
        break;
      }
      case Kind::allGather:
        for (int rank = 0; rank < ranks; ++rank) {
          std::memcpy(one.target + static_cast<size_t>(rank) * bytes, all[rank]->data(), bytes);
        }
        sentBy[owner.rank] += static_cast<double>(bytes * static_cast<size_t>(ranks));
        break;
      default:
        std::memcpy(one.target, all[one.other]->data(), bytes);
        sentBy[owner.rank] += static_cast<double>(bytes);
      }
    } else if (one.kind == Kind::receive) {
      const auto *found = piece(one.other, owner.rank, taken[{one.other, owner.rank}]++);
      if (!found || found->size() != bytes) return invalidUsage;
      std::memcpy(one.target, found->data(), bytes);
      sentBy[owner.rank] += static_cast<double>(bytes);
    }
    if (number == settings().number("wrong-collective", -1) && one.kind != Kind::send && bytes > 0 &&
        owner.rank == settings().number("wrong-rank", 0)) {
      one.target[bytes / 2] ^= 0x40;
    }
  }
  for (const auto &[rank, bytes] : sentBy) traffic = std::max(traffic, bytes);
  const double end = begin + drifted(transferTime(traffic, settings().real("collective-bandwidth", 50),
                                                  settings().real("collective-latency", 8000)));
  for (const Operation &one : operations) one.stream->at = end;
  return ok;
}

int finishGroup() {
  std::vector<Operation> all;
  all.swap(queue);
  // Communicators of one team do their operations together.
  std::map<Team *, std::vector<Operation>> teams;
  for (const Operation &one : all) teams[one.owner->team.get()].push_back(one);
  for (auto &[team, operations] : teams) {
    if (const int code = runGroup(*team, operations)) {
      for (Operation &one : operations) one.owner->error = code;
      return code;
    }
  }
  return ok;
}

int enqueue(Operation one) {
  if (!one.owner || !one.stream || bytesOf(one.type) == 0 || one.other < 0 || one.other >= one.owner->team->ranks) {
    return invalidArgument;
  }
  queue.push_back(one);
  return depth == 0 ? finishGroup() : static_cast<int>(ok);
}
Operation operation(void *owner, void *stream, Kind kind, const void *source, void *target, size_t count, int type,
                    int other = 0) {
  return {static_cast<Communicator *>(owner), static_cast<Stream *>(stream), kind,
          static_cast<const unsigned char *>(source), static_cast<unsigned char *>(target), count, type, other};
}

} // namespace

extern "C" {

int ncclGetVersion(int *version) {
  *version = static_cast<int>(settings().number("nccl", 22105));
  return ok;
}
const char *ncclGetErrorString(int code) {
  switch (code) {
  case ok: return "no error";
  case cudaError: return "unhandled cuda error";
  case systemError: return "unhandled system error";
  case invalidArgument: return "invalid argument";
  case invalidUsage: return "invalid usage";
  case remoteError: return "remote process exited or there was a network error";
  default: return "unknown result code";
  }
}
const char *ncclGetLastError(void *) { return "as the emulation was told"; }

int ncclGetUniqueId(UniqueId *id) {
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->bytes, sizeof id->bytes, "/tmp/treeline-emulated-nccl-XXXXXX");
  const int file = mkstemp(id->bytes);
  if (file < 0) return systemError;
  close(file);
  return ok;
}
int ncclCommInitRank(void **made, int ranks, UniqueId id, int rank) {
  if (const long code = settings().number("fail-init", 0)) return static_cast<int>(code);
  if (ranks < 1 || rank < 0 || rank >= ranks || currentDevice() < 0) return invalidArgument;
  const size_t bytes = headerBytes + static_cast<size_t>(ranks) * windowBytes;
  const int file = open(id.bytes, O_RDWR);
  // The same size from every rank: nothing is lost, and what nobody writes takes no room.
  if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) return systemError;
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return systemError;
  auto team = std::make_shared<Team>();
  team->ranks = ranks;
  team->shared = static_cast<Shared *>(mapped);
  if (!team->meet()) return remoteError;
  if (rank == 0) unlink(id.bytes);
  *made = new Communicator{team, rank, currentDevice()};
  return ok;
}
int ncclCommInitAll(void **made, int count, const int *devices) {
  if (const long code = settings().number("fail-init", 0)) return static_cast<int>(code);
  auto team = std::make_shared<Team>();
  team->ranks = count;
  std::set<int> seen;
  for (int rank = 0; rank < count; ++rank) {
    const int device = devices ? devices[rank] : rank;
    if (device < 0 || device >= deviceCount() || !seen.insert(device).second) return invalidUsage;
    made[rank] = new Communicator{team, rank, device};
  }
  return ok;
}
int ncclCommDestroy(void *owner) {
  delete static_cast<Communicator *>(owner);
  return ok;
}
int ncclCommAbort(void *owner) { return ncclCommDestroy(owner); }
int ncclCommGetAsyncError(void *owner, int *error) {
  *error = static_cast<Communicator *>(owner)->error;
  return ok;
}
int ncclCommCount(void *owner, int *count) {
  *count = static_cast<Communicator *>(owner)->team->ranks;
  return ok;
}

int ncclGroupStart() {
  ++depth;
  return ok;
}
int ncclGroupEnd() {
  if (depth == 0) return invalidUsage;
  return --depth == 0 ? finishGroup() : static_cast<int>(ok);
}
int ncclAllReduce(const void *source, void *target, size_t count, int type, int how, void *owner, void *stream) {
  if (how != 0) return invalidArgument;
  return enqueue(operation(owner, stream, Kind::allReduce, source, target, count, type));
}
int ncclReduceScatter(const void *source, void *target, size_t count, int type, int how, void *owner, void *stream) {
  if (how != 0) return invalidArgument;
  return enqueue(operation(owner, stream, Kind::reduceScatter, source, target, count, type));
}
int ncclAllGather(const void *source, void *target, size_t count, int type, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::allGather, source, target, count, type));
}
int ncclBroadcast(const void *source, void *target, size_t count, int type, int root, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::broadcast, source, target, count, type, root));
}
int ncclSend(const void *source, size_t count, int type, int peer, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::send, source, nullptr, count, type, peer));
}
int ncclRecv(void *target, size_t count, int type, int peer, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::receive, nullptr, target, count, type, peer));
}
}
