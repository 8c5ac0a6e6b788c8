#!/usr/bin/env python3
"""Measures Treeline against its goals, with medians of several runs, and peers beside them where there are any.

    Benchmarks/run.py            build, measure and print
    Benchmarks/run.py --write    also keep the figures in Benchmarks/results.md

Everything runs on one core, where `taskset` is there to see to it. Wall times are never asserted: a goal missed is
printed, and the exit code says only whether the measuring worked.
"""

import argparse
import datetime
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

        goal = f"< {show(self.goal)} {self.unit}" if self.goal else ""
        ratio = f"{self.goal / self.median:.2f}" if self.goal else ""
        return [
            self.name, goal, f"{show(self.median)} {self.unit}", show(self.least), show(self.most), ratio,
            str(self.runs), self.peer,
        ]


HEADER = ["what", "goal", "median", "least", "most", "goal / median", "runs", "peer"]


def figure(name: str, unit: str, values: list[float], **more) -> Figure:
    return Figure(name, unit, statistics.median(values), min(values), max(values), len(values), **more)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def pinned(command: list[str]) -> list[str]:
    """The command on one core."""
    return ["taskset", "-c", "0", *command] if shutil.which("taskset") else command


def call(command: list[str]) -> tuple[float, float]:
    """Runs a command and returns its wall time in seconds and the peak of its memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(pinned(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{complaint.decode(errors='replace')}")
    # Linux counts in KiB.
    return took, usage.ru_maxrss * 1024 / 1e6


def repeated(command: list[str], runs: int) -> list[tuple[float, float]]:
    """Several runs after one that warms the caches of files."""
    call(command)
    return [call(command) for _ in range(runs)]


def startup(name: str, command: list[str], runs: int, **more) -> Figure:
    return figure(name, "ms", [took * 1e3 for took, _ in repeated(command, runs)], **more)


def lines_of(command: list[str]) -> dict[str, Figure]:
    """The figures that a program of ours prints, by name."""
    output = subprocess.run(pinned(command), stdout=subprocess.PIPE, text=True, check=True).stdout
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
    own["ring 128: simulation"].goal = 20
    for name, peer in other.items():
        what = "C++ std::priority_queue" if name.startswith("hold") else "C++ textbook filling"
        own[name].peer = beside(own[name], peer, what)
    return [
        figure("paper's grid, one process", "s", [took for took, _ in unstored], goal=2),
        figure("paper's grid, peak memory", "MB", [memory for _, memory in unstored], goal=200),
        figure("paper's grid, stored", "s", [took for took, _ in stored], goal=2),
        help_,
        *own.values(),
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


def text_of(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def document(figures: list[Figure], load: str) -> str:
    dirty = " and changes" if text_of(["git", "status", "--porcelain", "--untracked-files=no"]) else ""
    swift = text_of(["swift", "--version"]).splitlines()[0]
    return "\n".join([
        "# Measured against the goals", "",
        "Written by `make benchmark BENCHMARK=--write`. Medians of several runs on one core; smaller is better but for",
        "rates (M/s); a goal / median above 1 keeps the goal. A hold takes the earliest event and puts one back.", "",
        f"- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"- Load average when it began: {load}",
        f"- Swift: {swift}",
        f"- Commit: {text_of(['git', 'rev-parse', '--short', 'HEAD'])}{dirty}",
        f"- Date: {datetime.date.today().isoformat()}",
        f"- The grid: `{' '.join(GRID)} --no-store`", "",
        *table(figures), "",
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
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    say(f"load average {load}, {os.cpu_count()} cores")
    figures = measure(options.runs)
    print("\n".join(table(figures)))
    if options.write:
        pathlib.Path("Benchmarks/results.md").write_text(document(figures, load))
        say("written to Benchmarks/results.md")


if __name__ == "__main__":
    main()
