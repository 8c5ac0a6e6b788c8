#!/usr/bin/env python3
"""Checks a trace that `treeline simulate --trace` wrote: that viewers can read it, and that its numbers add up.

    python3 Tests/check_trace.py step.json.gz
    python3 Tests/check_trace.py step.json.gz --run run.json
    python3 Tests/check_trace.py --interrupted step.json.partial-1234

The file is read a line at a time. Checked are: JSON with an event a line, whole when cut after any event and closed by
`]}`; every slice has its end and nests in its track; times never fall in a track; processes
and tracks are named before they are used; every arrow has both ends, in slices of the two sides of one message; counters
are never negative. Then the totals are found anew from slices and counters and compared with those that the run itself
gives: makespan, bytes sent and peak memory of every rank, bytes of every link.

--run takes what `treeline simulate --json` printed of the same run, or `treeline results show --json`: step times, bytes
and messages of the trace must be those that were reported and stored, in all and on the links of each class.

--interrupted is for a file whose writing was broken off: an incomplete last line is dropped, and slices, arrows and
totals may lack their ends. Exit code 0: good; 1: not, with a line for each fault.
"""

import argparse
import collections
import gzip
import json
import math
import sys

PICOSECONDS = 1_000_000  # in a microsecond; the unit of the file is the microsecond, its smallest step the picosecond
HEADER = '{"displayTimeUnit":"ns","traceEvents":['
FOOTER = "]}"
MOST_FAULTS = 20
MOST_CUT_BYTES = 60_000_000  # a second or so


class Faults:
    """What is wrong, the first few with their lines."""

    def __init__(self):
        self.count = 0
        self.texts = []

    def add(self, text):
        self.count += 1
        if len(self.texts) < MOST_FAULTS:
            self.texts.append(text)


def opened(path):
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")


def events_of(path, interrupted, faults):
    """The events of a file with the numbers of their lines, as it is read."""
    with opened(path) as file:
        ended = False
        line_number = 0
        previous_comma = True
        while True:
            try:
                raw = file.readline()
            except EOFError:  # a gzip stream that was broken off
                raw = b""
            if not raw:
                break
            line_number += 1
            line = raw.decode("utf-8", errors="replace" if interrupted else "strict").rstrip("\n")
            if line_number == 1:
                if line != HEADER:
                    faults.add(f"line 1: expected {HEADER!r}, found {line[:80]!r}")
                    return
                continue
            if ended:
                faults.add(f"line {line_number}: text after the closing brackets")
                return
            if line == FOOTER:
                ended = True
                if previous_comma and line_number > 2:
                    faults.add(f"line {line_number}: a comma before the closing brackets")
                continue
            if not previous_comma:
                faults.add(f"line {line_number}: no comma before this event")
            previous_comma = line.endswith(",")
            try:
                event = json.loads(line[:-1] if previous_comma else line)
            except json.JSONDecodeError as error:
                if not interrupted:
                    faults.add(f"line {line_number}: {error}")
                return
            yield line_number, event
        if not ended and not interrupted:
            faults.add("the closing brackets are missing")


def check_cuts(path, faults):
    """Cuts the file after events, closes it, and reads it as one JSON text; every event of a small file."""
    with opened(path) as file:
        text = file.read().decode()
    ends = []
    place = text.find("\n") + 1
    while (line_end := text.find("\n", place)) >= 0:
        if text[place:line_end] != FOOTER:
            ends.append(line_end - (text[line_end - 1] == ","))
        place = line_end + 1
    # Reading every prefix takes time with the square of the length: of a long file, fewer cuts, spread evenly.
    step = max(1, math.ceil(len(ends) * len(text) / MOST_CUT_BYTES))
    cuts = 0
    for end in ends[::step] + ends[-1:]:
        cuts += 1
        try:
            json.loads(text[:end] + FOOTER)
        except json.JSONDecodeError as error:
            faults.add(f"cut after byte {end} and closed: {error}")
    return cuts


class Checker:
    """The state of a reading: open slices, open arrows, sums."""

    def __init__(self, faults):
        self.faults = faults
        self.events = 0
        self.process_names = {}
        self.track_names = set()
        self.stacks = collections.defaultdict(list)
        self.last_times = {}
        self.flow_starts = {}
        self.flow_ends = {}
        self.counters = {}
        self.slices = 0
        self.last_end = collections.defaultdict(int)
        self.rank_totals = {}
        self.step_totals = {}
        self.link_totals = {}
        self.sent = collections.defaultdict(int)
        self.sends = collections.defaultdict(int)
        self.untraced_bytes = collections.defaultdict(int)
        self.link_bytes = collections.defaultdict(int)
        self.link_legs = collections.defaultdict(int)
        self.critical = collections.defaultdict(int)
        self.unflowed = []

    def fault(self, line, text):
        self.faults.add(f"line {line}: {text}")

    def run_of(self, process):
        """The run that a process belongs to and what it shows: ("tree", "rank 3, gpu3")."""
        return self.process_names[process].split(": ", 1)

    def take(self, line, event):
        self.events += 1
        phase = event.get("ph")
        if phase == "M":
            return self.take_name(line, event)
        time = round(event["ts"] * PICOSECONDS)
        if time < 0 or not math.isfinite(event["ts"]):
            self.fault(line, f"the time {event['ts']} is no time of a run")
        process = event["pid"]
        if process not in self.process_names:
            self.fault(line, f"process {process} has no name yet")
            self.process_names[process] = f"?: process {process}"
        if phase == "C":
            return self.take_counter(line, event, time)
        track = (process, event["tid"])
        if track not in self.track_names:
            self.fault(line, f"track {track} has no name yet")
            self.track_names.add(track)
        if time < self.last_times.get(track, 0):
            self.fault(line, f"time falls on track {track}")
        self.last_times[track] = time
        if phase == "B":
            self.take_begin(line, event, track, time)
        elif phase == "E":
            self.take_end(line, track, time)
        elif phase in ("s", "f"):
            self.take_flow(line, event, track, time)
        else:
            self.fault(line, f"an event of the unknown kind {phase!r}")

    def take_name(self, line, event):
        value = event["args"]
        if event["name"] == "process_name":
            if event["pid"] in self.process_names:
                self.fault(line, f"process {event['pid']} is named twice")
            if value["name"] in self.process_names.values():
                self.fault(line, f"two processes are named {value['name']!r}")
            self.process_names[event["pid"]] = value["name"]
        elif event["name"] == "thread_name":
            if (event["pid"], event["tid"]) in self.track_names:
                self.fault(line, f"track {event['pid'], event['tid']} is named twice")
            self.track_names.add((event["pid"], event["tid"]))
        elif event["name"] not in ("process_sort_index", "thread_sort_index"):
            self.fault(line, f"unknown metadata {event['name']!r}")

    def take_begin(self, line, event, track, time):
        self.slices += 1
        self.stacks[track].append((event, time, line))
        arguments = event.get("args", {})
        run, _ = self.run_of(track[0])
        category = event.get("cat")
        if category == "step":
            self.step_totals[run] = arguments
        elif category == "rank":
            self.rank_totals[run, arguments["rank"]] = (arguments, track[0])
        elif category == "links":
            self.link_totals[run] = (arguments["bytes_by_link"], track[0])
        elif category == "send":
            self.sent[track[0]] += arguments["bytes"]
            self.sends[run] += 1
            legs = arguments.get("legs", [arguments])
            if sum(leg["bytes"] for leg in legs) != arguments["bytes"]:
                self.fault(line, "the legs of a message do not add up to it")
            for leg in legs:
                for link in leg["links"]:
                    self.link_bytes[run, link] += leg["bytes"]
                    self.link_legs[run, link] += "legs" in arguments

    def take_end(self, line, track, time):
        if not self.stacks[track]:
            self.fault(line, f"an end without a beginning on track {track}")
            return
        event, start, start_line = self.stacks[track].pop()
        run, _ = self.run_of(track[0])
        category = event.get("cat")
        if self.stacks[track] and category in ("kernel", "send", "receive", "wait", "critical"):
            self.fault(start_line, f"a {category} inside another slice")
        if category in ("step", "rank", "links"):
            wanted = self.step_totals[run]["makespan_us"]
            if start != 0 or time != round(wanted * PICOSECONDS):
                self.fault(start_line, f"the {category} slice does not last the whole step of {wanted} us")
        if category in ("kernel", "send", "receive"):
            self.last_end[run] = max(self.last_end[run], time)
        if category == "critical":
            self.critical[run] += time - start
        if category in ("send", "receive") and not event.get("bound"):
            self.unflowed.append((run, event["args"]["peer"], start_line))

    def take_flow(self, line, event, track, time):
        side, other = ("send", self.flow_starts) if event["ph"] == "s" else ("receive", self.flow_ends)
        if not self.stacks[track]:
            self.fault(line, "the end of an arrow outside any slice")
            return
        slice_, _, _ = self.stacks[track][-1]
        if slice_.get("cat") != side:
            self.fault(line, f"the end of an arrow in a slice that is no {side}: {slice_['name']!r}")
            return
        if event["ph"] == "f" and event.get("bp") != "e":
            self.fault(line, "the end of an arrow that does not bind to its enclosing slice")
        if slice_.get("bound"):
            self.fault(line, "a second arrow in one slice")
        slice_["bound"] = True
        key = (event["cat"], event["name"], event["id"])
        if key in other:
            self.fault(line, f"arrow {event['id']} has two ends of a kind")
        run, what = self.run_of(track[0])
        rank = int(what.split(",")[0].removeprefix("rank "))
        arguments = slice_["args"]
        ends = (rank, arguments["peer"]) if side == "send" else (arguments["peer"], rank)
        other[key] = (run, ends, arguments["bytes"], time, line)

    def take_counter(self, line, event, time):
        key = (event["pid"], event["name"])
        ((unit, value),) = event["args"].items()
        if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            self.fault(line, f"the counter {event['name']!r} is {value}")
            return
        state = self.counters.get(key)
        if state is None:
            # time, value, integral in value times picoseconds, the largest, sum of changes, samples, busy picoseconds
            state = self.counters[key] = [time, value, 0, value, value, 1, 0, unit]
            if time != 0:
                self.fault(line, f"the counter {event['name']!r} starts at {event['ts']} us")
            return
        if time < state[0]:
            self.fault(line, f"time falls in the counter {event['name']!r}")
        if unit != state[7]:
            self.fault(line, f"the counter {event['name']!r} changes its unit")
        state[2] += state[1] * (time - state[0])
        state[6] += (time - state[0]) if state[1] > 0 else 0
        state[4] += abs(value - state[1])
        state[3] = max(state[3], value)
        state[0], state[1] = time, value
        state[5] += 1

    def close(self, interrupted):
        """What can be said only at the end."""
        if interrupted:
            return
        for track, stack in self.stacks.items():
            for event, _, line in stack:
                self.fault(line, f"the slice {event['name']!r} on track {track} has no end")
        for key, (run, ends, size, time, line) in self.flow_starts.items():
            if key not in self.flow_ends:
                self.fault(line, f"arrow {key[2]} has no end")
                continue
            end = self.flow_ends[key]
            if (run, ends, size) != end[:3]:
                self.fault(line, f"arrow {key[2]} joins two messages: {(run, ends, size)} and {end[:3]}")
            if end[3] < time:
                self.fault(line, f"arrow {key[2]} ends before it starts")
        for key, end in self.flow_ends.items():
            if key not in self.flow_starts:
                self.fault(end[4], f"arrow {key[2]} has no start")
        for run, peer, line in self.unflowed:
            if (run, peer) in self.rank_totals:
                self.fault(line, "a message between two ranks that are shown has no arrow")
        for run, totals in self.step_totals.items():
            self.compare(run, totals)

    def compare(self, run, totals):
        """Compares what slices and counters add up to with what the run says of itself."""
        makespan = round(totals["makespan_us"] * PICOSECONDS)
        whole = totals["traced_ranks"] == "all"
        if whole and self.last_end[run] != makespan:
            self.faults.add(f"{run}: the last slice ends at {self.last_end[run]} ps, the makespan is {makespan} ps")
        if self.last_end[run] > makespan:
            self.faults.add(f"{run}: a slice ends after the makespan")
        # Each stretch of the path is rounded at both ends, and touches the next: the sum telescopes.
        if self.critical[run] != makespan:
            self.faults.add(f"{run}: the critical path lasts {self.critical[run]} ps, the makespan is {makespan} ps")
        if whole and self.sends[run] != totals["messages"]:
            self.faults.add(f"{run}: {self.sends[run]} sends, the run has {totals['messages']} messages")
        ranks = {rank: entry for (name, rank), entry in self.rank_totals.items() if name == run}
        if whole and sorted(ranks) != list(range(totals["ranks"])):
            self.faults.add(f"{run}: the trace shows {len(ranks)} ranks, the run has {totals['ranks']}")
        for rank, (arguments, process) in ranks.items():
            if self.sent[process] != arguments["sent_bytes"]:
                self.faults.add(f"{run}: rank {rank} sends {self.sent[process]} B, the run says {arguments}")
            memory = self.counters.get((process, "live memory"))
            if memory is None or memory[3] != arguments["peak_bytes"]:
                self.faults.add(f"{run}: rank {rank} peaks at {memory and memory[3]} B, the run says {arguments}")
        if whole and sum(self.sent[process] for _, process in ranks.values()) != totals["sent_bytes"]:
            self.faults.add(f"{run}: the ranks' bytes do not add up to {totals['sent_bytes']}")
        links, process = self.link_totals.get(run, ({}, None))
        if whole and {entry["link"] for entry in links.values()} != {
            link for (name, link), size in self.link_bytes.items() if name == run and size > 0
        }:
            self.faults.add(f"{run}: the links shown are not those that messages cross")
        for name, entry in links.items():
            if whole and self.link_bytes[run, entry["link"]] != entry["bytes"]:
                self.faults.add(
                    f"{run}: messages take {self.link_bytes[run, entry['link']]} B over {name}, "
                    f"the run says {entry['bytes']}")
            legs = self.link_legs[run, entry["link"]]
            self.compare_load(run, name, entry["bytes"], legs, self.counters.get((process, name)))
        shown = {name for (number, name) in self.counters if number == process}
        if shown != set(links):
            self.faults.add(f"{run}: counters and totals name different links: {sorted(shown ^ set(links))[:3]}")

    def compare_report(self, report):
        """Compares the totals, found anew from the slices where all ranks are shown, with those that were reported."""
        results = {result["label"]: result["metrics"] for result in report["results"]}
        if set(results) != set(self.step_totals):
            self.faults.add(f"the trace has the runs {sorted(self.step_totals)}, the report {sorted(results)}")
        for run in sorted(set(results) & set(self.step_totals)):
            self.compare_result(run, results[run])

    def compare_result(self, run, metrics):
        reported = {(metric["name"], metric["scope"]): metric["value"]
                    for metric in metrics if metric["provenance"] == "simulated"}
        whole = self.step_totals[run]["traced_ranks"] == "all"
        expected = {("step time", ""): self.step_totals[run]["makespan_us"] / 1e6}
        if whole:
            expected["messages", ""] = self.sends[run]
            sent = {rank: self.sent[process] for (name, rank), (_, process) in self.rank_totals.items() if name == run}
            expected.update({("bytes sent", f"rank {rank}"): size for rank, size in sent.items()})
            expected["bytes sent", "all ranks"] = sum(sent.values())
            classes = collections.defaultdict(list)
            for name, entry in self.link_totals.get(run, ({}, None))[0].items():
                # The name of a counter ends in the class and the bandwidth: "a → b (ndr, 49.35 GB/s)".
                classes[name.rsplit("(", 1)[1].split(", ")[0]].append(self.link_bytes[run, entry["link"]])
            for name, add in (("link bytes", sum), ("busiest link bytes", max)):
                scopes = collections.defaultdict(list)
                for metric, scope in reported:
                    if metric == name and reported[metric, scope] > 0:
                        scopes[scope.split(", ")[0]].append(reported[metric, scope])
                if {key: add(sizes) for key, sizes in scopes.items()} != {key: add(s) for key, s in classes.items()}:
                    self.faults.add(f"{run}: {name} by class are {dict(classes)} in the trace, {dict(scopes)} reported")
        for key, value in expected.items():
            found = reported.get(key)
            # The trace rounds times to a picosecond.
            if found is None or (abs(found - value) > 0.6e-12 if key[0] == "step time" else found != value):
                self.faults.add(f"{run}: {' of '.join(filter(None, key))} is {value} in the trace, {found} reported")

    def compare_load(self, run, name, wanted, legs, state):
        if state is None:
            self.faults.add(f"{run}: no load of {name}")
            return
        _, last, integral, _, changes, samples, busy, _ = state
        carried = integral / 1e12
        # Times are rounded to a picosecond, so each change may be half of one off; rates are rounded to a byte per
        # second, so each message is off by half of that for as long as it lasts; the legs of a message that went
        # another way are told in whole bytes; the rest is for doubles.
        allowed = 0.5e-12 * changes + 0.5 * busy * 1e-12 * samples + legs + 1e-9 * wanted
        if abs(carried - wanted) > allowed:
            self.faults.add(f"{run}: {name} carries {carried} B by its load, {wanted} B by the run (within {allowed})")
        if last != 0:
            self.faults.add(f"{run}: {name} ends under a load of {last}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace")
    parser.add_argument("--interrupted", action="store_true", help="the writing of the file was broken off")
    parser.add_argument("--run", help="what `treeline simulate --json` printed of the run, to compare with")
    options = parser.parse_args()
    faults = Faults()
    checker = Checker(faults)
    for line, event in events_of(options.trace, options.interrupted, faults):
        checker.take(line, event)
    checker.close(options.interrupted)
    if options.run:
        with open(options.run, encoding="utf-8") as file:
            checker.compare_report(json.load(file))
    cuts = 0 if options.interrupted else check_cuts(options.trace, faults)
    for text in faults.texts:
        print(f"check_trace: {text}", file=sys.stderr)
    runs = ", ".join(checker.step_totals) or "none"
    print(f"{checker.events} events, {checker.slices} slices, {len(checker.flow_starts)} arrows, "
          f"{len(checker.counters)} counters, runs: {runs}; {cuts} cuts; "
          + (f"{faults.count} faults" if faults.count else "good"))
    return 1 if faults.count else 0


if __name__ == "__main__":
    sys.exit(main())
