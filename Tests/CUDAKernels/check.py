"""Runs every kernel in the emulation and compares it with float64; then plants faults, each of which must be found.

python check.py [--library FILE] [--only decode,prefill]
"""

import argparse
import pathlib
import subprocess
import sys
import time

import bank_cases
import decode_cases
import fault_cases
import gpu
import prefill_cases
import probe_cases
import state_cases
import tree_cases
from emulation import ROOT, Emulation, Table
from report import Report


def contracts(emulation, report):
    """kernels.json and the sources name the same kernels with the same blocks."""
    built = emulation.kernels()
    declared = {name: kernel["threads"] for name, kernel in emulation.table.kernels.items()}
    report.holds(
        f"kernels.json and the kernels differ by {set(built.items()) ^ set(declared.items())}", built == declared
    )


PARTS = {
    "contracts": contracts,
    "probes": probe_cases.run,
    "states": state_cases.run,
    "decode": decode_cases.run,
    "tree": tree_cases.run,
    "prefill": prefill_cases.run,
    "banks": bank_cases.run,
    "faults": fault_cases.run,
}

ON_GPU = {"states", "decode", "tree", "prefill"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=pathlib.Path, default=ROOT / ".build/cuda/libemulation.so")
    parser.add_argument("--only", default=",".join(PARTS), help="parts to run, comma-separated")
    parser.add_argument("--gpu", type=pathlib.Path, metavar="FOLDER", help="run on a GPU, with machine code from here")
    parser.add_argument("--driver", default="libcuda.so.1", help="the driver's library")
    options = parser.parse_args()
    parts = options.only.split(",")
    for part in parts:
        if part not in PARTS:
            parser.error(f"there is no part '{part}': expected {', '.join(PARTS)}")
    if options.gpu:
        parts = [part for part in parts if part in ON_GPU]
        emulation = gpu.GPU(options.gpu, library=options.driver)
        print(f"On a GPU, {emulation.arch}: {', '.join(parts)}")
    else:
        subprocess.run([ROOT / "Tests/CUDAEmulation/build.sh", options.library], check=True)
        table = Table()
        table.add(ROOT / "Tests/CUDAEmulation/probes.json")
        emulation = Emulation(options.library, table)
    report = Report()
    for part in parts:
        begin, passed, launches = time.time(), report.passed, emulation.launches
        PARTS[part](emulation, report)
        print(
            f"{part}: {report.passed - passed} checks of {emulation.launches - launches} launches"
            f" in {time.time() - begin:.1f} s",
            flush=True,
        )
    print("The largest share of its bound that each kind of comparison took:")
    for kind, share in report.largest.items():
        print(f"  {kind:44} {share:.3g}")
    print(f"{report.passed} passed, {len(report.failures)} failed")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
