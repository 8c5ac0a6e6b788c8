// What plain C++ takes for the same work as `treeline-bench`: the peers that Treeline's figures stand beside.
//
// `peers RUNS` prints lines of the same fields: name, unit, median, least, most, and how many.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <queue>
#include <string>
#include <vector>

namespace {

/// The generator of `Dice.swift`.
struct Dice {
  uint64_t state;
  uint64_t next() { return state = state * 6364136223846793005u + 1442695040888963407u; }
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  int below(int bound) { return static_cast<int>((next() >> 33) % static_cast<uint64_t>(bound)); }
};

struct Event {
  double time;
  uint32_t sequence;
  uint32_t payload;
  bool operator<(const Event& other) const {
    return time > other.time || (time == other.time && sequence > other.sequence);
  }
};

/// `HoldModel.swift` on the standard library's queue.
double hold(int pending, int holds) {
  Dice dice{7};
  std::vector<Event> room;
  room.reserve(pending + 1);
  std::priority_queue<Event> queue(std::less<Event>(), std::move(room));
  uint32_t sequence = 0;
  for (int index = 0; index < pending; ++index) queue.push({dice.fraction(), sequence++, static_cast<uint32_t>(index)});
  double now = 0;
  for (int done = 0; done < holds; ++done) {
    const Event event = queue.top();
    queue.pop();
    now = event.time;
    queue.push({now + dice.fraction(), sequence++, event.payload});
  }
  return now;
}

/// The network of `SharingModel.swift`, solved by textbook progressive filling: look through all links for the
/// tightest, give its flows their share, take them off their other links, and look again.
struct Sharing {
  std::vector<double> capacities;
  std::vector<std::vector<int>> routes;
  std::vector<std::vector<int>> flowsOnLink;
  std::vector<double> rates;

  Sharing(int links, int flows) : flowsOnLink(links), rates(flows) {
    Dice dice{11};
    for (int link = 0; link < links; ++link) capacities.push_back(1 + 9 * dice.fraction());
    for (int flow = 0; flow < flows; ++flow) {
      std::vector<int> crossed;
      while (crossed.size() < 4) {
        const int link = dice.below(links);
        if (std::find(crossed.begin(), crossed.end(), link) == crossed.end()) crossed.push_back(link);
      }
      for (int link : crossed) flowsOnLink[link].push_back(flow);
      routes.push_back(crossed);
    }
  }

  void solve() {
    std::vector<double> left = capacities;
    std::vector<int> open(capacities.size());
    for (size_t link = 0; link < open.size(); ++link) open[link] = static_cast<int>(flowsOnLink[link].size());
    std::fill(rates.begin(), rates.end(), -1.0);
    for (;;) {
      int tightest = -1;
      double least = std::numeric_limits<double>::infinity();
      for (size_t link = 0; link < open.size(); ++link) {
        if (open[link] > 0 && left[link] / open[link] < least) {
          least = left[link] / open[link];
          tightest = static_cast<int>(link);
        }
      }
      if (tightest < 0) return;
      for (int flow : flowsOnLink[tightest]) {
        if (rates[flow] >= 0) continue;
        rates[flow] = least;
        for (int link : routes[flow]) {
          open[link] -= 1;
          left[link] = std::max(0.0, left[link] - least);
        }
      }
    }
  }

  double sum() const {
    double total = 0;
    for (double rate : rates) total += rate;
    return total;
  }
};

template <typename Work, typename Convert>
void report(const std::string& name, const char* unit, int runs, Work work, Convert convert) {
  double kept = work();
  std::vector<double> values;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    kept += work();
    values.push_back(convert(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()));
  }
  if (kept != kept) std::printf("# %s gave no number\n", name.c_str());
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  std::printf("%s\t%s\t%.17g\t%.17g\t%.17g\t%zu\n", name.c_str(), unit, median, values.front(), values.back(),
              values.size());
}

}  // namespace

int main(int count, char** arguments) {
  const int runs = count > 1 ? std::max(1, std::atoi(arguments[1])) : 11;
  const int holds = 1000000;
  const auto rate = [=](double seconds) { return holds / seconds / 1e6; };
  report("hold, 1k pending", "M/s", runs, [=] { return hold(1024, holds); }, rate);
  report("hold, 16k pending", "M/s", runs, [=] { return hold(16384, holds); }, rate);
  Sharing sharing(256, 1024);
  report("max-min, 1024 flows on 256 links", "ms", runs,
         [&] {
           for (int repeat = 0; repeat < 100; ++repeat) sharing.solve();
           return sharing.sum();
         },
         [](double seconds) { return seconds * 1e3 / 100; });
}
