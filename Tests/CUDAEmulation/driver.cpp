// The driver's, NVML's and NVRTC's symbols over the emulation, for tests of whatever launches kernels on a device.
//
// Tests/CUDAEmulation/build_driver.sh makes one library of it under the three names that the loader looks for. Memory is
// the host's, launches run at once on the calling thread, "compiling" gives the names of the emulated kernels of a source,
// and time is counted, not measured: so a run is the same every time. `treeline_emulation`, which no driver has, tells
// whoever asks that this is none.
//
// emulation.conf beside the library says what goes wrong, a line each, read when the library is opened:
//
//     devices 0               how many there are (1)
//     init 100                what cuInit returns (0)
//     driver 11080            what the driver's version is (12080)
//     nvrtc 13                NVRTC's major version (12)
//     architecture 90         the compute capability, times 10 (90)
//     pci-device 0x2330       the PCI device id
//     links 18                NVLinks of each device to switches (0)
//     fail-allocation 3       the third allocation finds no memory
//     fail-launch 2           the second launch fails, and everything after it
//     lose-device 5           after five launches the device of the next can't be reached
//     failing-device 1        these two count launches of this device alone
//     wrong-result NAME       the kernel NAME flips bits at the start of every buffer
//     drift 0.5               every launch takes a random share of up to so much longer (0.02)
//     throttle 0x4            NVML's reasons for low clocks
//     throttle-from 6         only from the sixth time on that NVML is asked for the clock, which is lower then
//     reject-source NAME      NVRTC finds an error in this source
//     memory 64               MiB of each device's memory (64)
//     no-peer-access 1        no device reaches another's memory (0)
//     link-bandwidth 100      GB/s of copies between devices, each way (100); half of it where access is not enabled
//     link-latency 2000       nanoseconds of each (2000)
//     host-bandwidth 50       GB/s of copies between host and device (50); half of it for memory that is not pinned
//     host-latency 3000       nanoseconds of each (3000)
//     wrong-copy 4            the fourth asynchronous copy leaves a byte wrong
//     lose-copying 7          after seven asynchronous copies the device can't be reached
//
// Devices have contexts, memory and streams of their own, and each stream its own time. The stand-in is stricter than a
// driver: work on a stream needs the context of its device to be current, and a kernel reaches another device's memory
// only where access was enabled. nccl.cpp has the lines for NCCL.
#include "driver.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "emulation.hpp"

extern "C" {
void emulation_add_buffer(const void *address, uint64_t bytes, int writable);
void emulation_remove_buffer(const void *address);
int emulation_kernel_count();
const char *emulation_kernel_name(int index);
const char *emulation_kernel_source(int index);
const char *emulation_error();
int emulation_launch(const char *name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                     unsigned blockZ, unsigned sharedBytes, void **arguments);

// Marks this as no driver.
int treeline_emulation = 1;
}

namespace driver {

Settings::Settings() {
  Dl_info place;
  if (dladdr(&treeline_emulation, &place) == 0) return;
  std::string path = place.dli_fname;
  path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  std::ifstream file(path + "emulation.conf");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key, value;
    if (words >> key >> value) values[key] = value;
  }
}
std::string Settings::text(const std::string &key) const {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}
long Settings::number(const std::string &key, long fallback) const {
  const auto found = values.find(key);
  return found == values.end() ? fallback : std::strtol(found->second.c_str(), nullptr, 0);
}
double Settings::real(const std::string &key, double fallback) const {
  const auto found = values.find(key);
  return found == values.end() ? fallback : std::strtod(found->second.c_str(), nullptr);
}

const Settings &settings() {
  static const Settings settings;
  return settings;
}

struct Context {
  int device;
  bool mayReach[mostDevices] = {};
};
// One of each device, which lives as long as the process, and how often it is held.
std::vector<Context> &contexts() {
  static std::vector<Context> all = [] {
    std::vector<Context> all;
    for (int device = 0; device < mostDevices; ++device) all.push_back(Context{device});
    return all;
  }();
  return all;
}
thread_local Context *current = nullptr;

int deviceCount() { return static_cast<int>(std::min<long>(settings().number("devices", 1), mostDevices)); }
int currentDevice() { return current ? current->device : -1; }

int &brokenOf(int device) {
  static int broken[mostDevices] = {};
  return broken[device];
}
// What a call in the current context returns before all else.
int brokenHere() { return current ? brokenOf(current->device) : static_cast<int>(invalidContext); }

long launches = 0, allocations = 0, copies = 0;
// Nanoseconds up to which the host has waited.
double hostNow = 0;
uint64_t randomState = 1;

double randomShare() {
  randomState = randomState * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(randomState >> 11) / 9007199254740992.0;
}

constexpr uint64_t cacheBytes = 64 << 10;
uint64_t memoryBytes() { return static_cast<uint64_t>(settings().number("memory", 64)) << 20; }
uint64_t usedBytes[mostDevices] = {};

struct Module {
  int device;
  std::string source;
};
struct Function {
  int device;
  std::string name;
  int sharedLimit = 48 << 10;
};
struct Event : Lane {
  int device = 0;
  // Where it was recorded into a graph: which one, and which of its events it is.
  std::shared_ptr<Graph> graph;
  int number = 0;
};

struct GraphInstance {
  std::shared_ptr<const Graph> graph;
};

struct Memory {
  std::unique_ptr<unsigned char[]> bytes;
  uint64_t size;
  int device;
};
std::map<uint64_t, Memory> memory;
// Pinned memory of the host.
std::map<uint64_t, Memory> pinned;

std::set<Stream *> &allStreams() {
  static std::set<Stream *> all;
  return all;
}
std::set<Event *> &allEvents() {
  static std::set<Event *> all;
  return all;
}
Stream *streamOf(void *handle) { return static_cast<Stream *>(handle); }

const Memory *holding(const std::map<uint64_t, Memory> &pieces, uint64_t address, size_t bytes) {
  auto found = pieces.upper_bound(address);
  if (found == pieces.begin()) return nullptr;
  --found;
  return address + bytes <= found->first + found->second.size ? &found->second : nullptr;
}
bool lies(uint64_t address, size_t bytes, int device) {
  const Memory *found = holding(memory, address, bytes);
  return found && (device < 0 || found->device == device);
}
bool reaches(int device, int peer) { return device == peer || contexts()[device].mayReach[peer]; }

double beginOf(const Stream &stream) { return std::max(stream.at, hostNow); }
double drifted(double nanoseconds) { return nanoseconds * (1 + randomShare() * settings().real("drift", 0.02)); }
double transferTime(double bytes, double gigabytesPerSecond, double latency) {
  return latency + bytes / gigabytesPerSecond;
}

int countLaunch(int device) {
  if (brokenOf(device)) return brokenOf(device);
  const long only = settings().number("failing-device", -1);
  if (only >= 0 && only != device) return success;
  ++launches;
  if (launches == settings().number("fail-launch", -1)) return brokenOf(device) = launchFailed;
  if (settings().number("lose-device", -1) >= 0 && launches > settings().number("lose-device", -1)) {
    return brokenOf(device) = unknownError;
  }
  return success;
}

// Puts work on a stream, or into the graph that is being recorded from it: what it does at a time, which it moves on.
int put(Stream &stream, std::function<int(double &)> work) {
  if (const int code = brokenHere()) return code;
  if (stream.device != current->device) return invalidContext;
  if (stream.capture) {
    stream.capture->add([lane = stream.lane, work](GraphRun &run) { return work(run.lanes[lane].at); });
    return success;
  }
  if (stream.starts) return notReady;
  double at = beginOf(stream);
  const int code = work(at);
  stream.at = at;
  return code;
}

int run(const Function &function, const unsigned *grid, const unsigned *block, unsigned shared, void **arguments,
        double &at) {
  if (const int code = countLaunch(function.device)) return code;
  if (shared > static_cast<unsigned>(function.sharedLimit)) return invalidValue;
  std::vector<std::pair<uint64_t, uint64_t>> hidden;
  for (const auto &[address, piece] : memory) {
    if (!reaches(function.device, piece.device)) hidden.emplace_back(address, piece.size);
  }
  for (const auto &[address, size] : hidden) emulation_remove_buffer(reinterpret_cast<void *>(address));
  const int failed = emulation_launch(function.name.c_str(), grid[0], grid[1], grid[2], block[0], block[1], block[2],
                                      shared, arguments);
  for (const auto &[address, size] : hidden) emulation_add_buffer(reinterpret_cast<void *>(address), size, 1);
  if (failed) {
    std::fprintf(stderr, "emulation: %s\n", emulation_error());
    return brokenOf(function.device) = launchFailed;
  }
  if (settings().text("wrong-result") == function.name) {
    for (auto &[address, piece] : memory) {
      auto *bytes = reinterpret_cast<unsigned char *>(address);
      for (uint64_t place = 3; place < piece.size && place < 64; place += 4) bytes[place] ^= 0x40;
    }
  }
  at += drifted(2000 + 10.0 * grid[0] * grid[1] * grid[2]);
  return success;
}

// An asynchronous copy, with what may befall it.
int copy(int device, void *target, const void *source, size_t bytes, double nanoseconds, double &at) {
  if (brokenOf(device)) return brokenOf(device);
  ++copies;
  const long last = settings().number("lose-copying", -1);
  if (last >= 0 && copies > last) return brokenOf(device) = unknownError;
  std::memmove(target, source, bytes);
  if (copies == settings().number("wrong-copy", -1) && bytes > 0) static_cast<unsigned char *>(target)[bytes / 2] ^= 0x40;
  at += drifted(nanoseconds);
  return success;
}
double hostTime(const void *host, size_t bytes) {
  const bool isPinned = holding(pinned, reinterpret_cast<uint64_t>(host), bytes) != nullptr;
  return transferTime(static_cast<double>(bytes), settings().real("host-bandwidth", 50) / (isPinned ? 1 : 2),
                      settings().real("host-latency", 3000));
}
double linkTime(size_t bytes, bool direct) {
  return transferTime(static_cast<double>(bytes), settings().real("link-bandwidth", 100) / (direct ? 1 : 2),
                      settings().real("link-latency", 2000) * (direct ? 1 : 2));
}

const std::map<int, const char *> &names() {
  static const std::map<int, const char *> names = {
      {0, "CUDA_SUCCESS"},
      {invalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {100, "CUDA_ERROR_NO_DEVICE"},
      {invalidDevice, "CUDA_ERROR_INVALID_DEVICE"},
      {invalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {invalidContext, "CUDA_ERROR_INVALID_CONTEXT"},
      {peerAccessUnsupported, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED"},
      {invalidHandle, "CUDA_ERROR_INVALID_HANDLE"},
      {notFound, "CUDA_ERROR_NOT_FOUND"},
      {notReady, "CUDA_ERROR_NOT_READY"},
      {launchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT"},
      {peerAccessEnabled, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED"},
      {launchFailed, "CUDA_ERROR_LAUNCH_FAILED"},
      {captureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
      {unknownError, "CUDA_ERROR_UNKNOWN"},
  };
  return names;
}

std::string busOf(int device) {
  char text[32];
  std::snprintf(text, sizeof text, "0000:%02x:00.0", 0x10 + device);
  return text;
}

const std::string imageMark = "emulated ";

struct Program {
  std::string source, name, log, image;
};

} // namespace driver

using namespace driver;

// The driver.
extern "C" {

int cuInit(unsigned) { return static_cast<int>(settings().number("init", success)); }
int cuDriverGetVersion(int *version) {
  *version = static_cast<int>(settings().number("driver", 12080));
  return success;
}
int cuGetErrorName(int code, const char **name) {
  const auto found = names().find(code);
  *name = found == names().end() ? nullptr : found->second;
  return *name ? success : invalidValue;
}
int cuGetErrorString(int code, const char **text) {
  const auto found = names().find(code);
  *text = found == names().end() ? nullptr : "as the emulation was told";
  return *text ? success : invalidValue;
}
int cuDeviceGetCount(int *count) {
  *count = deviceCount();
  return success;
}
int cuDeviceGet(int *device, int index) {
  if (index < 0 || index >= deviceCount()) return invalidDevice;
  *device = index;
  return success;
}
int cuDeviceGetName(char *name, int size, int) {
  std::snprintf(name, size, "Emulated GPU");
  return success;
}
int cuDeviceGetAttribute(int *value, int which, int) {
  const long architecture = settings().number("architecture", 90);
  switch (which) {
  case 13: *value = 1980000; return success;
  case 16: *value = 2; return success;
  case 36: *value = 2619000; return success;
  case 37: *value = 5120; return success;
  case 38: *value = cacheBytes; return success;
  case 75: *value = static_cast<int>(architecture / 10); return success;
  case 76: *value = static_cast<int>(architecture % 10); return success;
  case 97: *value = 227 << 10; return success;
  default: return invalidValue;
  }
}
int cuDeviceTotalMem_v2(size_t *bytes, int) {
  *bytes = memoryBytes();
  return success;
}
int cuDeviceGetPCIBusId(char *text, int size, int device) {
  std::snprintf(text, size, "%s", busOf(device).c_str());
  return success;
}
int cuDeviceCanAccessPeer(int *can, int device, int peer) {
  *can = device != peer && settings().number("no-peer-access", 0) == 0;
  return success;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
  if (device < 0 || device >= deviceCount()) return invalidDevice;
  *context = &contexts()[device];
  return brokenOf(device);
}
int cuDevicePrimaryCtxRelease_v2(int) { return success; }
int cuCtxSetCurrent(void *context) {
  current = static_cast<Context *>(context);
  return current ? brokenOf(current->device) : static_cast<int>(success);
}
int cuCtxEnablePeerAccess(void *peer, unsigned) {
  if (const int code = brokenHere()) return code;
  const int other = static_cast<Context *>(peer)->device;
  if (settings().number("no-peer-access", 0) != 0) return peerAccessUnsupported;
  if (other == current->device) return invalidDevice;
  if (current->mayReach[other]) return peerAccessEnabled;
  current->mayReach[other] = true;
  return success;
}

int cuModuleLoadData(void **module, const void *image) {
  if (const int code = brokenHere()) return code;
  const char *text = static_cast<const char *>(image);
  if (std::strncmp(text, imageMark.c_str(), imageMark.size()) != 0) return invalidImage;
  *module = new Module{current->device, text + imageMark.size()};
  return success;
}
int cuModuleUnload(void *module) {
  delete static_cast<Module *>(module);
  return success;
}
int cuModuleGetFunction(void **function, void *handle, const char *name) {
  if (const int code = brokenHere()) return code;
  const Module &module = *static_cast<Module *>(handle);
  for (int index = 0; index < emulation_kernel_count(); ++index) {
    if (std::strcmp(emulation_kernel_name(index), name) == 0 && module.source == emulation_kernel_source(index)) {
      *function = new Function{module.device, name};
      return success;
    }
  }
  return notFound;
}
int cuFuncSetAttribute(void *function, int which, int value) {
  if (which != 8 || value > 227 << 10) return invalidValue;
  static_cast<Function *>(function)->sharedLimit = value;
  return success;
}
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *, int, size_t) {
  *blocks = 2;
  return success;
}

int cuMemGetInfo_v2(size_t *left, size_t *total) {
  if (!current) return invalidContext;
  *left = memoryBytes() - usedBytes[current->device];
  *total = memoryBytes();
  return brokenHere();
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (const int code = brokenHere()) return code;
  if (++allocations == settings().number("fail-allocation", -1)) return outOfMemory;
  if (bytes == 0) return invalidValue;
  if (usedBytes[current->device] + bytes > memoryBytes()) return outOfMemory;
  auto piece = std::make_unique<unsigned char[]>(bytes + 256);
  const uint64_t start = (reinterpret_cast<uint64_t>(piece.get()) + 255) / 256 * 256;
  std::memset(piece.get(), 0xff, bytes + 256);
  emulation_add_buffer(reinterpret_cast<void *>(start), bytes, 1);
  memory[start] = Memory{std::move(piece), bytes, current->device};
  usedBytes[current->device] += bytes;
  *address = start;
  return success;
}
int cuMemFree_v2(uint64_t address) {
  const auto found = memory.find(address);
  if (found == memory.end()) return invalidValue;
  const int device = found->second.device;
  emulation_remove_buffer(reinterpret_cast<void *>(address));
  usedBytes[device] -= found->second.size;
  memory.erase(found);
  return brokenOf(device);
}
int cuMemHostAlloc(void **host, size_t bytes, unsigned) {
  if (const int code = brokenHere()) return code;
  if (bytes == 0) return invalidValue;
  auto piece = std::make_unique<unsigned char[]>(bytes);
  *host = piece.get();
  pinned[reinterpret_cast<uint64_t>(*host)] = Memory{std::move(piece), bytes, current->device};
  return success;
}
int cuMemFreeHost(void *host) {
  return pinned.erase(reinterpret_cast<uint64_t>(host)) == 1 ? static_cast<int>(success) : static_cast<int>(invalidValue);
}
int cuMemcpyHtoD_v2(uint64_t address, const void *source, size_t bytes) {
  if (const int code = brokenHere()) return code;
  if (!lies(address, bytes)) return invalidValue;
  std::memcpy(reinterpret_cast<void *>(address), source, bytes);
  return success;
}
int cuMemcpyDtoH_v2(void *target, uint64_t address, size_t bytes) {
  if (const int code = brokenHere()) return code;
  if (!lies(address, bytes)) return invalidValue;
  std::memcpy(target, reinterpret_cast<void *>(address), bytes);
  return success;
}
int cuMemcpyHtoDAsync_v2(uint64_t address, const void *source, size_t bytes, void *handle) {
  Stream &stream = *streamOf(handle);
  if (!lies(address, bytes, stream.device)) return invalidValue;
  return put(stream, [=, device = stream.device](double &at) {
    return copy(device, reinterpret_cast<void *>(address), source, bytes, hostTime(source, bytes), at);
  });
}
int cuMemcpyDtoHAsync_v2(void *target, uint64_t address, size_t bytes, void *handle) {
  Stream &stream = *streamOf(handle);
  if (!lies(address, bytes, stream.device)) return invalidValue;
  return put(stream, [=, device = stream.device](double &at) {
    return copy(device, target, reinterpret_cast<void *>(address), bytes, hostTime(target, bytes), at);
  });
}
int cuMemcpyDtoDAsync_v2(uint64_t target, uint64_t source, size_t bytes, void *handle) {
  Stream &stream = *streamOf(handle);
  const Memory *to = holding(memory, target, bytes), *from = holding(memory, source, bytes);
  if (!to || !from || !reaches(stream.device, to->device) || !reaches(stream.device, from->device)) return invalidValue;
  const bool stays = to->device == from->device;
  return put(stream, [=, device = stream.device](double &at) {
    return copy(device, reinterpret_cast<void *>(target), reinterpret_cast<void *>(source), bytes,
                stays ? transferTime(static_cast<double>(bytes), 1000, 1000) : linkTime(bytes, true), at);
  });
}
int cuMemcpyPeerAsync(uint64_t target, void *targetContext, uint64_t source, void *sourceContext, size_t bytes,
                      void *handle) {
  Stream &stream = *streamOf(handle);
  const int to = static_cast<Context *>(targetContext)->device, from = static_cast<Context *>(sourceContext)->device;
  if (!lies(target, bytes, to) || !lies(source, bytes, from)) return invalidValue;
  return put(stream, [=, device = stream.device](double &at) {
    for (const int end : {from, to}) {
      if (brokenOf(end)) return brokenOf(end);
    }
    return copy(device, reinterpret_cast<void *>(target), reinterpret_cast<void *>(source), bytes,
                linkTime(bytes, reaches(device, device == from ? to : from)), at);
  });
}
int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes, void *handle) {
  Stream &stream = *streamOf(handle);
  if (!lies(address, bytes, stream.device)) return invalidValue;
  return put(stream, [=](double &at) {
    std::memset(reinterpret_cast<void *>(address), value, bytes);
    at += drifted(1000);
    return static_cast<int>(success);
  });
}

int cuStreamCreate(void **stream, unsigned) {
  if (!current) return invalidContext;
  auto *made = new Stream{{}, current->device, nullptr, 0, false};
  allStreams().insert(made);
  *stream = made;
  return brokenHere();
}
int cuStreamDestroy_v2(void *stream) {
  allStreams().erase(streamOf(stream));
  delete streamOf(stream);
  return success;
}
int cuStreamSynchronize(void *handle) {
  const Stream &stream = *streamOf(handle);
  if (brokenOf(stream.device)) return brokenOf(stream.device);
  if (stream.hangs || stream.starts) return launchTimeout;
  hostNow = std::max(hostNow, stream.at);
  return success;
}
int cuStreamQuery(void *handle) {
  const Stream &stream = *streamOf(handle);
  if (brokenOf(stream.device)) return brokenOf(stream.device);
  return stream.hangs || stream.starts ? notReady : success;
}
int cuStreamWaitEvent(void *handle, void *event, unsigned) {
  Stream &stream = *streamOf(handle);
  const Event &awaited = *static_cast<Event *>(event);
  if (const int code = brokenHere()) return code;
  if (awaited.graph) {
    // Waiting for what is recorded into a graph makes a stream a lane of it.
    if (stream.capture && stream.capture != awaited.graph) return captureUnsupported;
    if (!stream.capture) {
      stream.capture = awaited.graph;
      stream.lane = stream.capture->lanes++;
    }
    stream.capture->add([lane = stream.lane, number = awaited.number](GraphRun &run) {
      run.lanes[lane].waitFor(run.events[number]);
      return static_cast<int>(success);
    });
    return success;
  }
  if (stream.capture) return captureUnsupported;
  if (stream.starts) return notReady;
  stream.at = beginOf(stream);
  stream.waitFor(awaited);
  return success;
}
int cuEventCreate(void **event, unsigned) {
  if (!current) return invalidContext;
  auto *made = new Event{{}, current->device, nullptr, 0};
  allEvents().insert(made);
  *event = made;
  return brokenHere();
}
int cuEventDestroy_v2(void *event) {
  allEvents().erase(static_cast<Event *>(event));
  delete static_cast<Event *>(event);
  return success;
}
int cuEventRecord(void *handle, void *onto) {
  Event &event = *static_cast<Event *>(handle);
  const Stream &stream = *streamOf(onto);
  if (event.device != stream.device) return invalidHandle;
  event.graph = stream.capture;
  if (stream.capture) {
    event.number = stream.capture->events++;
    stream.capture->add([lane = stream.lane, number = event.number](GraphRun &run) {
      run.events[number] = run.lanes[lane];
      return static_cast<int>(success);
    });
    return brokenOf(stream.device);
  }
  if (stream.starts) return notReady;
  event.at = beginOf(stream);
  event.hangs = stream.hangs;
  return brokenOf(stream.device);
}
// With flag 1 (CU_EVENT_RECORD_EXTERNAL) a graph records it at each of its starts; until then it is as it was.
int cuEventRecordWithFlags(void *handle, void *onto, unsigned flags) {
  auto *event = static_cast<Event *>(handle);
  const Stream &stream = *streamOf(onto);
  if (!stream.capture || (flags & 1) == 0) return cuEventRecord(handle, onto);
  if (event->device != stream.device) return invalidHandle;
  event->graph = nullptr;
  stream.capture->add([event, lane = stream.lane](GraphRun &run) {
    if (!allEvents().contains(event)) return static_cast<int>(invalidHandle);
    event->at = run.lanes[lane].at;
    event->hangs = run.lanes[lane].hangs;
    return static_cast<int>(success);
  });
  return brokenOf(stream.device);
}
int cuEventQuery(void *handle) {
  const Event &event = *static_cast<Event *>(handle);
  if (brokenOf(event.device)) return brokenOf(event.device);
  if (event.hangs) return notReady;
  hostNow = std::max(hostNow, event.at);
  return success;
}
int cuEventSynchronize(void *handle) {
  const int code = cuEventQuery(handle);
  return code == notReady ? static_cast<int>(launchTimeout) : code;
}
int cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
  const Event &first = *static_cast<Event *>(begin), &last = *static_cast<Event *>(end);
  if (first.device != last.device || first.graph || last.graph) return invalidHandle;
  *milliseconds = static_cast<float>((last.at - first.at) / 1e6);
  return brokenOf(first.device);
}

// How many bytes an argument has is not told; eight hold any of them, and the pointer is the caller's until it returns.
int cuLaunchKernel(void *handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                   unsigned blockZ, unsigned shared, void *onto, void **arguments, void **) {
  const Function *function = static_cast<Function *>(handle);
  Stream &stream = *streamOf(onto);
  if (function->device != stream.device) return invalidHandle;
  std::vector<uint64_t> cells;
  // The backend ends its list of arguments with a null.
  for (void **argument = arguments; *argument; ++argument) {
    cells.push_back(0);
    std::memcpy(&cells.back(), *argument, 8);
  }
  return put(stream, [=](double &at) {
    const unsigned grid[] = {gridX, gridY, gridZ}, block[] = {blockX, blockY, blockZ};
    std::vector<uint64_t> own = cells;
    std::vector<void *> pointers;
    for (uint64_t &cell : own) pointers.push_back(&cell);
    pointers.push_back(nullptr);
    return run(*function, grid, block, shared, pointers.data(), at);
  });
}
int cuStreamBeginCapture_v2(void *handle, unsigned) {
  Stream &stream = *streamOf(handle);
  if (brokenOf(stream.device)) return brokenOf(stream.device);
  if (stream.capture) return invalidValue;
  stream.capture = std::make_shared<Graph>();
  stream.lane = 0;
  return success;
}
int cuStreamEndCapture(void *handle, void **graph) {
  Stream &stream = *streamOf(handle);
  if (!stream.capture) return invalidValue;
  *graph = new Graph(*stream.capture);
  // Streams that had joined record no more.
  for (Stream *other : allStreams()) {
    if (other != &stream && other->capture == stream.capture) other->capture = nullptr;
  }
  stream.capture = nullptr;
  return brokenOf(stream.device);
}
int cuGraphInstantiateWithFlags(void **instance, void *graph, uint64_t) {
  *instance = new GraphInstance{std::make_shared<const Graph>(*static_cast<Graph *>(graph))};
  return brokenHere();
}
int cuGraphLaunch(void *instance, void *handle) {
  const std::shared_ptr<const Graph> graph = static_cast<GraphInstance *>(instance)->graph;
  Stream &stream = *streamOf(handle);
  if (const int code = brokenHere()) return code;
  if (stream.device != current->device) return invalidContext;
  // A graph in a graph is not needed here.
  if (stream.capture) return captureUnsupported;
  if (stream.starts) return notReady;
  const auto bundle = graph->bundle ? graph->bundle : std::make_shared<Bundle>();
  if (!bundle->started.emplace(graph->member, Bundle::Start{graph, &stream}).second) return notReady;
  stream.starts = true;
  if (static_cast<int>(bundle->started.size()) < bundle->members) return success;

  std::vector<GraphRun> runs;
  std::vector<std::pair<const Graph::Step *, int>> steps;
  for (const auto &[member, start] : bundle->started) {
    const Lane begin{beginOf(*start.stream), start.stream->hangs};
    runs.push_back({std::vector<Lane>(start.graph->lanes, begin), std::vector<Lane>(start.graph->events, begin), &runs});
    for (const Graph::Step &step : start.graph->steps) steps.emplace_back(&step, member);
    start.stream->starts = false;
  }
  std::sort(steps.begin(), steps.end(), [](auto &one, auto &other) { return one.first->number < other.first->number; });
  const auto started = std::move(bundle->started);
  bundle->started.clear();
  for (const auto &[step, member] : steps) {
    if (const int code = step->work(runs[member])) return code;
  }
  for (const auto &[member, start] : started) {
    for (const Lane &lane : runs[member].lanes) start.stream->waitFor(lane);
  }
  return success;
}
int cuGraphDestroy(void *graph) {
  delete static_cast<Graph *>(graph);
  return success;
}
int cuGraphExecDestroy(void *instance) {
  delete static_cast<GraphInstance *>(instance);
  return success;
}

// NVML.
int nvmlInit_v2() { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
  std::snprintf(text, size, "0.0-emulated");
  return 0;
}
const char *nvmlErrorString(int code) { return code == 15 ? "GPU is lost" : "as the emulation was told"; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *bus, void **device) {
  for (long index = 0; index < deviceCount(); ++index) {
    if (busOf(static_cast<int>(index)) == bus) {
      *device = reinterpret_cast<void *>(index + 1);
      return 0;
    }
  }
  return 6;
}
static bool isLost(void *device) {
  return brokenOf(static_cast<int>(reinterpret_cast<intptr_t>(device)) - 1) == unknownError;
}
static int whileThere(void *device, unsigned *value, unsigned found) {
  if (isLost(device)) return 15;
  *value = found;
  return 0;
}
// How often the clock has been asked for: once a reading.
static long readings = 0;
static bool throttles() { return settings().number("throttle", 0) && readings >= settings().number("throttle-from", 0); }
int nvmlDeviceGetClockInfo(void *device, unsigned which, unsigned *value) {
  if (which != 1) return whileThere(device, value, 2619);
  ++readings;
  return whileThere(device, value, throttles() && settings().number("throttle-from", 0) ? 1095 : 1755);
}
int nvmlDeviceGetMaxClockInfo(void *device, unsigned which, unsigned *value) {
  return whileThere(device, value, which == 1 ? 1980 : 2619);
}
int nvmlDeviceGetTemperature(void *device, unsigned, unsigned *value) { return whileThere(device, value, 41); }
int nvmlDeviceGetPowerUsage(void *device, unsigned *value) { return whileThere(device, value, 123456); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, uint64_t *value) {
  *value = throttles() ? static_cast<uint64_t>(settings().number("throttle", 0)) : 0;
  return isLost(device) ? 15 : 0;
}
int nvmlDeviceGetNvLinkState(void *device, unsigned link, unsigned *state) {
  return whileThere(device, state, link < settings().number("links", 0) ? 1 : 0);
}
int nvmlDeviceGetNvLinkRemoteDeviceType(void *device, unsigned, unsigned *kind) { return whileThere(device, kind, 2); }
int nvmlDeviceGetNvLinkRemotePciInfo_v2(void *, unsigned, void *) { return 3; }
int nvmlDeviceGetPciInfo_v3(void *, void *info) {
  std::memset(info, 0, 68);
  static_cast<unsigned *>(info)[7] = static_cast<unsigned>(settings().number("pci-device", 0)) << 16 | 0x10de;
  return 0;
}
int nvmlDeviceGetTopologyCommonAncestor(void *device, void *, unsigned *level) { return whileThere(device, level, 30); }

// NVRTC.
int nvrtcVersion(int *major, int *minor) {
  *major = static_cast<int>(settings().number("nvrtc", 12));
  *minor = 8;
  return 0;
}
const char *nvrtcGetErrorString(int code) { return code == 0 ? "NVRTC_SUCCESS" : "NVRTC_ERROR_COMPILATION"; }
int nvrtcGetNumSupportedArchs(int *count) {
  *count = 5;
  return 0;
}
int nvrtcGetSupportedArchs(int *list) {
  const int known[] = {80, 86, 89, 90, 100};
  std::memcpy(list, known, sizeof known);
  return 0;
}
int nvrtcCreateProgram(void **program, const char *source, const char *name, int, const char *const *,
                       const char *const *) {
  *program = new Program{source, name, "", ""};
  return 0;
}
int nvrtcDestroyProgram(void **program) {
  delete static_cast<Program *>(*program);
  *program = nullptr;
  return 0;
}
int nvrtcCompileProgram(void *handle, int, const char *const *) {
  Program &program = *static_cast<Program *>(handle);
  if (program.name == settings().text("reject-source")) {
    program.log = program.name + "(1): error: as the emulation was told";
    return 6;
  }
  for (int index = 0; index < emulation_kernel_count(); ++index) {
    if (program.name != emulation_kernel_source(index)) continue;
    program.log += std::string("ptxas info    : Compiling entry function '") + emulation_kernel_name(index) +
                   "' for 'emulation'\n    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
                   "ptxas info    : Used 64 registers, used 1 barriers\n";
  }
  program.image = imageMark + program.name;
  return 0;
}
int nvrtcGetProgramLogSize(void *program, size_t *size) {
  *size = static_cast<Program *>(program)->log.size() + 1;
  return 0;
}
int nvrtcGetProgramLog(void *program, char *text) {
  std::strcpy(text, static_cast<Program *>(program)->log.c_str());
  return 0;
}
int nvrtcGetCUBINSize(void *program, size_t *size) {
  *size = static_cast<Program *>(program)->image.size() + 1;
  return 0;
}
int nvrtcGetCUBIN(void *program, char *image) {
  std::strcpy(image, static_cast<Program *>(program)->image.c_str());
  return 0;
}
}
