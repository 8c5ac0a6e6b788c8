#!/usr/bin/env python3
"""Sets Treeline's attention on the CPU beside PyTorch's, beside a plain read of memory and beside plain products.

    Benchmarks/attention/run.py            build, measure and print
    Benchmarks/attention/run.py --write    also keep the figures in Benchmarks/attention/results.md

PyTorch comes from PyPI into a virtual environment below .build, made at the first run. What is compared takes turns,
run by run, so that whatever else the machine does meets all alike; figures are medians, and ratios are medians of the
ratios of neighbouring runs. Nothing is asserted: a goal missed is printed.
"""

import argparse
import datetime
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / ".build" / "attention-venv"
BENCH = ROOT / ".build" / "release" / "attention-bench"
# The release that the goals were set against; the newest where an index has it no longer.
WANTED = ["torch==2.13.*", "torch"]


@dataclass
class Case:
    """One row: what both are asked to prepare, and the least ratio to PyTorch and to the machine's own limit."""

    name: str
    request: str
    times_torch: float
    of_limit: float | None = None
    # Filled in by measuring: seconds of each run.
    seconds: dict[str, list[float]] = field(default_factory=dict)
    work: int = 0


CASES = [
    Case("decode fp32, 16 heads, 16k tokens", "decode fp32 16 16 128 16384", 2, 0.8),
    Case("decode fp32, 16 heads, 64k tokens", "decode fp32 16 16 128 65536", 2, 0.8),
    Case("decode bf16, 16 heads, 16k tokens", "decode bf16 16 16 128 16384", 5, 0.8),
    Case("decode bf16, 16 heads, 64k tokens", "decode bf16 16 16 128 65536", 5, 0.8),
    Case("decode fp32, 32 heads on 8, 16k tokens", "decode fp32 32 8 128 16384", 5),
    Case("decode fp32, 32 heads on 8, 64k tokens", "decode fp32 32 8 128 65536", 5),
    Case("decode bf16, 32 heads on 8, 16k tokens", "decode bf16 32 8 128 16384", 5),
    Case("decode bf16, 32 heads on 8, 64k tokens", "decode bf16 32 8 128 65536", 5),
    Case("prefill fp32, 16 heads, 2048 x 2048 causal", "prefill 16 128 2048", 1, 0.7),
]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Worker:
    """A program that answers each line with a line."""

    def __init__(self, command: list[str], jobs: int):
        self.name = command[0]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.tell(f"jobs {jobs}")

    def tell(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> str:
        self.tell(line)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} gave no answer to '{line}'")
        return answer.strip()

    def time(self, what: str) -> float:
        seconds, state = self.ask(f"time {what}").split()
        if state != "done":
            raise SystemExit(f"{self.name}: {what} gave {state}")
        return float(seconds)


def python_with_torch() -> str:
    """The interpreter of the virtual environment, made where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0:
        return str(python)
    say(f"making {ENVIRONMENT.relative_to(ROOT)} with PyTorch from PyPI; this downloads much, once")
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    for wanted in WANTED:
        if subprocess.run([python, "-m", "pip", "install", "--quiet", wanted, "numpy"]).returncode == 0:
            return str(python)
        say(f"no {wanted} here")
    raise SystemExit("PyTorch could not be installed; its side of the table needs it")


def measure(case: Case, own: Worker, torch: Worker | None, runs: int, variants: list[str]) -> None:
    """Lets all take turns. The first round warms up and does not count."""
    say(f"measuring {case.name}")
    case.work = int(own.ask(case.request))
    if torch:
        torch.ask(case.request)
    limits = ["products"] if case.request.startswith("prefill") else variants
    for turn in range(runs + 1):
        seconds = {"own": own.time("attention")}
        for limit in limits:
            seconds[limit] = own.time(limit)
        if torch:
            seconds["torch"] = torch.time("attention")
            # Its threads may spin for a while before they sleep, on the cores that the next run needs.
            time.sleep(0.3)
        if turn:
            for name, value in seconds.items():
                case.seconds.setdefault(name, []).append(value)
    # The better of the ways to read, by its median, is what the machine can do.
    case.seconds["limit"] = min((case.seconds[limit] for limit in limits), key=statistics.median)


def ratio(case: Case, slower: str, scale: float = 1) -> str:
    """The median ratio of neighbouring runs' times."""
    if slower not in case.seconds:
        return ""
    pairs = zip(case.seconds[slower], case.seconds["own"])
    return f"{scale * statistics.median(one / other for one, other in pairs):.2f}"


def goal(found: str, least: float | None) -> str:
    if not found or least is None:
        return ""
    return f"≥ {least:g}" + ("" if float(found) >= least else ", missed")


HEADER = ["what", "Treeline", "PyTorch", "times PyTorch", "goal", "limit", "of the limit", "goal"]


def row(case: Case) -> list[str]:
    prefill = case.request.startswith("prefill")
    unit = "GFLOP/s" if prefill else "GB/s"
    # Whole products do more than the mask lets through.
    tokens = int(case.request.split()[-1])
    excess = 2 * tokens / (tokens + 1) if prefill else 1

    def rate(name: str, scale: float = 1) -> str:
        values = case.seconds.get(name)
        return f"{scale * case.work / statistics.median(values) / 1e9:.1f} {unit}" if values else ""

    against, of_limit = ratio(case, "torch"), ratio(case, "limit", 1 / excess)
    return [
        case.name, rate("own"), rate("torch"), against, goal(against, case.times_torch), rate("limit", excess), of_limit,
        goal(of_limit, case.of_limit),
    ]


def table(cases: list[Case]) -> str:
    lines = [HEADER, ["---"] * len(HEADER), *(row(case) for case in cases)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def processor() -> str:
    cpu = pathlib.Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the figures in Benchmarks/attention/results.md")
    parser.add_argument("--runs", type=int, default=11, help="how often each is measured (11)")
    parser.add_argument("--jobs", type=int, default=2, help="threads of each (2)")
    parser.add_argument("--only", default="", help="only the rows that contain this")
    parser.add_argument("--no-torch", action="store_true", help="leave PyTorch out")
    arguments = parser.parse_args()

    subprocess.run(["swift", "build", "-c", "release", "--product", "attention-bench"], check=True, cwd=ROOT,
                   stdout=sys.stderr)
    own = Worker([str(BENCH)], arguments.jobs)
    torch = None
    if not arguments.no_torch:
        torch = Worker([python_with_torch(), str(ROOT / "Benchmarks/attention/torch_worker.py")], arguments.jobs)
    about = own.ask("about")
    variants = ["read", "read-avx2"] if "AVX2" in about else ["read"]
    before = os.getloadavg()
    cases = [case for case in CASES if arguments.only in case.name]
    for case in cases:
        measure(case, own, torch, max(arguments.runs, 1), variants)
    after = os.getloadavg()

    text = "\n".join([
        "# Attention on the CPU",
        "",
        "Written by `python3 Benchmarks/attention/run.py --write`; rates are of the bytes of keys and values, or of the "
        "operations that the causal mask lets through.",
        "The limit is a plain sum over the same bytes by as many threads, or `cblas_sgemm` on each head's whole matrices.",
        "",
        f"- {datetime.date.today()}, {processor()}, {arguments.jobs} threads each, "
        f"medians of {max(arguments.runs, 1)} runs in turns",
        f"- load before and after: {before[0]:.1f}, {after[0]:.1f}",
        f"- Treeline: {about}",
        f"- PyTorch: {torch.ask('about') if torch else 'left out'}",
        "",
        table(cases),
        "",
    ])
    print(text)
    if arguments.write:
        (ROOT / "Benchmarks/attention/results.md").write_text(text)


if __name__ == "__main__":
    main()
