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
//     lose-device 5           after five launches the device can't be reached
//     wrong-result NAME       the kernel NAME flips bits at the start of every buffer
//     drift 0.5               every launch takes a random share of up to so much longer (0.02)
//     throttle 0x4            NVML's reasons for low clocks
//     throttle-from 6         only from the sixth time on that NVML is asked for the clock, which is lower then
//     reject-source NAME      NVRTC finds an error in this source
#include "emulation.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

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

namespace {

struct Settings {
  std::map<std::string, std::string> values;

  Settings() {
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
  std::string text(const std::string &key) const {
    const auto found = values.find(key);
    return found == values.end() ? "" : found->second;
  }
  long number(const std::string &key, long fallback) const {
    const auto found = values.find(key);
    return found == values.end() ? fallback : std::strtol(found->second.c_str(), nullptr, 0);
  }
};

const Settings &settings() {
  static const Settings settings;
  return settings;
}

enum Result {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  invalidDevice = 101,
  invalidImage = 200,
  notFound = 500,
  launchFailed = 719,
  unknownError = 999,
};

// What comes to an end with a failed launch or a lost device: every later call returns this.
int broken = success;
long launches = 0, allocations = 0;
// Nanoseconds that the device has been at work.
double clockNow = 0;
uint64_t randomState = 1;

double randomShare() {
  randomState = randomState * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(randomState >> 11) / 9007199254740992.0;
}

constexpr uint64_t memoryBytes = 64 << 20;
constexpr uint64_t cacheBytes = 64 << 10;
uint64_t usedBytes = 0;

struct Module {
  std::string source;
};
struct Function {
  std::string name;
  int threads;
  int sharedLimit = 48 << 10;
};
struct Event {
  double at = 0;
};
struct LaunchOfGraph {
  Function *function;
  unsigned grid[3], block[3], shared;
  std::vector<std::vector<unsigned char>> cells;
};
struct Graph {
  std::vector<LaunchOfGraph> launches;
};
struct Stream {
  std::unique_ptr<Graph> capture;
};

struct Memory {
  std::unique_ptr<unsigned char[]> bytes;
  uint64_t size;
};
std::map<uint64_t, Memory> memory;

Stream *streamOf(void *handle) { return static_cast<Stream *>(handle); }

bool lies(uint64_t address, size_t bytes) {
  auto found = memory.upper_bound(address);
  if (found == memory.begin()) return false;
  --found;
  return address + bytes <= found->first + found->second.size;
}

void advance(double nanoseconds) {
  const std::string drift = settings().text("drift");
  clockNow += nanoseconds * (1 + randomShare() * (drift.empty() ? 0.02 : std::strtod(drift.c_str(), nullptr)));
}

int run(const Function &function, const unsigned *grid, const unsigned *block, unsigned shared, void **arguments) {
  if (broken) return broken;
  ++launches;
  if (launches == settings().number("fail-launch", -1)) return broken = launchFailed;
  if (settings().number("lose-device", -1) >= 0 && launches > settings().number("lose-device", -1)) {
    return broken = unknownError;
  }
  if (shared > static_cast<unsigned>(function.sharedLimit)) return invalidValue;
  if (emulation_launch(function.name.c_str(), grid[0], grid[1], grid[2], block[0], block[1], block[2], shared,
                       arguments) != 0) {
    std::fprintf(stderr, "emulation: %s\n", emulation_error());
    return broken = launchFailed;
  }
  if (settings().text("wrong-result") == function.name) {
    for (auto &[address, piece] : memory) {
      auto *bytes = reinterpret_cast<unsigned char *>(address);
      for (uint64_t place = 3; place < piece.size && place < 64; place += 4) bytes[place] ^= 0x40;
    }
  }
  advance(2000 + 10.0 * grid[0] * grid[1] * grid[2]);
  return success;
}

const std::map<int, const char *> &names() {
  static const std::map<int, const char *> names = {
      {0, "CUDA_SUCCESS"},
      {invalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {100, "CUDA_ERROR_NO_DEVICE"},
      {invalidDevice, "CUDA_ERROR_INVALID_DEVICE"},
      {invalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {notFound, "CUDA_ERROR_NOT_FOUND"},
      {launchFailed, "CUDA_ERROR_LAUNCH_FAILED"},
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

} // namespace

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
  *count = static_cast<int>(settings().number("devices", 1));
  return success;
}
int cuDeviceGet(int *device, int index) {
  if (index < 0 || index >= settings().number("devices", 1)) return invalidDevice;
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
  *bytes = memoryBytes;
  return success;
}
int cuDeviceGetPCIBusId(char *text, int size, int device) {
  std::snprintf(text, size, "%s", busOf(device).c_str());
  return success;
}
int cuDeviceCanAccessPeer(int *can, int device, int peer) {
  *can = device != peer;
  return success;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  static int own;
  *context = &own;
  return broken;
}
int cuDevicePrimaryCtxRelease_v2(int) { return success; }
int cuCtxSetCurrent(void *) { return broken; }

int cuModuleLoadData(void **module, const void *image) {
  if (broken) return broken;
  const char *text = static_cast<const char *>(image);
  if (std::strncmp(text, imageMark.c_str(), imageMark.size()) != 0) return invalidImage;
  *module = new Module{text + imageMark.size()};
  return success;
}
int cuModuleUnload(void *module) {
  delete static_cast<Module *>(module);
  return success;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
  if (broken) return broken;
  for (int index = 0; index < emulation_kernel_count(); ++index) {
    if (std::strcmp(emulation_kernel_name(index), name) == 0 &&
        static_cast<Module *>(module)->source == emulation_kernel_source(index)) {
      *function = new Function{name, 0};
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
  *left = memoryBytes - usedBytes;
  *total = memoryBytes;
  return broken;
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  if (broken) return broken;
  if (++allocations == settings().number("fail-allocation", -1)) return outOfMemory;
  if (bytes == 0) return invalidValue;
  if (usedBytes + bytes > memoryBytes) return outOfMemory;
  auto piece = std::make_unique<unsigned char[]>(bytes + 256);
  const uint64_t start = (reinterpret_cast<uint64_t>(piece.get()) + 255) / 256 * 256;
  std::memset(piece.get(), 0xff, bytes + 256);
  emulation_add_buffer(reinterpret_cast<void *>(start), bytes, 1);
  memory[start] = Memory{std::move(piece), bytes};
  usedBytes += bytes;
  *address = start;
  return success;
}
int cuMemFree_v2(uint64_t address) {
  const auto found = memory.find(address);
  if (found == memory.end()) return invalidValue;
  emulation_remove_buffer(reinterpret_cast<void *>(address));
  usedBytes -= found->second.size;
  memory.erase(found);
  return broken;
}
int cuMemcpyHtoD_v2(uint64_t address, const void *source, size_t bytes) {
  if (broken) return broken;
  if (!lies(address, bytes)) return invalidValue;
  std::memcpy(reinterpret_cast<void *>(address), source, bytes);
  return success;
}
int cuMemcpyDtoH_v2(void *target, uint64_t address, size_t bytes) {
  if (broken) return broken;
  if (!lies(address, bytes)) return invalidValue;
  std::memcpy(target, reinterpret_cast<void *>(address), bytes);
  return success;
}
int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes, void *stream) {
  if (broken) return broken;
  if (!lies(address, bytes) || streamOf(stream)->capture) return invalidValue;
  std::memset(reinterpret_cast<void *>(address), value, bytes);
  advance(1000);
  return success;
}

int cuStreamCreate(void **stream, unsigned) {
  *stream = new Stream;
  return broken;
}
int cuStreamDestroy_v2(void *stream) {
  delete streamOf(stream);
  return success;
}
int cuStreamSynchronize(void *) { return broken; }
int cuEventCreate(void **event, unsigned) {
  *event = new Event;
  return broken;
}
int cuEventDestroy_v2(void *event) {
  delete static_cast<Event *>(event);
  return success;
}
int cuEventRecord(void *event, void *) {
  static_cast<Event *>(event)->at = clockNow;
  return broken;
}
int cuEventSynchronize(void *) { return broken; }
int cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
  *milliseconds = static_cast<float>((static_cast<Event *>(end)->at - static_cast<Event *>(begin)->at) / 1e6);
  return broken;
}

// How many bytes an argument has is not told; eight hold any of them, and the pointer is the caller's until it returns.
int cuLaunchKernel(void *handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                   unsigned blockZ, unsigned shared, void *stream, void **arguments, void **) {
  if (broken) return broken;
  Function &function = *static_cast<Function *>(handle);
  const unsigned grid[] = {gridX, gridY, gridZ}, block[] = {blockX, blockY, blockZ};
  if (!streamOf(stream)->capture) return run(function, grid, block, shared, arguments);
  LaunchOfGraph kept{&function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, shared, {}};
  // The backend ends its list of arguments with a null.
  for (void **argument = arguments; *argument; ++argument) {
    const auto *bytes = static_cast<unsigned char *>(*argument);
    kept.cells.emplace_back(bytes, bytes + 8);
  }
  streamOf(stream)->capture->launches.push_back(std::move(kept));
  return success;
}
int cuStreamBeginCapture_v2(void *stream, unsigned) {
  if (broken || streamOf(stream)->capture) return broken ? broken : static_cast<int>(invalidValue);
  streamOf(stream)->capture = std::make_unique<Graph>();
  return success;
}
int cuStreamEndCapture(void *stream, void **graph) {
  if (!streamOf(stream)->capture) return invalidValue;
  *graph = streamOf(stream)->capture.release();
  return broken;
}
int cuGraphInstantiateWithFlags(void **instance, void *graph, uint64_t) {
  *instance = new Graph(*static_cast<Graph *>(graph));
  return broken;
}
int cuGraphLaunch(void *instance, void *) {
  if (broken) return broken;
  for (LaunchOfGraph &kept : static_cast<Graph *>(instance)->launches) {
    std::vector<void *> arguments;
    for (auto &cell : kept.cells) arguments.push_back(cell.data());
    arguments.push_back(nullptr);
    if (const int code = run(*kept.function, kept.grid, kept.block, kept.shared, arguments.data())) return code;
  }
  return success;
}
int cuGraphDestroy(void *graph) {
  delete static_cast<Graph *>(graph);
  return success;
}
int cuGraphExecDestroy(void *instance) {
  delete static_cast<Graph *>(instance);
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
  for (long index = 0; index < settings().number("devices", 1); ++index) {
    if (busOf(static_cast<int>(index)) == bus) {
      *device = reinterpret_cast<void *>(index + 1);
      return 0;
    }
  }
  return 6;
}
static int whileThere(unsigned *value, unsigned found) {
  if (broken == unknownError) return 15;
  *value = found;
  return 0;
}
// How often the clock has been asked for: once a reading.
static long readings = 0;
static bool throttles() { return settings().number("throttle", 0) && readings >= settings().number("throttle-from", 0); }
int nvmlDeviceGetClockInfo(void *, unsigned which, unsigned *value) {
  if (which != 1) return whileThere(value, 2619);
  ++readings;
  return whileThere(value, throttles() && settings().number("throttle-from", 0) ? 1095 : 1755);
}
int nvmlDeviceGetMaxClockInfo(void *, unsigned which, unsigned *value) {
  return whileThere(value, which == 1 ? 1980 : 2619);
}
int nvmlDeviceGetTemperature(void *, unsigned, unsigned *value) { return whileThere(value, 41); }
int nvmlDeviceGetPowerUsage(void *, unsigned *value) { return whileThere(value, 123456); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *, uint64_t *value) {
  *value = throttles() ? static_cast<uint64_t>(settings().number("throttle", 0)) : 0;
  return broken == unknownError ? 15 : 0;
}
int nvmlDeviceGetNvLinkState(void *, unsigned link, unsigned *state) {
  return whileThere(state, link < settings().number("links", 0) ? 1 : 0);
}
int nvmlDeviceGetNvLinkRemoteDeviceType(void *, unsigned, unsigned *kind) { return whileThere(kind, 2); }
int nvmlDeviceGetNvLinkRemotePciInfo_v2(void *, unsigned, void *) { return 3; }
int nvmlDeviceGetPciInfo_v3(void *, void *info) {
  std::memset(info, 0, 68);
  static_cast<unsigned *>(info)[7] = static_cast<unsigned>(settings().number("pci-device", 0)) << 16 | 0x10de;
  return 0;
}
int nvmlDeviceGetTopologyCommonAncestor(void *, void *, unsigned *level) { return whileThere(level, 30); }

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
