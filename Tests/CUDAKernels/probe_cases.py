"""The emulation's instructions against numpy, and its checks against kernels that break the rules."""

import numpy as np

from emulation import KernelError, aligned, array
from formats import E4M3, from_bits, store, to_bits


def run(emulation, report):
    # Every number, and NaN in each of the four places of a word.
    numbers = np.arange(256, dtype=np.uint8)
    pairs, nans = array((256,), np.uint16), array((64,), np.uint32)
    emulation.launch("probe_widen", (1,), {"numbers": aligned(numbers), "pairs": pairs, "nans": nans})
    finite = np.isfinite(E4M3)
    report.holds("numbers of e4m3 widen exactly", np.array_equal(from_bits(pairs, "bf16")[finite], E4M3[finite]))
    report.holds("words with NaN are found", np.array_equal(nans != 0, ~finite.reshape(64, 4).all(axis=1)))
    for place in range(4):
        numbers = np.full(256, 126, dtype=np.uint8)
        numbers[128 + place] = 127 + 128 * (place % 2)
        emulation.launch("probe_widen", (1,), {"numbers": aligned(numbers), "pairs": pairs, "nans": nans})
        report.holds(f"NaN at place {place} is found", np.flatnonzero(nans).tolist() == [32])

    random = np.random.default_rng(1)
    numbers = np.concatenate(
        [
            random.standard_normal(4096) * 10.0 ** random.integers(-12, 8, 4096),
            # Halves, the midpoints between them, and the next to either side: ties, and what decides them.
            np.arange(0, 31744, 7, dtype=np.uint16).view(np.float16).astype(np.float32),
            np.nextafter(np.float32(1 + 2.0**-11), np.float32([0, 2])),
            [1 + 2.0**-11, 1 + 3 * 2.0**-11, 1 + 2.0**-8],
            [65519.996, 65520, 2.0**-25, 2.0**-24 * 1.5, 3.3e38, 3.4e38, np.inf, -np.inf, np.nan],
        ]
    ).astype(np.float32)
    numbers = aligned(numbers[: len(numbers) // 2 * 2])
    halves, bfloats = array(numbers.shape, np.uint16), array(numbers.shape, np.uint16)
    emulation.launch(
        "probe_round", (1,), {"numbers": numbers, "halves": halves, "bfloats": bfloats, "pairs": len(numbers) // 2}
    )
    for name, found in (("fp16", halves), ("bf16", bfloats)):
        report.holds(
            f"singles round to {name} as numpy rounds them",
            np.array_equal(from_bits(found, name), from_bits(to_bits(numbers, name), name), equal_nan=True),
        )

    for form in ("fp16", "bf16"):
        # Small integers, so that sums are exact in any order.
        a_words, _, a = store(random.integers(-8, 9, (16, 16)), form)
        b_words, _, b = store(random.integers(-8, 9, (16, 8)), form)
        c = aligned(random.integers(-8, 9, (16, 8)).astype(np.float32))
        expected = c + a @ b
        emulation.launch(f"probe_multiply_{form}", (1,), {"a": aligned(a_words), "b": aligned(b_words), "c": c})
        report.holds(f"ldmatrix and mma of {form} multiply matrices", np.array_equal(c, expected))

    words, target = aligned(np.arange(32, dtype=np.uint32)), array((32,), np.uint32)
    arguments = {"source": words, "target": target, "synchronised": 1}
    emulation.launch("probe_neighbours", (1,), arguments)
    report.holds("the warp's barrier orders what lanes write and read", np.array_equal(target, np.roll(words, -1)))

    def fails(label, message, **edit):
        try:
            emulation.launch("probe_neighbours", (1,), arguments | edit.get("arguments", {}), **edit.get("options", {}))
        except KernelError as error:
            report.holds(f"{label}: '{message}' in '{error}'", message in str(error))
        else:
            report.holds(f"{label}: was not found", False)

    for seed in range(20):
        fails("no barrier", "shared memory", arguments={"synchronised": 0}, options={"seed": seed})
    fails("too little shared memory", "past the 124 of the launch", options={"shared": 124})
    fails("a short source", "outside of all buffers", arguments={"source": aligned(words[:31])})
    fails("a short target", "outside of all buffers", arguments={"target": array((31,), np.uint32)})
    declared = emulation.table.kernels["probe_neighbours"]["family"]["arguments"][1]
    declared["access"] = "read"
    fails("a target that the contract calls read", "of a buffer that is only read")
    declared["access"] = "write"
    # As a kernel that ends early leaves it: the emulation goes on.
    emulation.launch("probe_neighbours", (1,), arguments)
    report.holds("a launch after a failed one", np.array_equal(target, np.roll(words, -1)))
