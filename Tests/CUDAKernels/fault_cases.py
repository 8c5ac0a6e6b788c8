"""Faults planted in copies of the kernels: each must be found, by the emulation's checks or by the comparison.

A fault is one edit of a source. Were it not found, the checks that pass elsewhere would prove little.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import tempfile

import bank_cases
import decode_cases
import prefill_cases
import state_cases
from emulation import KERNELS, ROOT, Emulation, KernelError, Table
from report import Report


def decode(kernel, **case):
    return lambda emulation, report: decode_cases.Decode(emulation, kernel, **case).check(report, kernel)


def prefill(kernel, **case):
    return lambda emulation, report: prefill_cases.attend(emulation, report, kernel, **case)


@dataclasses.dataclass
class Fault:
    """An edit, the case that must show it, and a part of the message; None where the numbers are to be wrong."""

    name: str
    file: str
    before: str
    after: str
    case: object
    message: str | None


FP16 = decode("decode_fp16_128", tokens=200, group=3, kv_heads=2, split=90)
E4M3 = decode("decode_e4m3_256", tokens=200, group=3, kv_heads=2, split=90)
LATENT = decode("decode_latent_fp16_576", tokens=100, group=3)
LATENT_E4M3 = decode("decode_latent_e4m3_576", tokens=100, group=3)
BANKS = lambda kernel: lambda emulation, report: bank_cases.check(emulation, report, kernel)
CAUSAL = prefill("prefill_fp16_64", queries=140, tokens=200)

FAULTS = [
    Fault("prefill: chunks not permuted", "prefill.cu", "(chunk ^ (row & 7))", "chunk", BANKS("prefill_fp16_64"), None),
    Fault(
        "latent: permuted as prefill has it",
        "decode_latent.cu",
        "(row / 2 % 4 * 2) ^ (row % 2 * 4)",
        "row & 7",
        BANKS("decode_latent_fp16_576"),
        None,
    ),
    Fault(
        "decode: a wait too few",
        "decode.cu",
        "waitForCopies<stages - 1>();",
        "waitForCopies<stages>();",
        FP16,
        "asynchronous copy that was not waited for",
    ),
    Fault(
        "decode: no barrier before states replace the queue",
        "decode.cu",
        "    syncBlock();\n    float *block",
        "    float *block",
        FP16,
        "shared memory",
    ),
    Fault(
        "decode: no barrier before states are merged",
        "decode.cu",
        "    syncBlock();\n\n    const int heads",
        "    const int heads",
        FP16,
        "race",
    ),
    Fault(
        "decode: one token too many",
        "decode.cu",
        "const bool valid = own < end;",
        "const bool valid = own <= end;",
        decode("decode_fp16_128", tokens=200),
        "outside of all buffers",
    ),
    Fault(
        "decode: a mask one token late",
        "decode.cu",
        "2 * half + column % 2) < work.end;",
        "2 * half + column % 2) <= work.end;",
        FP16,
        None,
    ),
    Fault("decode: no rescaling", "decode.cu", "numerators[place][column] *= factor[column / 2];", ";", FP16, None),
    Fault(
        "decode: halves of a pair swapped",
        "fragments.cuh",
        "side == 0 ? 0x5410 : 0x7632",
        "side == 0 ? 0x7632 : 0x5410",
        FP16,
        None,
    ),
    Fault(
        "decode: the first block's scale for all of a key",
        "decode.cu",
        "chunk * 64 / scaleBlock",
        "0 * chunk",
        E4M3,
        None,
    ),
    Fault(
        "decode: the first block's scale for all of a value",
        "decode.cu",
        "packWeights(slot, weights, chunk * 8 * valueElements / scaleBlock, operand)",
        "packWeights(slot, weights, 0 * chunk, operand)",
        E4M3,
        None,
    ),
    Fault(
        "decode: a neighbour's query head",
        "fragments.cuh",
        "const int own = lane / 4 + 8 * half;",
        "const int own = (lane / 4 + 1) % 8 + 8 * half;",
        FP16,
        None,
    ),
    Fault(
        "latent: no barrier between logits written and read",
        "decode_latent.cu",
        "      syncBlock();\n      float logits",
        "      float logits",
        LATENT,
        "shared memory",
    ),
    Fault(
        "latent: no barrier before a tile is read",
        "decode_latent.cu",
        "      syncBlock();\n      if (tile + stages - 1 < tiles)",
        "      if (tile + stages - 1 < tiles)",
        LATENT,
        "shared memory",
    ),
    Fault(
        "latent: a segment's scale for its neighbour",
        "decode_latent.cu",
        "part * segment;",
        "(part & ~1) * segment;",
        LATENT_E4M3,
        None,
    ),
    Fault(
        "prefill: no barrier before the next copies",
        "prefill.cu",
        "      // The next turn's copies land where this one's tiles are.\n      syncBlock();\n",
        "",
        CAUSAL,
        "shared memory",
    ),
    Fault(
        "prefill: no barrier after the wait",
        "prefill.cu",
        "waitForCopies<1>();\n      syncBlock();",
        "waitForCopies<1>();",
        CAUSAL,
        "shared memory",
    ),
    Fault(
        "prefill: no wait",
        "prefill.cu",
        "      waitForCopies<1>();\n",
        "",
        CAUSAL,
        "asynchronous copy that was not waited for",
    ),
    Fault(
        "prefill: a causal mask one token late",
        "prefill.cu",
        "valid = whole || other < seen[column / 2]",
        "valid = whole || other <= seen[column / 2]",
        CAUSAL,
        None,
    ),
    Fault(
        "prefill: a mask left out too early",
        "prefill.cu",
        "seenByAll = seenBy(firstQuery + warp * 16)",
        "seenByAll = seenBy(firstQuery + warp * 16 + 15)",
        CAUSAL,
        None,
    ),
    Fault(
        "softmax: a row's maximum of two lanes only",
        "softmax.cuh",
        "      largest = larger(largest, shuffleXor(largest, 2));\n",
        "",
        decode("decode_fp16_128", tokens=200, spread=30.0),
        None,
    ),
    Fault(
        "softmax: a shuffle in half of the warp",
        "softmax.cuh",
        "      denominator[row] += shuffleXor(denominator[row], 1);",
        "      if (threadOfBlock() % 2 == 0) denominator[row] += shuffleXor(denominator[row], 1);",
        FP16,
        "waits for ever",
    ),
    Fault(
        "merge: a barrier in half of the block",
        "merge.cu",
        "  syncBlock();\n  if (threadOfBlock() % 32 == 0)",
        "  if (threadOfBlock() < 64) syncBlock();\n  if (threadOfBlock() % 32 == 0)",
        FP16,
        "shared memory",
    ),
    Fault(
        "merge: no barrier before warps' words are read",
        "merge.cu",
        "  syncBlock();\n  float result",
        "  float result",
        FP16,
        "shared memory",
    ),
    Fault(
        "rescale: the factor written before all have read the LSE",
        "states.cu",
        "    // All have read the LSE.\n    syncBlock();\n",
        "",
        lambda emulation, report: state_cases.rescale(emulation, report, 5, 64, 1),
        "global memory",
    ),
    Fault(
        "copy: one unit too many",
        "memory.cu",
        "if (whole || own < count) store16",
        "if (whole || own <= count) store16",
        lambda emulation, report: state_cases.memory(emulation, report, 4097, 2, 1),
        "outside of all buffers",
    ),
    Fault(
        "sum: one element too many",
        "states.cu",
        "threadOfBlock(); place < count;",
        "threadOfBlock(); place <= count;",
        lambda emulation, report: state_cases.elementwise(emulation, report, 255, 3, 1),
        "outside of all buffers",
    ),
    Fault(
        "read: words of warps that there are not",
        "memory.cu",
        "warp < threadsOfBlock() / 32; ++warp) sum",
        "warp <= threadsOfBlock() / 32; ++warp) sum",
        lambda emulation, report: state_cases.memory(emulation, report, 100, 1, 1),
        "past the 32 of the launch",
    ),
]


def find(place):
    """Plants a fault: None where it was found, else what was wrong instead."""
    fault = FAULTS[place]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        kernels = folder / "kernels"
        shutil.copytree(KERNELS, kernels)
        text = (kernels / fault.file).read_text()
        parts = text.split(fault.before)
        if len(parts) < 2:
            return f"'{fault.before}' is not in {fault.file}"
        (kernels / fault.file).write_text(fault.after.join(parts))
        # Only the source in question, and the merge that the cases need.
        needed = {fault.file} if fault.file.endswith(".cu") else set()
        needed |= {"decode.cu", "merge.cu"} if fault.file in {"fragments.cuh", "softmax.cuh", "decode.cu"} else set()
        needed |= {"merge.cu"} if fault.file == "decode_latent.cu" else set()
        needed |= {"decode.cu"} if fault.file == "merge.cu" else set()
        library = folder / "libemulation.so"
        environment = os.environ | {"EMULATION_OBJECTS": str(ROOT / ".build/cuda/libemulation.so.objects")}
        sources = [
            kernels / name if name == fault.file or fault.file.endswith(".cuh") else KERNELS / name
            for name in sorted(needed)
        ]
        subprocess.run([ROOT / "Tests/CUDAEmulation/build.sh", library, *sources], check=True, env=environment)
        report = Report(quiet=True)
        try:
            fault.case(Emulation(library, Table()), report)
        except KernelError as error:
            if fault.message is None or fault.message not in str(error):
                return f"found otherwise: {error}"
            return None
        if fault.message is not None:
            return "not found"
        return None if report.failures else "not found by comparison"


def run(emulation, report):
    """Plants every fault; processes of their own, so that each has its library."""
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        for fault, found in zip(FAULTS, pool.map(find, range(len(FAULTS)))):
            report.holds(f"fault planted: {fault.name}: {found}", found is None)
