// NCCL's symbols over the stand-in for a driver: for several devices of one process, and between processes through a
// file that all of them map.
//
// Results are the sums, maxima, minima and copies that NCCL gives, taken when a group ends, and time is counted: an
// operation begins on all of its streams when the last of them comes to it. On streams that are recorded into a graph a
// group is recorded, and done at each start of the graph. All of its streams must be recorded, or none: into one graph,
// or into one a device, which are then started one right after another. It lies in the library of the driver
// (build_driver.sh), under the name libnccl.so.2.
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
//     peer-milliseconds 30000 how long a process waits for others before it finds that they are gone (30000)
//
// Operations in graphs count when they are done.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <set>
#include <thread>
#include <type_traits>

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

// ncclRedOp_t (nccl.h); products and averages are not done here.
enum How { sum = 0, greatest = 2, least = 3 };
bool isKnown(int how) { return how == sum || how == greatest || how == least; }

// Of a number and a NaN the number is the greater and the smaller, as with fmaxf and __hmax, which NCCL calls.
template <typename Value> Value combined(int how, Value first, Value second) {
  if (how == sum) return static_cast<Value>(first + second);
  if constexpr (std::is_floating_point_v<Value>) {
    return how == greatest ? std::fmax(first, second) : std::fmin(first, second);
  } else {
    return how == greatest ? std::max(first, second) : std::min(first, second);
  }
}
template <typename Value> void combineAll(int how, unsigned char *result, const unsigned char *more, size_t count) {
  for (size_t index = 0; index < count; ++index) {
    Value first, second;
    std::memcpy(&first, result + index * sizeof(Value), sizeof(Value));
    std::memcpy(&second, more + index * sizeof(Value), sizeof(Value));
    first = combined(how, first, second);
    std::memcpy(result + index * sizeof(Value), &first, sizeof(Value));
  }
}

// Takes one rank's numbers into a result; rounded to the type after every rank, as a ring rounds.
void combine(int how, int type, unsigned char *result, const unsigned char *more, size_t count) {
  switch (type) {
  // Sums of whole numbers go round at the end of their range, which only those without a sign may.
  case 0:
    return how == sum ? combineAll<uint8_t>(how, result, more, count) : combineAll<int8_t>(how, result, more, count);
  case 1: return combineAll<uint8_t>(how, result, more, count);
  case 2:
    return how == sum ? combineAll<uint32_t>(how, result, more, count) : combineAll<int32_t>(how, result, more, count);
  case 3: return combineAll<uint32_t>(how, result, more, count);
  case 4:
    return how == sum ? combineAll<uint64_t>(how, result, more, count) : combineAll<int64_t>(how, result, more, count);
  case 5: return combineAll<uint64_t>(how, result, more, count);
  case 7: return combineAll<float>(how, result, more, count);
  case 8: return combineAll<double>(how, result, more, count);
  default:
    for (size_t index = 0; index < count; ++index) {
      uint16_t first, second;
      std::memcpy(&first, result + index * 2, 2);
      std::memcpy(&second, more + index * 2, 2);
      first = type == 6 ? toHalf(combined(how, ofHalf(first), ofHalf(second)))
                        : toBrain(combined(how, ofBrain(first), ofBrain(second)));
      std::memcpy(result + index * 2, &first, 2);
    }
  }
}

using Bytes = std::vector<unsigned char>;
using Pair = std::pair<int, int>;

// How long a process waits for others.
std::chrono::steady_clock::time_point patience() {
  return std::chrono::steady_clock::now() +
         std::chrono::milliseconds(settings().number("peer-milliseconds", 30'000));
}

// What processes share: a turn-taking barrier, then what each rank gives to collectives, then what each pair sends.
struct Shared {
  std::atomic<int> waiting, turn;
};
// The bytes that a rank has sent to another one, of which the last are still on their way.
struct Ring {
  static constexpr size_t capacity = (1 << 20) - 64;
  std::atomic<uint64_t> written, read;
  unsigned char padding[48];
  unsigned char bytes[capacity];

  // As many of so many bytes as there is room for, and as have come.
  size_t put(const unsigned char *from, size_t count) {
    const uint64_t begin = written.load();
    count = std::min<size_t>(count, capacity - (begin - read.load()));
    const size_t place = begin % capacity, first = std::min(count, capacity - place);
    if (first > 0) std::memcpy(bytes + place, from, first);
    if (count > first) std::memcpy(bytes, from + first, count - first);
    written.store(begin + count);
    return count;
  }
  size_t take(unsigned char *to, size_t count) {
    const uint64_t begin = read.load();
    count = std::min<size_t>(count, written.load() - begin);
    const size_t place = begin % capacity, first = std::min(count, capacity - place);
    if (first > 0) std::memcpy(to, bytes + place, first);
    if (count > first) std::memcpy(to + first, bytes, count - first);
    read.store(begin + count);
    return count;
  }
};
constexpr size_t windowBytes = 64 << 20, headerBytes = 4096;

// Ranks that do collectives together, as far as they are of this process.
struct Team {
  const int ranks;
  // How many of them are of this process.
  int own = 0;
  // The file that processes share, and where it is mapped.
  std::string file;
  Shared *shared = nullptr;
  // What was sent and not received yet, with when it was, where all ranks are of this process.
  std::map<Pair, std::deque<std::pair<Bytes, double>>> posted;

  explicit Team(int ranks) : ranks(ranks) {}
  Team(const Team &) = delete;
  ~Team() {
    if (shared) munmap(shared, sharedBytes());
  }
  size_t sharedBytes() const {
    return headerBytes + static_cast<size_t>(ranks) * (windowBytes + static_cast<size_t>(ranks) * sizeof(Ring));
  }
  unsigned char *window(int rank) const {
    return reinterpret_cast<unsigned char *>(shared) + headerBytes + static_cast<size_t>(rank) * windowBytes;
  }
  Ring &ring(Pair pair) const {
    return reinterpret_cast<Ring *>(window(ranks))[pair.first * ranks + pair.second];
  }
  // Whether all processes have come to it in time.
  bool meet() const {
    if (!shared) return true;
    const int turn = shared->turn.load();
    if (shared->waiting.fetch_add(own) + own == ranks) {
      shared->waiting.store(0);
      shared->turn.fetch_add(1);
      return true;
    }
    const auto end = patience();
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
// Those that were not destroyed, and those that wait for the end of a group to be joined.
std::set<Communicator *> communicators;
std::vector<Communicator *> joining;

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
  int how;
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

// What every rank gives to a group's collectives, in order; of other processes through their windows.
int gather(Team &team, const std::vector<Operation> &operations, std::map<int, std::vector<Bytes>> &given) {
  for (const Operation &one : operations) {
    if (isCollective(one.kind)) given[one.owner->rank].emplace_back(one.source, one.source + sentBytes(one, team.ranks));
  }
  if (given.empty() || !team.shared) return ok;
  for (const auto &[rank, pieces] : given) {
    unsigned char *place = team.window(rank);
    size_t size = 8;
    for (const Bytes &piece : pieces) size += 8 + piece.size();
    if (size > windowBytes) return systemError;
    const uint64_t count = pieces.size();
    std::memcpy(place, &count, 8);
    place += 8;
    for (const Bytes &piece : pieces) {
      const uint64_t bytes = piece.size();
      std::memcpy(place, &bytes, 8);
      if (bytes > 0) std::memcpy(place + 8, piece.data(), bytes);
      place += 8 + bytes;
    }
  }
  if (!team.meet()) return remoteError;
  for (int rank = 0; rank < team.ranks; ++rank) {
    if (given.contains(rank)) continue;
    const unsigned char *place = team.window(rank);
    uint64_t count, bytes;
    std::memcpy(&count, place, 8);
    place += 8;
    for (uint64_t index = 0; index < count; ++index) {
      std::memcpy(&bytes, place, 8);
      given[rank].emplace_back(place + 8, place + 8 + bytes);
      place += 8 + bytes;
    }
  }
  return team.meet() ? ok : remoteError;
}

// What a group's receives get, in order: of each pair, sends and receives belong together in their order, whatever groups
// they are of. In one process the sends must come no later than the receives; between processes they are waited for, and
// only by those who receive them.
int exchange(Team &team, const std::vector<Operation> &operations, double &begin, std::vector<Bytes> &received) {
  const auto pairOf = [](const Operation &one) {
    return one.kind == Kind::send ? Pair{one.owner->rank, one.other} : Pair{one.other, one.owner->rank};
  };
  if (!team.shared) {
    for (const Operation &one : operations) {
      if (one.kind != Kind::send) continue;
      team.posted[pairOf(one)].emplace_back(Bytes(one.source, one.source + sentBytes(one, team.ranks)), begin);
    }
    for (const Operation &one : operations) {
      if (one.kind != Kind::receive) continue;
      auto &waiting = team.posted[pairOf(one)];
      if (waiting.empty()) return invalidUsage;
      received.push_back(std::move(waiting.front().first));
      begin = std::max(begin, waiting.front().second);
      waiting.pop_front();
      if (received.back().size() != receivedBytes(one, team.ranks)) return invalidUsage;
    }
    return ok;
  }
  // A pair's bytes each way: of every message its size, then what it holds.
  std::map<Pair, Bytes> out, in;
  std::map<Pair, size_t> sent, taken;
  const auto addSize = [](Bytes &to, uint64_t size) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(&size);
    to.insert(to.end(), bytes, bytes + 8);
  };
  for (const Operation &one : operations) {
    if (one.kind == Kind::send) {
      const size_t size = sentBytes(one, team.ranks);
      addSize(out[pairOf(one)], size);
      out[pairOf(one)].insert(out[pairOf(one)].end(), one.source, one.source + size);
    } else if (one.kind == Kind::receive) {
      in[pairOf(one)].resize(in[pairOf(one)].size() + 8 + receivedBytes(one, team.ranks));
    }
  }
  auto end = patience();
  for (bool isDone = false; !isDone;) {
    isDone = true;
    size_t moved = 0;
    for (auto &[pair, bytes] : out) {
      const size_t more = team.ring(pair).put(bytes.data() + sent[pair], bytes.size() - sent[pair]);
      isDone = (sent[pair] += more) == bytes.size() && isDone;
      moved += more;
    }
    for (auto &[pair, bytes] : in) {
      const size_t more = team.ring(pair).take(bytes.data() + taken[pair], bytes.size() - taken[pair]);
      isDone = (taken[pair] += more) == bytes.size() && isDone;
      moved += more;
    }
    if (moved > 0) {
      end = patience();
    } else if (!isDone) {
      if (std::chrono::steady_clock::now() > end) return remoteError;
      std::this_thread::yield();
    }
  }
  std::map<Pair, size_t> places;
  for (const Operation &one : operations) {
    if (one.kind != Kind::receive) continue;
    const unsigned char *place = in[pairOf(one)].data() + places[pairOf(one)];
    uint64_t size;
    std::memcpy(&size, place, 8);
    if (size != receivedBytes(one, team.ranks)) return invalidUsage;
    received.emplace_back(place + 8, place + 8 + size);
    places[pairOf(one)] += 8 + size;
  }
  return ok;
}

// Does a group's operations of one team, each on a lane.
int runGroup(Team &team, const std::vector<Operation> &operations, const std::vector<Lane *> &lanes) {
  const int ranks = team.ranks;
  // What goes wrong is told by number of an operation of its rank.
  for (const Operation &one : operations) {
    if (one.owner->error) return one.owner->error;
    const size_t sent = sentBytes(one, ranks), received = receivedBytes(one, ranks);
    const auto source = reinterpret_cast<uint64_t>(one.source), target = reinterpret_cast<uint64_t>(one.target);
    if (sent > 0 && !lies(source, sent, one.owner->device)) return invalidArgument;
    if (received > 0 && !lies(target, received, one.owner->device)) return invalidArgument;
    if (countLaunch(one.owner->device)) return one.owner->error = cudaError;
  }
  double begin = 0, traffic = 0;
  for (const Lane *lane : lanes) begin = std::max(begin, lane->at);
  std::map<int, std::vector<Bytes>> given;
  std::vector<Bytes> received;
  if (const int code = gather(team, operations, given)) return code;
  if (const int code = exchange(team, operations, begin, received)) return code;
  // How many collectives of each rank, and receives of all, have been done.
  std::map<int, size_t> collectives;
  size_t receives = 0;
  std::map<int, double> sentBy;
  for (size_t index = 0; index < operations.size(); ++index) {
    const Operation &one = operations[index];
    Communicator &owner = *one.owner;
    const size_t bytes = one.count * bytesOf(one.type);
    ++owner.operations;
    const long number = owner.operations;
    if (number == settings().number("fail-collective", -1)) owner.error = systemError;
    if (number == settings().number("hang-collective", -1)) lanes[index]->hangs = true;
    if (isCollective(one.kind)) {
      const size_t place = collectives[owner.rank]++;
      std::vector<const Bytes *> all;
      for (int rank = 0; rank < ranks; ++rank) {
        if (place >= given[rank].size()) return invalidUsage;
        all.push_back(&given[rank][place]);
        // Of a broadcast only the root gives anything.
        if (all.back()->size() != sentBytes(one, ranks) && one.kind != Kind::broadcast) return invalidUsage;
      }
      switch (one.kind) {
      case Kind::allReduce:
      case Kind::reduceScatter: {
        const size_t offset = one.kind == Kind::allReduce ? 0 : bytes * static_cast<size_t>(owner.rank);
        Bytes result(all[0]->begin() + static_cast<long>(offset), all[0]->begin() + static_cast<long>(offset + bytes));
        for (int rank = 1; rank < ranks; ++rank) {
          combine(one.how, one.type, result.data(), all[rank]->data() + offset, one.count);
        }
        std::memcpy(one.target, result.data(), bytes);
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
        if (all[one.other]->size() != bytes) return invalidUsage;
        std::memcpy(one.target, all[one.other]->data(), bytes);
        sentBy[owner.rank] += static_cast<double>(bytes);
      }
    } else if (one.kind == Kind::receive) {
      std::memcpy(one.target, received[receives++].data(), bytes);
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
  for (Lane *lane : lanes) lane->at = end;
  return ok;
}

// A lane of the graph that an operation was recorded into (-1), or of one of those that are started together.
struct Place {
  int member, lane;
};

// Does a group's operations of one team at a start of the graphs that it was recorded into. What NCCL finds wrong then,
// no call can tell: whoever asks the communicators for later errors is told; a wrong address ends the device's work.
int replay(Team &team, const std::vector<Operation> &operations, const std::vector<Place> &places, GraphRun &run) {
  std::vector<Lane *> lanes;
  for (size_t index = 0; index < operations.size(); ++index) {
    const Operation &one = operations[index];
    if (!communicators.contains(one.owner)) return launchFailed;
    if (brokenOf(one.owner->device)) return brokenOf(one.owner->device);
    const auto [member, lane] = places[index];
    lanes.push_back(&(member < 0 ? run : (*run.all)[member]).lanes[lane]);
  }
  const int code = runGroup(team, operations, lanes);
  for (const Operation &one : operations) {
    if (code == invalidArgument) brokenOf(one.owner->device) = launchFailed;
    if (brokenOf(one.owner->device)) return brokenOf(one.owner->device);
    if (code && !one.owner->error) one.owner->error = code;
  }
  return success;
}

// Whether a group's streams are recorded all or none, and the graphs, where there are several, belong together: those of
// the first group that is recorded into them.
bool belongTogether(const std::vector<Operation> &all) {
  std::vector<Graph *> graphs;
  size_t recorded = 0;
  for (const Operation &one : all) {
    Graph *graph = one.stream->capture.get();
    recorded += graph != nullptr;
    if (graph && std::find(graphs.begin(), graphs.end(), graph) == graphs.end()) graphs.push_back(graph);
  }
  if (recorded > 0 && recorded < all.size()) return false;
  if (graphs.size() < 2) return true;
  auto bundle = graphs[0]->bundle;
  if (!bundle) {
    bundle = std::make_shared<Bundle>();
    bundle->members = static_cast<int>(graphs.size());
    for (size_t index = 0; index < graphs.size(); ++index) {
      if (graphs[index]->bundle) return false;
      graphs[index]->bundle = bundle;
      graphs[index]->member = static_cast<int>(index);
    }
  }
  return static_cast<int>(graphs.size()) == bundle->members &&
         std::all_of(graphs.begin(), graphs.end(), [&](Graph *graph) { return graph->bundle == bundle; });
}

int finishGroup() {
  std::vector<Operation> all;
  all.swap(queue);
  // Communicators of one team do their operations together.
  std::map<std::shared_ptr<Team>, std::vector<Operation>> teams;
  for (const Operation &one : all) teams[one.owner->team].push_back(one);
  const bool isFit = belongTogether(all);
  const auto run = [&](const std::shared_ptr<Team> &team, const std::vector<Operation> &operations) -> int {
    for (const Operation &one : operations) {
      if (one.owner->error) return one.owner->error;
      if (one.stream->device != one.owner->device || !isFit) return invalidUsage;
    }
    if (const auto graph = operations.front().stream->capture) {
      std::vector<Place> places;
      for (const Operation &one : operations) {
        places.push_back({one.stream->capture == graph ? -1 : one.stream->capture->member, one.stream->lane});
      }
      graph->add([team, operations, places](GraphRun &run) { return replay(*team, operations, places, run); });
      return ok;
    }
    std::vector<Lane *> lanes;
    for (const Operation &one : operations) {
      if (one.stream->starts) return cudaError;
      one.stream->at = beginOf(*one.stream);
      lanes.push_back(one.stream);
    }
    return runGroup(*team, operations, lanes);
  };
  for (const auto &[team, operations] : teams) {
    if (const int code = run(team, operations)) {
      for (const Operation &one : operations) one.owner->error = code;
      return code;
    }
  }
  return ok;
}

int enqueue(Operation one) {
  if (!one.owner || !one.stream || bytesOf(one.type) == 0 || one.other < 0 || one.other >= one.owner->team->ranks ||
      !isKnown(one.how)) {
    return invalidArgument;
  }
  queue.push_back(one);
  return depth == 0 ? finishGroup() : static_cast<int>(ok);
}
Operation operation(void *owner, void *stream, Kind kind, const void *source, void *target, size_t count, int type,
                    int other = 0, int how = sum) {
  return {static_cast<Communicator *>(owner),
          static_cast<Stream *>(stream),
          kind,
          static_cast<const unsigned char *>(source),
          static_cast<unsigned char *>(target),
          count,
          type,
          other,
          how};
}

// The team of an id, which several ranks of this process may be of; null where its file can't be mapped.
std::shared_ptr<Team> teamOf(const std::string &id, int ranks) {
  static std::map<std::string, std::weak_ptr<Team>> known;
  if (auto found = known[id].lock()) return found;
  auto team = std::make_shared<Team>(ranks);
  const int file = open(id.c_str(), O_RDWR);
  if (file < 0) return nullptr;
  // The same size from every rank: nothing is lost, and what nobody writes takes no room.
  const bool isSized = ftruncate(file, static_cast<off_t>(team->sharedBytes())) == 0;
  void *mapped =
      isSized ? mmap(nullptr, team->sharedBytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (mapped == MAP_FAILED) return nullptr;
  team->shared = static_cast<Shared *>(mapped);
  team->file = id;
  known[id] = team;
  return team;
}
int finishJoining() {
  std::set<std::shared_ptr<Team>> teams;
  for (Communicator *one : joining) teams.insert(one->team);
  joining.clear();
  for (const auto &team : teams) {
    if (!team->meet()) return remoteError;
    // All have it open; the name is in nobody's way any more.
    unlink(team->file.c_str());
  }
  return ok;
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
  const auto team = teamOf(id.bytes, ranks);
  if (!team) return systemError;
  if (team->ranks != ranks) return invalidArgument;
  ++team->own;
  auto *one = new Communicator{team, rank, currentDevice()};
  communicators.insert(one);
  joining.push_back(one);
  *made = one;
  if (depth > 0) return ok;
  return finishJoining();
}
int ncclCommInitAll(void **made, int count, const int *devices) {
  if (const long code = settings().number("fail-init", 0)) return static_cast<int>(code);
  auto team = std::make_shared<Team>(count);
  std::set<int> seen;
  for (int rank = 0; rank < count; ++rank) {
    const int device = devices ? devices[rank] : rank;
    if (device < 0 || device >= deviceCount() || !seen.insert(device).second) return invalidUsage;
    ++team->own;
    auto *one = new Communicator{team, rank, device};
    communicators.insert(one);
    made[rank] = one;
  }
  return ok;
}
int ncclCommDestroy(void *owner) {
  communicators.erase(static_cast<Communicator *>(owner));
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
  if (--depth > 0) return ok;
  const int code = finishJoining();
  return code ? code : finishGroup();
}
int ncclAllReduce(const void *source, void *target, size_t count, int type, int how, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::allReduce, source, target, count, type, 0, how));
}
int ncclReduceScatter(const void *source, void *target, size_t count, int type, int how, void *owner, void *stream) {
  return enqueue(operation(owner, stream, Kind::reduceScatter, source, target, count, type, 0, how));
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
