"""Counts checks, and keeps those that failed."""

import sys

from oracle import excess


class Report:
    def __init__(self, quiet=False):
        self.quiet = quiet
        self.passed = 0
        self.failures = []
        # The share of its bound that the worst comparison of a kind took: bounds that nothing comes near find nothing.
        self.largest = {}

    def holds(self, label, condition):
        if condition:
            self.passed += 1
        else:
            self.failures.append(label)
            if not self.quiet:
                print(f"FAILED {label}", file=sys.stderr)

    def compare(self, label, found, expected, bound, form="fp32"):
        share = excess(found, expected, bound, form)
        kind = label.split(" ")[0] + ": " + label.rsplit(": ", 1)[-1]
        self.largest[kind] = max(self.largest.get(kind, 0.0), share)
        self.holds(f"{label}: {share:.3g} times the bound", share <= 1)
