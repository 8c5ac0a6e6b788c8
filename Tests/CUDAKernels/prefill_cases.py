"""Prefill kernels against the oracle: causal and full masks, ragged queries and keys, groups."""

import numpy as np

from emulation import aligned, array
from formats import from_bits, store
from oracle import Attention


def attend(
    emulation, report, kernel, batch=1, kv_heads=1, group=1, queries=1, tokens=1, causal=True, spread=1.0, seed=1
):
    contract = emulation.table.kernels[kernel]
    form, dim = contract["element"], contract["dim"]
    random = np.random.default_rng(seed)
    draw = lambda *shape: store(random.standard_normal(shape), form)
    rows = batch * kv_heads * group
    query_words, _, query_numbers = draw(batch, kv_heads, group, queries, dim)
    key_words, _, key_numbers = draw(batch, kv_heads, tokens, dim)
    value_words, _, value_numbers = draw(batch, kv_heads, tokens, dim)
    outputs, lses = array((rows, queries, dim), np.uint16), array((rows, queries), np.float32)
    scale = spread / np.sqrt(dim)
    first = tokens - queries + 1 if causal else tokens
    emulation.launch(
        kernel,
        (-(-queries // 128), kv_heads * group, batch),
        {
            "queries": aligned(query_words),
            "keys": aligned(key_words),
            "values": aligned(value_words),
            "outputs": outputs,
            "lses": lses,
            "group": group,
            "queryCount": queries,
            "tokens": tokens,
            "seenByFirst": first,
            "logitScale": scale,
        },
    )
    scale = float(np.float32(scale))
    visible = np.arange(tokens)[None, :] < np.arange(queries)[:, None] + first
    label = f"{kernel} b{batch} h{kv_heads}x{group} {queries}x{tokens} {'causal' if causal else 'full'} {spread}"
    for row in range(rows):
        b, h, g = row // (kv_heads * group), row // group % kv_heads, row % group
        exact = Attention(query_numbers[b, h, g], key_numbers[b, h], value_numbers[b, h], scale, visible, form)
        report.compare(f"{label}: output", from_bits(outputs[row], form), exact.output, exact.output_error, form)
        report.compare(f"{label}: LSE", lses[row], exact.lse, exact.lse_error)


def run(emulation, report):
    for instance in emulation.table.instances("prefill"):
        name = instance["name"]
        attend(emulation, report, name, queries=130, tokens=130, group=2)
        attend(emulation, report, name, queries=1, tokens=65, causal=False, kv_heads=2)
        attend(emulation, report, name, queries=37, tokens=201, group=2, kv_heads=2, spread=6.0, seed=2)
        attend(emulation, report, name, batch=2, queries=100, tokens=64, causal=False, seed=3)
    # Queries before the first token, which see nothing.
    attend(emulation, report, "prefill_fp16_64", queries=140, tokens=5, seed=4)
    poisoned(emulation, report)


def poisoned(emulation, report):
    """NaN in a key shows in the queries that see it, and in no other."""
    random = np.random.default_rng(5)
    queries, keys, values = (random.standard_normal((100, 64)) for _ in range(3))
    keys[70, 3] = np.nan
    outputs, lses = array((100, 64), np.uint16), array((100,), np.float32)
    emulation.launch(
        "prefill_bf16_64",
        (1,),
        {
            "queries": aligned(store(queries, "bf16")[0]),
            "keys": aligned(store(keys, "bf16")[0]),
            "values": aligned(store(values, "bf16")[0]),
            "outputs": outputs,
            "lses": lses,
            "group": 1,
            "queryCount": 100,
            "tokens": 100,
            "seenByFirst": 1,
            "logitScale": 0.125,
        },
    )
    output = from_bits(outputs, "bf16")
    report.holds(
        "prefill_bf16_64: NaN shows in the queries that see it, and in no other",
        np.isnan(output[70:]).all()
        and np.isnan(lses[70:]).all()
        and np.isfinite(output[:70]).all()
        and np.isfinite(lses[:70]).all(),
    )
