"""Decode and merge kernels against the oracle: formats, head dims, groups, splits, windows, ragged ends."""

import numpy as np

from emulation import aligned, array
from formats import from_bits, store, to_bits
from oracle import Attention


class Decode:
    """One step of decoding: tensors in memory, the kernels' states, and the exact attention of every row."""

    def __init__(
        self,
        emulation,
        kernel,
        batch=1,
        kv_heads=1,
        group=1,
        tokens=1,
        first=0,
        last=None,
        split=None,
        spread=1.0,
        seed=1,
        edit=None,
    ):
        contract = emulation.table.kernels[kernel]
        self.emulation, self.contract = emulation, contract
        cache, form, dim = contract["cache"], contract["queries"], contract["dim"]
        value_dim = contract.get("valueDim", dim)
        shares = value_dim != dim
        self.rows, self.dim = batch * kv_heads * group, value_dim
        last = tokens if last is None else last
        split = max(last - first, 1) if split is None else split
        self.splits = max(1, -(-(last - first) // split))
        random = np.random.default_rng(seed)
        draw = lambda *shape: random.standard_normal(shape)
        queries = draw(batch, kv_heads, group, dim) * spread / np.sqrt(dim)
        keys = draw(batch, kv_heads, tokens, dim)
        values = draw(batch, kv_heads, tokens, value_dim)
        if edit:
            edit(queries, keys, values)
        query_words, _, queries = store(queries, form)
        key_words, key_scales, keys = store(keys, cache)
        value_words, value_scales, values = store(values, cache)
        if shares:
            values = keys[..., :value_dim]
        self.states = array((self.splits, self.rows, value_dim + 2), np.float32)
        scale = 0.75
        arguments = {
            "queries": aligned(query_words),
            "keys": aligned(key_words),
            "keyScales": None if key_scales is None else aligned(key_scales),
            "states": self.states,
            "kvHeads": kv_heads,
            "group": group,
            "tokens": tokens,
            "firstToken": first,
            "lastToken": last,
            "splitTokens": split,
            "logitScale": scale,
        }
        if not shares:
            arguments["values"] = aligned(value_words)
            arguments["valueScales"] = None if value_scales is None else aligned(value_scales)
        self.kernel, self.arguments = kernel, arguments
        self.grid = (self.splits, kv_heads * -(-group // 16), batch)
        emulation.launch(kernel, self.grid, arguments)
        self.numbers = {"queries": queries, "keys": keys, "values": values}
        # Edited numbers may have no exact attention.
        heads = [] if edit else [(b, h) for b in range(batch) for h in range(kv_heads)]
        self.exact = [
            Attention(queries[b, h], keys[b, h, first:last], values[b, h, first:last], scale, operand=form)
            for b, h in heads
        ]

    def same_in_another_order(self):
        """Whether other orders of threads give the same bits."""
        before = self.states.copy()
        for seed in (101, 102):
            self.states.fill(-1)
            self.emulation.launch(self.kernel, self.grid, self.arguments, seed=seed)
            if not np.array_equal(before.view(np.uint32), self.states.view(np.uint32)):
                return False
        return True

    def joined(self, name):
        return np.concatenate([getattr(head, name) for head in self.exact])

    def check(self, report, label):
        """Merges the splits and compares what all kernels of the family make of them."""
        rows, dim, splits = self.rows, self.dim, self.splits
        output, lse = array((rows, dim), np.float32), array((rows,), np.float32)
        self.merge("merge_lse_fp32", outputs=output, lses=lse)
        report.compare(f"{label}: output", output, self.joined("output"), self.joined("output_error"))
        report.compare(f"{label}: LSE", lse, self.joined("lse"), self.joined("lse_error"))
        state = array((rows, dim + 2), np.float32)
        self.merge("merge_state_fp32", target=state)
        d = self.joined("denominator")
        error = self.joined("weight_error") + self.joined("logit_error")
        report.compare(f"{label}: maximum", state[:, dim], self.joined("maximum"), self.joined("logit_error") + 1e-6)
        report.compare(f"{label}: denominator", state[:, dim + 1], d, d * error)
        report.compare(
            f"{label}: numerators",
            state[:, :dim],
            self.joined("numerators"),
            d[:, None] * (self.joined("output_error") + error[:, None] * self.joined("magnitude")),
        )

    def merge(self, kernel, splits=None, **targets):
        arguments = {"states": self.states, "splits": self.splits, "rows": self.rows, "dim": self.dim} | targets
        self.emulation.launch(kernel, (self.rows,), arguments, splits=self.splits)


def run(emulation, report, quick=False):
    """All cases of decode and merge."""
    for instance in emulation.table.instances("decode") + emulation.table.instances("decode_latent"):
        name = instance["name"]
        # One tile, less than one, one more token than whole tiles, several tiles a warp; groups of one, a few, 16, 17.
        cases = [
            dict(tokens=1),
            dict(tokens=16, group=4),
            dict(tokens=17, group=16),
            dict(tokens=15, group=3),
            dict(tokens=323, group=8, batch=2, kv_heads=2, split=100),
            dict(tokens=257, group=17, kv_heads=3, split=64),
            dict(tokens=200, group=5, first=37, last=171, split=50, kv_heads=2),
            dict(tokens=140, group=2, spread=12.0, split=33),
        ]
        for place, case in enumerate(cases):
            Decode(emulation, name, seed=place + 1, **case).check(report, f"{name} {case}")
        random = np.random.default_rng(len(name))
        for place in range(3):
            tokens = int(random.integers(1, 400))
            first, last = sorted(int(token) for token in random.integers(0, tokens + 1, 2))
            case = dict(
                tokens=tokens,
                first=first,
                last=last,
                group=int(random.integers(1, 17)),
                kv_heads=int(random.integers(1, 4)),
                batch=int(random.integers(1, 3)),
                split=int(random.integers(20, 300)),
                spread=float(random.choice([0.1, 1, 5])),
            )
            Decode(emulation, name, seed=100 + place, **case).check(report, f"{name} {case}")
        step = Decode(emulation, name, tokens=150, group=5, split=70)
        report.holds(f"{name}: the same bits in any order of threads", step.same_in_another_order())
    for name in ("decode_bf16_128", "decode_e4m3_64", "decode_latent_e4m3_576"):
        # No token at all, and a split beyond the last token: the state of no keys.
        empty = Decode(emulation, name, tokens=4, first=2, last=2, group=3)
        report.holds(
            f"{name}: no tokens",
            (empty.states[..., -2] == -np.inf).all()
            and (empty.states[..., :-2] == 0).all()
            and (empty.states[..., -1] == 0).all(),
        )

        # In different warps' parts of keys and values.
        for tensor, element in (("keys", 5), ("keys", 63), ("values", 17)):

            def poison(queries, keys, values):
                {"keys": keys, "values": values}[tensor][0, 0, 20, element] = np.nan

            if tensor == "values" and name.startswith("decode_latent"):
                continue
            poisoned = Decode(emulation, name, tokens=70, group=2, kv_heads=2, split=32, edit=poison)
            output, lse = array((4, poisoned.dim), np.float32), array((4,), np.float32)
            poisoned.merge("merge_lse_fp32", outputs=output, lses=lse)
            shown = np.isnan(output[:2]).any() if tensor == "values" else np.isnan(output[:2]).all()
            shown &= tensor == "values" or np.isnan(lse[:2]).all()
            report.holds(
                f"{name}: NaN of {tensor} shows in its own heads, and nowhere else",
                shown and np.isfinite(output[2:]).all() and np.isfinite(lse[2:]).all(),
            )

    # The rotary part of a latent key, which is no value.
    def rotary(queries, keys, values):
        keys[0, 0, 20, 570] = np.nan

    poisoned = Decode(emulation, "decode_latent_e4m3_576", tokens=70, group=2, edit=rotary)
    report.holds("decode_latent_e4m3_576: NaN of a rotary part", np.isnan(poisoned.states[0, :, :-2]).all())
    for name in ("decode_fp16_64", "decode_bf16_256", "decode_latent_bf16_576"):
        infinite(emulation, report, name)


def infinite(emulation, report, name):
    """A logit of plus infinity has no softmax; one of minus infinity is a key that isn't there."""

    def edit(queries, keys, values):
        # Half of the heads see plus infinity, the others minus infinity.
        queries[..., 5] = np.where(np.arange(queries.shape[2]) % 2 == 0, 1, -1)
        keys[0, 0, 20, 5] = np.inf

    step = Decode(emulation, name, tokens=70, group=6, split=32, edit=edit)
    output, lse = array((6, step.dim), np.float32), array((6,), np.float32)
    step.merge("merge_lse_fp32", outputs=output, lses=lse)
    report.holds(f"{name}: plus infinity is NaN", np.isnan(output[::2]).all() and np.isnan(lse[::2]).all())
    keys = step.numbers["keys"][0, 0].copy()
    keys[20] = 0
    visible = np.arange(70)[None, :] != 20
    values = step.numbers["values"][0, 0].copy()
    values[20] = 0
    exact = Attention(step.numbers["queries"][0, 0], keys, values, 0.75, visible, step.contract["queries"])
    if step.dim == step.contract["dim"]:
        # Where values are a view of the keys the infinite key is an infinite value too, and no weight makes it finite.
        report.compare(f"{name}: minus infinity: output", output[1::2], exact.output[1::2], exact.output_error[1::2])
    report.compare(f"{name}: minus infinity: LSE", lse[1::2], exact.lse[1::2], exact.lse_error[1::2])
