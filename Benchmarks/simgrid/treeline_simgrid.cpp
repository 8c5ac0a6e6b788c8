// Runs a Treeline flow job in SimGrid and prints when each message arrives.
//
//     treeline_simgrid [--latency native|start] [--cfg=NAME:VALUE ...] [JOB]
//
// The job comes from a file or from standard input; its form is described in README.md beside this file. Arrival times
// go to standard output, one line a message, in seconds with 17 significant digits. The time that building the
// platform and that running it took goes to standard error, each in seconds of wall-clock time, and the processor time
// of running.
//
// What the model is, is set in `settings`; why, and what was observed of it, is in README.md.

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace sg4 = simgrid::s4u;

namespace {

// MARK: Jobs

struct Link {
  double bandwidth;  // bytes a second
  double latency;    // seconds
};

struct Route {
  int source;
  int destination;
  std::vector<int> links;
};

struct Message {
  int source;
  int destination;
  std::uint64_t bytes;
  double delay;  // seconds from the arrival of the last message of `after`, or from the start of the run
  std::vector<int> after;
};

struct Job {
  int hosts = 0;
  std::vector<Link> links;
  std::vector<Route> routes;
  std::vector<Message> messages;
};

/// Reads the words of a job, and says which word was wrong when one is.
class JobReader {
  std::istream& input_;

public:
  explicit JobReader(std::istream& input) : input_(input) {}

  void expect(const std::string& wanted)
  {
    std::string word;
    if (not(input_ >> word) || word != wanted)
      throw std::runtime_error("expected '" + wanted + "', found '" + word + "'");
  }

  template <class Number> Number number(const char* what)
  {
    Number value;
    if (not(input_ >> value))
      throw std::runtime_error(std::string("expected ") + what);
    return value;
  }

  /// A number from 0 up to, and without, a limit.
  int index(const char* what, std::size_t limit)
  {
    const auto value = number<long long>(what);
    if (value < 0 || static_cast<std::size_t>(value) >= limit)
      throw std::runtime_error(std::string(what) + " " + std::to_string(value) + " is not below " +
                               std::to_string(limit));
    return static_cast<int>(value);
  }

  std::vector<int> indices(const char* what, std::size_t limit)
  {
    std::vector<int> values(number<std::size_t>("a count"));
    for (int& value : values)
      value = index(what, limit);
    return values;
  }
};

Job read_job(std::istream& input)
{
  JobReader reader(input);
  Job job;
  reader.expect("treeline-job");
  reader.expect("1");
  reader.expect("vertices");
  const auto vertices = reader.number<std::size_t>("the number of vertices");
  reader.expect("hosts");
  job.hosts = static_cast<int>(reader.indices("a vertex", vertices).size());
  reader.expect("links");
  job.links.resize(reader.number<std::size_t>("the number of links"));
  for (Link& link : job.links) {
    // SimGrid is told whole routes, so the ends of a link are of no use to it.
    reader.index("a vertex", vertices);
    reader.index("a vertex", vertices);
    link.bandwidth = reader.number<double>("a bandwidth");
    link.latency   = reader.number<double>("a latency");
  }
  reader.expect("routes");
  job.routes.resize(reader.number<std::size_t>("the number of routes"));
  for (Route& route : job.routes) {
    route.source      = reader.index("a host", job.hosts);
    route.destination = reader.index("a host", job.hosts);
    route.links       = reader.indices("a link", job.links.size());
  }
  reader.expect("messages");
  job.messages.resize(reader.number<std::size_t>("the number of messages"));
  for (std::size_t place = 0; place < job.messages.size(); ++place) {
    Message& message    = job.messages[place];
    message.source      = reader.index("a host", job.hosts);
    message.destination = reader.index("a host", job.hosts);
    message.bytes       = reader.number<std::uint64_t>("a number of bytes");
    message.delay       = reader.number<double>("a delay");
    message.after       = reader.indices("an earlier message", place);
  }
  return job;
}

// MARK: The model

/// Settings that make SimGrid's network plain max-min fair sharing, without any correction for TCP.
const std::vector<std::string> settings = {
    "--cfg=network/model:CM02",          // flows share links max-min fairly, after their latency
    "--cfg=network/optim:Lazy",          // only what an event touches is shared anew
    "--cfg=network/TCP-gamma:0",         // no bound of window / (2 latency) on a flow's rate
    "--cfg=network/crosstraffic:0",      // no 5 % of a flow's rate on the way back, for acknowledgements
    "--cfg=network/bandwidth-factor:1",  // links give what they promise
    "--cfg=network/latency-factor:1",    // and their latency is paid once
    "--cfg=network/weight-S:0",          // a flow's weight has no term in 1 / bandwidth
    "--cfg=surf/precision:1e-15",        // seconds below which two times count as one
    "--log=xbt_cfg.threshold:warning",   // no line on every setting
};

// MARK: Running

/// Sends a job's messages as their times come and their predecessors arrive.
///
/// Nothing runs in an actor: timers and completions call back from SimGrid's own loop, which spares a context switch a
/// message.
class Runner {
  const Job& job_;
  std::vector<sg4::Host*> hosts_;
  std::vector<std::vector<int>> successors_;
  std::vector<int> pending_;
  std::vector<double> latencies_;
  std::vector<sg4::CommPtr> comms_;
  std::vector<sg4::CommPtr> arrived_;
  std::vector<double> arrivals_;

public:
  /// Builds the platform. Latencies are SimGrid's own when `native`; otherwise links have none, and a message waits
  /// for its route's latency before it is sent.
  Runner(const Job& job, bool native)
      : job_(job), successors_(job.messages.size()), pending_(job.messages.size()), latencies_(job.messages.size()),
        comms_(job.messages.size()), arrivals_(job.messages.size(), -1)
  {
    auto* zone = sg4::create_full_zone("job");
    for (int host = 0; host < job.hosts; ++host)
      hosts_.push_back(zone->create_host("h" + std::to_string(host), 1e9)->seal());
    std::vector<sg4::Link*> links;
    for (std::size_t link = 0; link < job.links.size(); ++link)
      links.push_back(zone->create_link("l" + std::to_string(link), job.links[link].bandwidth)
                          ->set_sharing_policy(sg4::Link::SharingPolicy::SHARED)
                          ->set_latency(native ? job.links[link].latency : 0.0)
                          ->seal());
    std::unordered_map<std::uint64_t, double> latency_of_pair;
    for (const Route& route : job.routes) {
      std::vector<sg4::LinkInRoute> list;
      double latency = 0;
      for (int link : route.links) {
        list.emplace_back(links[link]);
        latency += job.links[link].latency;
      }
      zone->add_route(hosts_[route.source]->get_netpoint(), hosts_[route.destination]->get_netpoint(), nullptr, nullptr,
                      list, false);
      latency_of_pair[pair(route.source, route.destination)] = native ? 0.0 : latency;
    }
    zone->seal();
    for (std::size_t index = 0; index < job.messages.size(); ++index) {
      const Message& message = job.messages[index];
      latencies_[index]      = latency_of_pair.at(pair(message.source, message.destination));
      pending_[index]        = static_cast<int>(message.after.size());
      for (int earlier : message.after)
        successors_[earlier].push_back(static_cast<int>(index));
    }
    // Of type auto because later versions of SimGrid pass a Comm, and this one any Activity.
    sg4::Comm::on_completion_cb([this](const auto& comm) { arrive(comm.template get_data<void>()); });
  }

  void run(const sg4::Engine& engine)
  {
    for (std::size_t index = 0; index < job_.messages.size(); ++index)
      if (pending_[index] == 0)
        schedule(static_cast<int>(index));
    engine.run();
  }

  const std::vector<double>& arrivals() const { return arrivals_; }

private:
  static std::uint64_t pair(int source, int destination)
  {
    return static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint64_t>(destination);
  }

  void schedule(int index)
  {
    const double wait = job_.messages[index].delay + latencies_[index];
    if (wait > 0)
      simgrid::kernel::timer::Timer::set(sg4::Engine::get_clock() + wait, [this, index] { send(index); });
    else
      send(index);
  }

  void send(int index)
  {
    // A comm can't be let go inside its own completion, but one that completed before can.
    arrived_.clear();
    const Message& message = job_.messages[index];
    comms_[index] = sg4::Comm::sendto_init(hosts_[message.source], hosts_[message.destination]);
    // The index travels as the activity's own data: one more than it, so that none is a null pointer.
    comms_[index]->set_data(reinterpret_cast<void*>(static_cast<std::intptr_t>(index) + 1));
    comms_[index]->set_payload_size(message.bytes)->start();
  }

  void arrive(const void* data)
  {
    const auto index = static_cast<int>(reinterpret_cast<std::intptr_t>(data) - 1);
    arrivals_[index] = sg4::Engine::get_clock();
    for (int successor : successors_[index])
      if (--pending_[successor] == 0)
        schedule(successor);
    arrived_.push_back(std::move(comms_[index]));
  }
};

double seconds_since(std::chrono::steady_clock::time_point start)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main(int argc, char** argv)
{
  // The engine takes --cfg and --log out of the arguments; the caller's come after, and override, the settings above.
  std::vector<char*> arguments{argv[0]};
  std::vector<std::string> own = settings;
  for (std::string& setting : own)
    arguments.push_back(setting.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  argv = arguments.data();
  sg4::Engine engine(&argc, argv);
  bool native = false;
  const char* path = nullptr;
  for (int place = 1; place < argc; ++place) {
    if (std::strcmp(argv[place], "--latency") == 0 && place + 1 < argc) {
      const std::string mode = argv[++place];
      if (mode != "native" && mode != "start") {
        std::cerr << "treeline_simgrid: --latency is 'native' or 'start', not '" << mode << "'\n";
        return 64;
      }
      native = mode == "native";
    } else {
      path = argv[place];
    }
  }
  try {
    std::ifstream file;
    if (path != nullptr) {
      file.open(path);
      if (not file)
        throw std::runtime_error(std::string("can't read ") + path);
    }
    const Job job = read_job(path != nullptr ? file : std::cin);
    auto start    = std::chrono::steady_clock::now();
    Runner runner(job, native);
    const double building = seconds_since(start);
    const auto processor  = std::clock();
    start                 = std::chrono::steady_clock::now();
    runner.run(engine);
    const double running = seconds_since(start);
    const double busy    = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    for (double arrival : runner.arrivals())
      std::printf("%.17g\n", arrival);
    std::fprintf(stderr, "build %.9f\nrun %.9f\ncpu %.6f\nmessages %zu\n", building, running, busy, job.messages.size());
  } catch (const std::exception& error) {
    std::cerr << "treeline_simgrid: " << error.what() << "\n";
    return 65;
  }
  return 0;
}
