"""Attention reads shared memory without bank conflicts, which would cost what its layout is made to save."""

import decode_cases
import prefill_cases
from report import Report


def check(emulation, report, name):
    """One kernel of attention."""
    family = emulation.table.kernels[name]["family"]["name"]

    def case():
        if family == "prefill":
            prefill_cases.attend(emulation, Report(quiet=True), name, queries=128, tokens=192)
        else:
            decode_cases.Decode(emulation, name, tokens=192, group=16)

    reads, writes, read_count, write_count = emulation.bank_conflicts(case)
    counts = f"{reads} waits in {read_count} reads, {writes} in {write_count} writes"
    report.holds(f"{name} has bank conflicts: {counts}", read_count > 0 and write_count > 0 and reads == 0)
    # Rows of 36 chunks end in the middle of a group of eight, so that some copies of two rows meet.
    allowed = write_count // 2 if name == "decode_latent_e4m3_576" else 0
    report.holds(f"{name} writes with bank conflicts: {counts}", writes <= allowed)


def run(emulation, report):
    for family in ("decode", "decode_latent", "prefill"):
        for instance in emulation.table.instances(family):
            check(emulation, report, instance["name"])
