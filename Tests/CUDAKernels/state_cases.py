"""Merge, rescale, normalise, reduce, convert and memory kernels against what they stand for."""

import numpy as np

from emulation import aligned, array
from formats import ROUNDOFF, from_bits, to_bits
from oracle import U

FORMATS = ("fp32", "fp16", "bf16")
STORAGE = {"fp32": np.float32, "fp16": np.uint16, "bf16": np.uint16}
# What ex2.approx may be off by, relatively, and the rounding of its argument for each unit that it is long.
EXPONENTIAL = 2.0**-22
# Below this e^x is no normal single, and a weight may be zero.
VANISHING = 2.0**-126


def stored(numbers, form):
    words = aligned(to_bits(numbers, form))
    return words, from_bits(words, form)


def weights(differences):
    """e^x and how far the kernels' may be from it: the product with log2 e rounds, the exponential is approximate."""
    exact = np.exp(differences)
    finite = np.where(np.isfinite(differences), np.abs(differences), 0)
    return exact, exact * (EXPONENTIAL + 4 * U * finite) + VANISHING


def draw_states(random, count, rows, dim, poisoned=None, empty=()):
    """Packed states of fp32, count × rows × (dim + 2); `empty` are (state, row) pairs without a key."""
    states = array((count, rows, dim + 2), np.float32)
    states[..., :dim] = random.standard_normal((count, rows, dim)) * 3
    states[..., dim] = random.standard_normal((count, rows)) * 10
    states[..., dim + 1] = 1 + random.random((count, rows)) * 100
    for which, row in empty:
        states[which, row] = 0
        states[which, row, dim] = -np.inf
    if poisoned is not None:
        states[poisoned[0], poisoned[1], dim + 1] = np.nan
        states[poisoned[0], poisoned[1], :dim] = np.nan
    return states


def joined(states):
    """The exact merge of states (first axis), and bounds: maximum, denominator, numerators, their errors."""
    values = states.astype(np.float64)
    n, m, d = values[..., :-2], values[..., -2], values[..., -1]
    maximum = m.max(axis=0)
    with np.errstate(invalid="ignore"):
        weight, error = weights(np.where(m == -np.inf, -np.inf, m - np.where(maximum == -np.inf, 0, maximum)))
    steps = 4 * (len(states) + 2) * U
    denominator = (weight * d).sum(axis=0)
    numerators = (weight[..., None] * n).sum(axis=0)
    denominator_error = (error * np.abs(d)).sum(axis=0) + steps * (weight * np.abs(d)).sum(axis=0)
    numerator_error = (error[..., None] * np.abs(n)).sum(axis=0) + steps * (weight[..., None] * np.abs(n)).sum(axis=0)
    return maximum, denominator, numerators, denominator_error, numerator_error


def merge(emulation, report, splits, rows, dim, seed):
    random = np.random.default_rng(seed)
    states = draw_states(random, splits, rows, dim, empty=[(0, 0), (splits - 1, 1)])
    states[:, 2] = 0
    states[:, 2, dim] = -np.inf
    if rows > 3:
        states[0, 3, dim:] = np.nan
    maximum, d, n, d_error, n_error = joined(states)
    empty, poisoned = d == 0, np.isnan(d)
    safe = np.where(empty, 1, d)
    output = np.where(empty[:, None], 0, n / safe[:, None])
    output_error = (n_error + np.abs(output) * d_error[:, None]) / (safe - d_error)[:, None] + 4 * U * np.abs(output)
    with np.errstate(divide="ignore", invalid="ignore"):
        lse = np.where(empty, -np.inf, maximum + np.log(d))
        lse_error = np.where(empty, 0, d_error / (safe - d_error)) + 4 * U * (
            np.abs(maximum) + np.abs(np.log(safe)) + 1
        )
    maximum = np.where(poisoned, np.nan, maximum)
    for form in FORMATS:
        label = f"merge_{form} {splits} splits of {rows}x{dim}"
        common = {"states": states, "splits": splits, "rows": rows, "dim": dim}

        def launch(kernel, **targets):
            emulation.launch(f"{kernel}_{form}", (rows,), common | targets, splits=splits)

        target = array((rows, dim + 2), STORAGE[form])
        launch("merge_state", target=target)
        found = from_bits(target, form)
        report.compare(f"{label}: state's numerators", found[:, :dim], n, n_error, form)
        report.compare(f"{label}: state's maximum", found[:, dim], maximum, 0, form)
        report.compare(f"{label}: state's denominator", found[:, dim + 1], d, d_error, form)
        outputs, lses = array((rows, dim), STORAGE[form]), array((rows,), STORAGE[form])
        launch("merge_lse", outputs=outputs, lses=lses)
        report.compare(f"{label}: outputs", from_bits(outputs, form), output, output_error, form)
        report.compare(f"{label}: LSEs", from_bits(lses, form), lse, lse_error, form)
        target = array((rows, dim + 1), STORAGE[form])
        launch("merge_packed", target=target)
        report.holds(
            f"{label}: packed is both",
            np.array_equal(
                from_bits(target, form),
                np.concatenate([from_bits(outputs, form), from_bits(lses, form)[:, None]], axis=1),
                equal_nan=True,
            ),
        )
        alone = array((rows, dim), STORAGE[form])
        launch("merge_output", outputs=alone)
        report.holds(
            f"{label}: outputs alone are the same",
            np.array_equal(from_bits(alone, form), from_bits(outputs, form), equal_nan=True),
        )

        # Folded into a running state, fresh or not.
        numerators, scalars = array((rows, dim), STORAGE[form]), array((2, rows), STORAGE[form])
        launch("merge_into", numerators=numerators, scalars=scalars, fresh=1)
        report.compare(f"{label}: fresh numerators", from_bits(numerators, form), n, n_error, form)
        own_n, held_n = stored(random.standard_normal((rows, dim)), form)
        held = np.stack([random.standard_normal(rows) * 10, 1 + random.random(rows)])
        held[0, 2], held[1, 2] = -np.inf, 0
        own_n[2], held_n[2] = 0, 0
        scalars, held = stored(held, form)
        before = np.concatenate([held_n, held[0][:, None], held[1][:, None]], axis=1)
        all_maximum, all_d, all_n, all_d_error, all_n_error = joined(
            np.concatenate([states.astype(np.float64), before[None]])
        )
        launch("merge_into", numerators=own_n, scalars=scalars, fresh=0)
        found = from_bits(scalars, form)
        report.compare(f"{label}: folded numerators", from_bits(own_n, form), all_n, all_n_error, form)
        report.compare(f"{label}: folded maxima", found[0], np.where(np.isnan(all_d), np.nan, all_maximum), 0, form)
        report.compare(f"{label}: folded denominators", found[1], all_d, all_d_error, form)


def reduce_softmax(emulation, report, rows, dim, seed):
    random = np.random.default_rng(seed)
    for form in FORMATS:
        pair = draw_states(random, 2, rows, dim, empty=[(0, 0), (1, 1)])
        pair[:, 2] = 0
        pair[:, 2, dim] = -np.inf
        if rows > 3:
            pair[1, 3, :] = np.nan
        target, first = stored(pair[0], form)
        source, second = stored(pair[1], form)
        maximum, d, n, d_error, n_error = joined(np.stack([first, second]))
        emulation.launch(f"reduce_softmax_{form}", (rows,), {"target": target, "source": source, "dim": dim})
        found = from_bits(target, form)
        label = f"reduce_softmax_{form} {rows}x{dim}"
        report.compare(f"{label}: numerators", found[:, :dim], n, n_error, form)
        report.compare(f"{label}: maximum", found[:, dim], np.where(np.isnan(d), np.nan, maximum), 0, form)
        report.compare(f"{label}: denominator", found[:, dim + 1], d, d_error, form)


def rescale(emulation, report, rows, dim, seed):
    random = np.random.default_rng(seed)
    for form in FORMATS:
        for packed in (False, True):
            outputs, o = stored(random.standard_normal((rows, dim)), form)
            lses, lse = stored(random.standard_normal(rows) * 8, form)
            lses[0] = to_bits(-np.inf, form)
            lse[0] = -np.inf
            maxima, maximum = stored(np.maximum(lse, random.standard_normal(rows) * 8), form)
            stride = dim + 1 if packed else dim
            if packed:
                together = aligned(np.concatenate([outputs, lses[:, None]], axis=1))
                outputs, lses = together.reshape(-1), together.reshape(-1)[dim:]
            emulation.launch(
                f"rescale_{form}",
                (rows,),
                {
                    "outputs": outputs,
                    "outputStride": stride,
                    "lses": lses,
                    "lseStride": stride if packed else 1,
                    "maxima": maxima,
                    "dim": dim,
                },
            )
            if packed:
                outputs, lses = together[:, :dim], together[:, dim].copy()
            weight, error = weights(lse - maximum)
            label = f"rescale_{form} {rows}x{dim} {'packed' if packed else 'apart'}"
            report.compare(f"{label}: denominators", from_bits(np.ascontiguousarray(lses), form), weight, error, form)
            report.compare(
                f"{label}: numerators",
                from_bits(np.ascontiguousarray(outputs), form),
                o * weight[:, None],
                np.abs(o) * error[:, None],
                form,
            )


def normalise(emulation, report, rows, dim, seed):
    random = np.random.default_rng(seed)
    for instance in emulation.table.instances("normalise"):
        element, target = instance["element"], instance["target"]
        for extra in (0, 1, 2):
            numerators, n = stored(random.standard_normal((rows, dim)), element)
            denominators, d = stored(np.where(np.arange(rows) == 1, 0, 1 + random.random(rows)), element)
            stride = dim + extra
            if extra:
                gap = np.zeros((rows, extra - 1), dtype=numerators.dtype)
                together = aligned(np.concatenate([numerators, gap, denominators[:, None]], axis=1)).reshape(-1)
                numerators, denominators = together, together[stride - 1 :]
            outputs = array((rows, dim), STORAGE[target])
            emulation.launch(
                instance["name"],
                (rows,),
                {
                    "numerators": numerators,
                    "numeratorStride": stride,
                    "denominators": denominators,
                    "denominatorStride": stride if extra else 1,
                    "outputs": outputs,
                    "dim": dim,
                },
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                expected = np.where(d[:, None] > 0, n / d[:, None], 0)
            report.compare(
                f"{instance['name']} {extra} scalars a head: outputs",
                from_bits(outputs, target),
                expected,
                4 * U * np.abs(expected),
                target,
            )


def elementwise(emulation, report, count, blocks, seed):
    random = np.random.default_rng(seed)
    for form in FORMATS:
        for kernel, operation in (("reduce_max", np.maximum), ("reduce_sum", np.add)):
            target, a = stored(random.standard_normal(count), form)
            source, b = stored(random.standard_normal(count), form)
            emulation.launch(f"{kernel}_{form}", (blocks,), {"target": target, "source": source, "count": count})
            report.compare(
                f"{kernel}_{form} {count}: elements",
                from_bits(target, form),
                operation(a, b),
                2 * U * np.abs(operation(a, b)),
                form,
            )
            # The same from the second element on, where nothing is aligned to 16 bytes.
            target, a = stored(random.standard_normal(count), form)
            shifted = {"target": target[1:], "source": source[1:], "count": count - 1}
            emulation.launch(f"{kernel}_{form}", (blocks,), shifted)
            expected = np.concatenate([a[:1], operation(a, b)[1:]])
            report.compare(
                f"{kernel}_{form} {count} unaligned: elements",
                from_bits(target, form),
                expected,
                2 * U * np.abs(expected),
                form,
            )
        packed, numbers = stored(random.standard_normal((count, 9)), form)
        scalars = array((count,), STORAGE[form])
        emulation.launch(
            f"extract_scalars_{form}",
            (blocks,),
            {"packed": packed, "scalars": scalars, "rows": count, "dim": 8, "stride": 9},
        )
        report.holds(f"extract_scalars_{form} {count}", np.array_equal(scalars, packed[:, 8]))
    for instance in emulation.table.instances("convert"):
        element, target = instance["element"], instance["target"]
        # Large, small, subnormal, not finite: numpy's rounding against that of the kernels, to the bit.
        numbers = np.concatenate(
            [
                random.standard_normal(count) * 10.0 ** random.integers(-9, 6, count),
                [0.0, -0.0, np.inf, -np.inf, 65519.9, 65520.0, 1e-30],
            ]
        )
        source, exact = stored(numbers, element)
        outputs = array(source.shape, STORAGE[target])
        emulation.launch(instance["name"], (blocks,), {"source": source, "target": outputs, "count": len(numbers)})
        report.holds(
            f"{instance['name']} {count}",
            np.array_equal(from_bits(outputs, target), from_bits(to_bits(exact.astype(np.float32), target), target)),
        )


def memory(emulation, report, count, blocks, seed):
    random = np.random.default_rng(seed)
    words = aligned(random.integers(0, 2**32, (count, 4), dtype=np.uint32))
    sums = array((blocks,), np.uint32)
    emulation.launch("memory_read", (blocks,), {"source": words, "count": count, "sums": sums})
    report.holds(f"memory_read {count}", np.bitwise_xor.reduce(sums) == np.bitwise_xor.reduce(words.ravel()))
    target = array(words.shape, np.uint32)
    emulation.launch("memory_copy", (blocks,), {"source": words, "target": target, "count": count})
    report.holds(f"memory_copy {count}", np.array_equal(words, target))
    a, b, c = (aligned(random.standard_normal((count, 4)).astype(np.float32)) for _ in range(3))
    emulation.launch("memory_triad", (blocks,), {"a": a, "b": b, "c": c, "s": 3.0, "count": count})
    report.compare(f"memory_triad {count}: elements", a, b.astype(float) + 3.0 * c, 2 * U * (np.abs(b) + 3 * np.abs(c)))
    source = random.integers(0, 256, count, dtype=np.uint8)
    bytes_out = array((count,), np.uint8)
    emulation.launch("memory_copy_bytes", (blocks,), {"source": aligned(source), "target": bytes_out, "count": count})
    report.holds(f"memory_copy_bytes {count}", np.array_equal(source, bytes_out))
    emulation.launch("empty", (blocks,), {})


def expand(emulation, report, seed):
    random = np.random.default_rng(seed)
    kv_heads, group, tokens = 3, 4, 7
    for source_width, width in ((8, 8), (36, 32), (4, 4)):
        source = aligned(random.integers(0, 2**32, (kv_heads, tokens, source_width, 4), dtype=np.uint32))
        target = array((kv_heads * group, tokens, width, 4), np.uint32)
        emulation.launch(
            "expand_heads",
            (2, kv_heads * group),
            {
                "source": source,
                "target": target,
                "group": group,
                "tokens": tokens,
                "sourceStride": source_width,
                "width": width,
            },
        )
        report.holds(
            f"expand_heads {source_width} {width}",
            np.array_equal(target, np.repeat(source[:, :, :width], group, axis=0)),
        )


def run(emulation, report):
    merge(emulation, report, splits=1, rows=3, dim=64, seed=1)
    merge(emulation, report, splits=5, rows=4, dim=200, seed=2)
    merge(emulation, report, splits=150, rows=4, dim=40, seed=3)
    for dim in (64, 130, 512):
        reduce_softmax(emulation, report, 5, dim, seed=dim)
        rescale(emulation, report, 5, dim, seed=dim)
        normalise(emulation, report, 5, dim, seed=dim)
    for count, blocks in ((1, 1), (255, 3), (4097, 2)):
        elementwise(emulation, report, count, blocks, seed=count)
        memory(emulation, report, count, blocks, seed=count)
    expand(emulation, report, seed=1)
