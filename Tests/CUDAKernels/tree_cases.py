"""Whole steps of tree and ring decoding by the kernels that their programs' actions name, on several ranks' memories."""

import numpy as np

from emulation import aligned, array
from formats import from_bits, store
from oracle import Attention

BATCH, KV_HEADS, GROUP, DIM = 2, 2, 3, 128
ROWS = BATCH * KV_HEADS * GROUP
# Of the ranks, or of the blocks of one rank; one has nothing.
SHARDS = (70, 0, 41, 130)
SPLIT = 50


class Step:
    """Queries on every rank, and the keys and values of each rank's tokens."""

    def __init__(self, emulation, seed):
        self.emulation = emulation
        random = np.random.default_rng(seed)
        draw = lambda *shape: store(random.standard_normal(shape), "bf16")
        tokens = sum(SHARDS)
        self.queries, _, queries = draw(BATCH, KV_HEADS, GROUP, DIM)
        keys, _, key_numbers = draw(BATCH, KV_HEADS, tokens, DIM)
        values, _, value_numbers = draw(BATCH, KV_HEADS, tokens, DIM)
        ends = np.cumsum(SHARDS)
        self.shards = [
            (aligned(keys[:, :, end - count : end]), aligned(values[:, :, end - count : end]))
            for end, count in zip(ends, SHARDS)
        ]
        self.exact = [
            Attention(queries[b, h], key_numbers[b, h], value_numbers[b, h], DIM**-0.5, operand="bf16")
            for b in range(BATCH)
            for h in range(KV_HEADS)
        ]
        self.output = np.concatenate([head.output for head in self.exact])
        self.lse = np.concatenate([head.lse for head in self.exact])
        # Every merge and reduction on the way multiplies by two more weights.
        more = 2 * 8 * len(SHARDS) * 2.0**-22
        self.output_error = np.concatenate([head.output_error + more * head.magnitude for head in self.exact])
        self.lse_error = np.concatenate([head.lse_error for head in self.exact]) + more

    def attend(self, shards):
        """The splits' states of several shards one after another, as `attend` over several blocks has it."""
        counts = [max(1, -(-keys.shape[2] // SPLIT)) for keys, _ in shards]
        states = array((sum(counts), ROWS, DIM + 2), np.float32)
        for place, ((keys, values), count) in enumerate(zip(shards, counts)):
            tokens = keys.shape[2]
            self.emulation.launch(
                "decode_bf16_128",
                (count, KV_HEADS, BATCH),
                {
                    "queries": aligned(self.queries),
                    "keys": keys,
                    "values": values,
                    "keyScales": None,
                    "valueScales": None,
                    "states": states[sum(counts[:place]) :],
                    "kvHeads": KV_HEADS,
                    "group": GROUP,
                    "tokens": tokens,
                    "firstToken": 0,
                    "lastToken": tokens,
                    "splitTokens": SPLIT,
                    "logitScale": DIM**-0.5,
                },
            )
        return states

    def merge(self, kernel, states, **targets):
        arguments = {"states": states, "splits": len(states), "rows": ROWS, "dim": DIM} | targets
        self.emulation.launch(kernel, (ROWS,), arguments, splits=len(states))

    def normalise(self, numerators, stride, denominators, denominator_stride):
        output = array((ROWS, DIM), np.uint16)
        self.emulation.launch(
            "normalise_fp32_bf16",
            (ROWS,),
            {
                "numerators": numerators,
                "numeratorStride": stride,
                "denominators": denominators,
                "denominatorStride": denominator_stride,
                "outputs": output,
                "dim": DIM,
            },
        )
        return from_bits(output, "bf16")

    def reduce(self, kernel, target, source):
        self.emulation.launch(kernel, (2,), {"target": target, "source": source, "count": target.size})


def run(emulation, report):
    step = Step(emulation, seed=1)
    compare = lambda name, found: report.compare(f"{name}: output", found, step.output, step.output_error, "bf16")

    # One collective: packed states, combined by the operator.
    states = []
    for shard in step.shards:
        states.append(array((ROWS, DIM + 2), np.float32))
        step.merge("merge_state_fp32", step.attend([shard]), target=states[-1])
    for other in states[1:]:
        emulation.launch("reduce_softmax_fp32", (ROWS,), {"target": states[0], "source": other, "dim": DIM})
    flat = states[0].reshape(-1)
    compare("one-collective tree", step.normalise(flat, DIM + 2, flat[DIM + 1 :], DIM + 2))

    # Three collectives: the largest LSE, then sums of rescaled numerators and denominators, apart or packed.
    for packed in (False, True):
        name = "three-collective tree, packed" if packed else "three-collective tree"
        stride = DIM + 1 if packed else DIM
        outputs, lses = [], []
        for shard in step.shards:
            outputs.append(array((ROWS, stride), np.float32))
            lses.append(array((ROWS,), np.float32))
            if packed:
                step.merge("merge_packed_fp32", step.attend([shard]), target=outputs[-1])
                arguments = {"packed": outputs[-1], "scalars": lses[-1], "rows": ROWS, "dim": DIM, "stride": stride}
                emulation.launch("extract_scalars_fp32", (1,), arguments)
            else:
                step.merge("merge_lse_fp32", step.attend([shard]), outputs=outputs[-1], lses=lses[-1])
        maxima = aligned(lses[0])
        for other in lses[1:]:
            step.reduce("reduce_max_fp32", maxima, other)
        for output, lse in zip(outputs, lses):
            scalars = output.reshape(-1)[DIM:] if packed else lse
            scalar_stride = stride if packed else 1
            arguments = {"outputs": output, "outputStride": stride, "lses": scalars, "lseStride": scalar_stride}
            emulation.launch("rescale_fp32", (ROWS,), arguments | {"maxima": maxima, "dim": DIM})
        for output, lse in zip(outputs[1:], lses[1:]):
            step.reduce("reduce_sum_fp32", outputs[0], output)
            if not packed:
                step.reduce("reduce_sum_fp32", lses[0], lse)
        denominators = outputs[0].reshape(-1)[DIM:] if packed else lses[0]
        compare(name, step.normalise(outputs[0], stride, denominators, stride if packed else 1))

    # All blocks on one rank, in one attend; and a block at a time into a running state, as the ring has it.
    output, lse = array((ROWS, DIM), np.float32), array((ROWS,), np.float32)
    step.merge("merge_lse_fp32", step.attend(step.shards), outputs=output, lses=lse)
    report.compare("all blocks: output", output, step.output, step.output_error)
    report.compare("all blocks: LSE", lse, step.lse, step.lse_error)
    numerators, scalars = array((ROWS, DIM), np.float32), array((2, ROWS), np.float32)
    for place, shard in enumerate(step.shards):
        targets = {"numerators": numerators, "scalars": scalars, "fresh": int(place == 0)}
        step.merge("merge_into_fp32", step.attend([shard]), **targets)
    compare("ring", step.normalise(numerators, DIM, scalars[1], 1))
