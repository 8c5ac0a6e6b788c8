#!/usr/bin/env python3
"""Measures Treeline against its goals, with medians of several runs, and peers beside them where there are any.

    Benchmarks/run.py            build, measure and print
    Benchmarks/run.py --write    also keep the figures in Benchmarks/results.md

It measures the paper's grid, start-up, the event queue, large collectives and decode steps, time and memory against the
number of ranks, the heap allocations of a run, and, where it is installed, SimGrid on the same flows.

Everything runs on one core, where `taskset` is there to see to it. Wall times are never asserted: a goal missed is
printed, and the exit code says only whether the measuring worked.
"""

import argparse
import datetime
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREELINE = ".build/release/treeline"
BENCH = ".build/release/treeline-bench"
GRID = [
    TREELINE, "simulate", "--topology", "dgx-h100-16", "--model", "paper-block", "--algorithm", "tree,ring",
    "--gpus", "8,16,32,64,128", "--tokens", "80k,160k,320k,640k,1.28M,2.56M,5.12M",
]


@dataclass
class Figure:
    """One line of the table: a measured quantity, its goal and its peer. Goals are ceilings."""

    name: str
    unit: str
    median: float
    least: float
    most: float
    runs: int
    goal: float | None = None
    peer: str = ""

    def cells(self) -> list[str]:
        def show(value: float) -> str:
            return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"

        if self.unit == "allocations":
            return [
                self.name, "", f"{self.median:.0f}", f"{self.least:.0f}", f"{self.most:.0f}", "", str(self.runs),
                self.peer,
            ]
        goal = f"< {show(self.goal)} {self.unit}" if self.goal else ""
        ratio = f"{self.goal / self.median:.2f}" if self.goal else ""
        return [
            self.name, goal, f"{show(self.median)} {self.unit}", show(self.least), show(self.most), ratio,
            str(self.runs), self.peer,
        ]


# The numbers of ranks of the table against them, as powers of two.
POWERS = range(7, 21)

HEADER = ["what", "goal", "median", "least", "most", "goal / median", "runs", "peer"]


def figure(name: str, unit: str, values: list[float], **more) -> Figure:
    return Figure(name, unit, statistics.median(values), min(values), max(values), len(values), **more)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def pinned(command: list[str]) -> list[str]:
    """The command on one core."""
    return ["taskset", "-c", "0", *command] if shutil.which("taskset") else command


@dataclass
class Call:
    """What one run of a command took: wall and processor time in seconds, the peak of its memory in MB."""

    wall: float
    processor: float
    memory: float


def call(command: list[str]) -> Call:
    """Runs a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(pinned(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{complaint.decode(errors='replace')}")
    # Linux counts in KiB.
    return Call(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def repeated(command: list[str], runs: int) -> list[Call]:
    """Several runs after one that warms the caches of files."""
    call(command)
    return [call(command) for _ in range(runs)]


def startup(name: str, command: list[str], runs: int, **more) -> Figure:
    return figure(name, "ms", [call.wall * 1e3 for call in repeated(command, runs)], **more)


def lines_of(command: list[str], preload: pathlib.Path | None = None) -> dict[str, Figure]:
    """The figures that a program of ours prints, by name."""
    environment = os.environ | ({"LD_PRELOAD": str(preload)} if preload else {})
    output = subprocess.run(
        pinned(command), stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout
    figures = {}
    for line in output.splitlines():
        if line.startswith("#"):
            say(line)
            continue
        name, unit, median, least, most, runs = line.split("\t")
        figures[name] = Figure(name, unit, float(median), float(least), float(most), int(runs))
    return figures


def peers(folder: pathlib.Path, runs: int) -> dict[str, Figure]:
    """The same work in plain C++, compiled on the spot; nothing where there is no compiler."""
    if not shutil.which("g++"):
        say("no g++ here: the peers in C++ are skipped")
        return {}
    program = str(folder / "peers")
    subprocess.run(["g++", "-O3", "-march=native", "-std=c++17", "-o", program, "Benchmarks/peers.cpp"], check=True)
    return lines_of([program, str(runs)])


def beside(own: Figure, peer: Figure, what: str) -> str:
    """The peer's median, and how many times as fast Treeline is."""
    faster = own.median / peer.median if own.unit == "M/s" else peer.median / own.median
    return f"{what}: {peer.median:.3g} {peer.unit}, Treeline {faster:.2f} x as fast"


def large(name: str, job: list[str], goals: dict[str, float]) -> list[Figure]:
    """The figures of a large job in a process of its own; goals by the name of the line."""
    say(f"measuring {name}")
    found = lines_of([BENCH, "scale", *job])
    kept = []
    for line, own in found.items():
        if line == "difference":
            # With starts spread out the formula is a lower bound and no equal.
            if "jitter" in job:
                continue
            line, own.median, own.least, own.most = "apart from the closed form", *[abs(own.median)] * 3
        own.name = f"{name}: {line}"
        own.goal = goals.get(line)
        kept.append(own)
    return kept


def large_jobs() -> list[Figure]:
    """Goals of scale, each with its memory."""
    memory = {"resident": 2000}
    fat_tree = "tree decode, 131072 ranks"
    return [
        *large("ring all-reduce, 1024 ranks", ["ring-all-reduce", "1024", "7"], {"simulation": 400}),
        *large("ring all-reduce, 1024 ranks, starts within 1 ms", ["ring-all-reduce", "1024", "7", "jitter"],
               {"simulation": 500}),
        *large("ring decode, 1024 ranks", ["ring", "1024", "5"], {"step": 1000, **memory}),
        *large(f"{fat_tree}, 1 all-reduce", ["tree", "131072", "5", "binary-tree", "1"], {"step": 1000, **memory}),
        *large(f"{fat_tree}, 3 all-reduces", ["tree", "131072", "3", "binary-tree", "3"], {"step": 1000, **memory}),
        *large(f"{fat_tree}, 3 all-reduces chosen", ["tree", "131072", "1", "auto", "3"], memory),
    ]


def scaling() -> list[str]:
    """A table of time and memory against the number of ranks, with the exponents fitted to its upper half."""
    rows = []
    for power in POWERS:
        ranks = 1 << power
        say(f"measuring 2^{power} ranks")
        runs = "3" if power < 17 else "0"
        reduction = lines_of([BENCH, "scale", "all-reduce", str(ranks), runs, "binary-tree"])
        step = lines_of([BENCH, "scale", "tree", str(ranks), runs, "binary-tree", "1"])
        rows.append((
            ranks, reduction["whole"].median, reduction["resident"].median, step["topology"].median,
            step["step"].median, step["resident"].median))
    lines = [
        "| ranks | all-reduce ms | MB | cluster ms | decode step ms | MB |", "|---|---|---|---|---|---|",
        *(f"| {row[0]} | {row[1]:.3g} | {row[2]:.4g} | {row[3]:.3g} | {row[4]:.3g} | {row[5]:.4g} |" for row in rows),
    ]
    upper = rows[len(rows) // 2 - 1 :]
    fits = [exponent([row[0] for row in upper], [row[column] for row in upper]) for column in range(1, 6)]
    lines.append(f"| exponent from {upper[0][0]} ranks on | " + " | ".join(f"{fit:.2f}" for fit in fits) + " |")
    return lines


def exponent(sizes: list[int], costs: list[float]) -> float:
    """The slope of the logarithm of a cost over that of a size, by least squares."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope


def allocations(folder: pathlib.Path) -> list[Figure]:
    """The heap allocations of runs of more and more events; nothing where there is no C compiler."""
    if not shutil.which("cc"):
        say("no cc here: allocations are not counted")
        return []
    say("counting allocations")
    library = folder / "allocations.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, "Benchmarks/allocations.c"], check=True)
    counted = lines_of([BENCH, "scale", "allocations", "64", "1"], preload=library)
    counted.pop("resident", None)
    for own in counted.values():
        own.name = f"heap allocations of a run of {own.name}"
    return list(counted.values())


def simgrid(runs: int) -> list[str]:
    """The table of the comparison with SimGrid, or why there is none."""
    say("comparing with SimGrid")
    done = subprocess.run(
        [sys.executable, "Benchmarks/simgrid/run.py", "--runs", str(runs)], stdout=subprocess.PIPE, text=True)
    if done.returncode == 77:
        return ["Skipped: SimGrid is not installed here."]
    if done.returncode != 0:
        return [*done.stdout.splitlines(), "", f"The comparison failed (exit code {done.returncode})."]
    return done.stdout.splitlines()


def measure(runs: int) -> list[Figure]:
    say("measuring the grid")
    with tempfile.TemporaryDirectory() as folder:
        database = ["--database", str(pathlib.Path(folder) / "treeline.sqlite")]
        unstored = repeated(GRID + ["--no-store"], runs)
        stored = repeated(GRID + database, max(runs // 2, 3))
        say("measuring start-up")
        git = startup("git --version", ["git", "--version"], 3 * runs) if shutil.which("git") else None
        python = startup("python3 -c pass", [sys.executable, "-c", "pass"], 3 * runs)
        help_ = startup("treeline --help", [TREELINE, "--help"], 3 * runs, goal=30)
        help_.peer = beside(help_, python, "python3 -c pass")
        if git:
            help_.peer = beside(help_, git, "git --version") + "; " + help_.peer
        say("measuring parts in one process")
        own = lines_of([BENCH, str(2 * runs + 1)])
        other = peers(pathlib.Path(folder), 2 * runs + 1)
        counted = allocations(pathlib.Path(folder))
    own["ring 128: simulation"].goal = 20
    for name, peer in other.items():
        what = "C++ std::priority_queue" if name.startswith("hold") else "C++ textbook filling"
        own[name].peer = beside(own[name], peer, what)
    return [
        figure("paper's grid, one process", "s", [call.wall for call in unstored], goal=2),
        # On a busy machine the wall time counts the others' work too; this does not.
        figure("paper's grid, processor time", "s", [call.processor for call in unstored]),
        figure("paper's grid, peak memory", "MB", [call.memory for call in unstored], goal=200),
        figure("paper's grid, stored", "s", [call.wall for call in stored], goal=2),
        help_,
        *own.values(),
        *counted,
        *large_jobs(),
    ]


def table(figures: list[Figure]) -> list[str]:
    rows = [HEADER] + [figure.cells() for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def processor() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def loads() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def text_of(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def document(figures: list[Figure], ranks: list[str], peers_of_flows: list[str], load: str) -> str:
    dirty = " and changes" if text_of(["git", "status", "--porcelain", "--untracked-files=no"]) else ""
    swift = text_of(["swift", "--version"]).splitlines()[0]
    return "\n".join([
        "# Measured against the goals", "",
        "Written by `make benchmark BENCHMARK=--write`. Medians of several runs on one core; smaller is better but for",
        "rates (M/s); a goal / median above 1 keeps the goal. A hold takes the earliest event and puts one back.", "",
        f"- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"- Load average when it began: {load}; when it ended: {loads()}",
        f"- Swift: {swift}",
        f"- Commit: {text_of(['git', 'rev-parse', '--short', 'HEAD'])}{dirty}",
        f"- Date: {datetime.date.today().isoformat()}",
        f"- The grid: `{' '.join(GRID)} --no-store`", "",
        *table(figures), "",
        "## Against the number of ranks", "",
        "A binary-tree all-reduce of ranks on one switch, and a tree decode step with one all-reduce on a fat tree of three",
        "levels: program, routes, simulation, and for the step its figures and closed form. Each in a process of its own.",
        "", *ranks, "",
        "## Beside SimGrid", "",
        "The same flows in both, in turn; see [simgrid/README.md](simgrid/README.md).", "", *peers_of_flows, "",
    ])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="runs of the grid; the rest is scaled to it (default: 9)")
    parser.add_argument("--write", action="store_true", help="keep the figures in Benchmarks/results.md")
    parser.add_argument("--no-build", action="store_true", help="measure what has been built already")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: expected a whole number from 1")
    os.chdir(ROOT)
    if not options.no_build:
        for product in ["treeline", "treeline-bench"]:
            subprocess.run(["swift", "build", "-c", "release", "--product", product], check=True, stdout=sys.stderr)
    load = loads()
    say(f"load average {load}, {os.cpu_count()} cores")
    figures = measure(options.runs)
    ranks = scaling()
    peers_of_flows = simgrid(3)
    print("\n".join([*table(figures), "", *ranks, "", *peers_of_flows]))
    if options.write:
        pathlib.Path("Benchmarks/results.md").write_text(document(figures, ranks, peers_of_flows, load))
        say("written to Benchmarks/results.md")


if __name__ == "__main__":
    main()
