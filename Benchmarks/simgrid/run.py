#!/usr/bin/env python3
"""Times Treeline and SimGrid on the same flow jobs, and checks that both give the same arrival times.

    Benchmarks/simgrid/run.py [--runs N] [--kind KIND=SIZE ...]

Builds both programs, writes each job once, finds the sharing mode in which SimGrid is fastest on it, and then runs the
two in turn, Treeline first, N times. Prints the medians of the time that the simulations themselves took, building
the platform or topology and reading the job left out, and the ratio of messages completed a second, by wall-clock and
by processor time: on a machine that has other work, go by the latter. Without SimGrid it says so and exits with 77. Exits with 1 when the two disagree; speed is printed and never asserted.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import jobs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TREELINE = ROOT / ".build/release/flowbench"
SIMGRID = ROOT / ".build/simgrid/treeline_simgrid"
MODES = {"lazy": "--cfg=network/optim:Lazy", "full": "--cfg=network/optim:Full"}
TOLERANCE = 1e-6
SIZES = {"uncontended": 1024, "leaf-spine": 1024, "ring": 1024}


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    """Builds both programs; false when there is no SimGrid."""
    command = ["swift", "build", "-c", "release", "--product", "flowbench"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    built = subprocess.run(["sh", HERE / "build.sh", SIMGRID])
    if built.returncode == 77:
        return False
    built.check_returncode()
    return True


def run(command):
    """The wall-clock and processor seconds that a simulation took, and its arrival times."""
    pinned = ["taskset", "-c", "0", *command] if shutil.which("taskset") else command
    done = subprocess.run(pinned, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    figures = dict(line.split() for line in done.stderr.splitlines() if len(line.split()) == 2)
    return (float(figures["run"]), float(figures["cpu"])), [float(line) for line in done.stdout.split()]


def difference(ours, theirs):
    """The largest relative difference of two lists of arrival times."""
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} arrivals in Treeline, {len(theirs)} in SimGrid")
    return max(abs(our - their) / their for our, their in zip(ours, theirs))


def summary(times):
    """The median and range of wall-clock times, and the median of processor times."""
    walls, processors = zip(*times)
    return statistics.median(walls), f"{min(walls):.4g}–{max(walls):.4g}", statistics.median(processors)


def compare(kind, size, seed, runs, folder):
    """Measures one job; returns a line of the table, and whether the two agree."""
    path = folder / f"{kind}.job"
    with open(path, "w") as file:
        jobs.make(kind, size, seed).write(file)
    ours = [TREELINE, path]
    theirs = {mode: [SIMGRID, option, path] for mode, option in MODES.items()}
    # On the ring SimGrid's full mode visits every flow at every event: minutes, where lazy takes seconds.
    tried = {mode: run(command)[0][1] for mode, command in theirs.items() if kind != "ring" or mode == "lazy"}
    mode = min(tried, key=tried.get)
    our_times, their_times, worst = [], [], 0.0
    for _ in range(runs):
        took, our_arrivals = run(ours)
        our_times.append(took)
        took, their_arrivals = run(theirs[mode])
        their_times.append(took)
        worst = max(worst, difference(our_arrivals, their_arrivals))
    count = len(our_arrivals)
    our, our_range, our_cpu = summary(our_times)
    their, their_range, their_cpu = summary(their_times)
    cells = [
        f"{kind} {size}", str(count), f"{our:.4g}", our_range, f"{our_cpu:.4g}", f"{their:.4g}", their_range,
        f"{their_cpu:.4g}", mode, f"{count / our:.3g}", f"{count / their:.3g}", f"{their / our:.2f}",
        f"{their_cpu / our_cpu:.2f}", f"{worst:.1e}",
    ]
    return cells, worst <= TOLERANCE


HEADER = [
    "job", "messages", "Treeline s", "range", "CPU s", "SimGrid s", "range", "CPU s", "mode", "Treeline /s",
    "SimGrid /s", "ratio", "ratio of CPU", "max difference",
]


def table(rows):
    lines = [HEADER, ["---"] * len(HEADER), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each program (5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", metavar="KIND=SIZE", help="only this job; may be given again")
    options = parser.parse_args()
    sizes = SIZES
    if options.kind:
        sizes = {}
        for choice in options.kind:
            kind, _, size = choice.partition("=")
            if kind not in SIZES:
                parser.error(f"no job '{kind}'; there are {', '.join(SIZES)}")
            sizes[kind] = int(size) if size else SIZES[kind]
    if not build():
        say("skipped: the comparison with SimGrid needs SimGrid")
        sys.exit(77)
    rows, agree = [], True
    with tempfile.TemporaryDirectory() as folder:
        for kind, size in sizes.items():
            say(f"{kind} {size}")
            cells, same = compare(kind, size, options.seed, options.runs, pathlib.Path(folder))
            rows.append(cells)
            agree = agree and same
    print(table(rows))
    if not agree:
        sys.exit(f"Treeline and SimGrid differ by more than {TOLERANCE:g}")


if __name__ == "__main__":
    main()
