// What the parts of the stand-in for a driver share: devices, their memory, streams and emulated time.
#ifndef TREELINE_EMULATED_DRIVER_HPP
#define TREELINE_EMULATED_DRIVER_HPP

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driver {

// The lines of emulation.conf.
struct Settings {
  std::map<std::string, std::string> values;

  Settings();
  std::string text(const std::string &key) const;
  long number(const std::string &key, long fallback) const;
  double real(const std::string &key, double fallback) const;
};
const Settings &settings();

enum Result {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  invalidDevice = 101,
  invalidImage = 200,
  invalidContext = 201,
  peerAccessUnsupported = 217,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  launchTimeout = 702,
  peerAccessEnabled = 704,
  launchFailed = 719,
  captureUnsupported = 900,
  unknownError = 999,
};

constexpr int mostDevices = 16;

// The number of devices, and the one whose context is current on this thread; -1 for none.
int deviceCount();
int currentDevice();

// What comes to an end with a failed launch or a lost device: every later call on the device returns this.
int &brokenOf(int device);

// Work in order, of a stream or of a branch of a graph.
struct Lane {
  // Nanoseconds at which all of it is done.
  double at = 0;
  // It never ends.
  bool hangs = false;

  void waitFor(const Lane &other) {
    at = std::max(at, other.at);
    hangs = hangs || other.hangs;
  }
};

// One start of a graph: how far each of its lanes is, and was at each of its events.
struct GraphRun {
  std::vector<Lane> lanes, events;
  // Those of all graphs that are started with it, itself among them.
  std::vector<GraphRun> *all = nullptr;
};
struct Bundle;
// Steps in the order in which they were recorded, which is one that keeps to all that they depend on.
struct Graph {
  struct Step {
    // Counts the steps of all graphs.
    long number;
    std::function<int(GraphRun &)> work;
  };
  int lanes = 1;
  int events = 0;
  std::vector<Step> steps;
  // The graphs that it is started with, and which of them it is.
  std::shared_ptr<Bundle> bundle;
  int member = 0;

  void add(std::function<int(GraphRun &)> work) {
    static long number = 0;
    steps.push_back({++number, std::move(work)});
  }
};
struct Stream;
// Graphs of several devices with operations of theirs that wait for one another. They are done when the last of them is
// started, in the order in which their steps were recorded: nothing else may be put on their streams before.
struct Bundle {
  struct Start {
    std::shared_ptr<const Graph> graph;
    Stream *stream;
  };
  int members = 1;
  std::map<int, Start> started;
};

struct Stream : Lane {
  int device = 0;
  // The graph that it is recorded into, and which of its lanes it is.
  std::shared_ptr<Graph> capture;
  int lane = 0;
  // A graph was put on it that waits for others of its bundle to be started.
  bool starts = false;
};

// When work that is put on a stream now can begin: after what is on it, and after what the host has waited for.
double beginOf(const Stream &stream);
// A duration with a random share more, as devices have it.
double drifted(double nanoseconds);
// The time of so many bytes over a link.
double transferTime(double bytes, double gigabytesPerSecond, double latency);

// Counts a launch on a device, and lets it fail where it was told to.
int countLaunch(int device);

// Whether so many bytes lie in memory of a device (-1: of any).
bool lies(uint64_t address, size_t bytes, int device = -1);
// Whether kernels of a device may access another one's memory.
bool reaches(int device, int peer);

} // namespace driver

#endif
