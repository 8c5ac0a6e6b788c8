"""Compiles every kernel for every architecture with NVRTC, with no GPU, and checks the machine code.

    python compile.py [--arch sm_80,sm_90a] [--sass FOLDER]

Prints registers, shared memory, spills and theoretical occupancy of each kernel; fails where a kernel spills or uses
local memory, where its registers or shared memory leave no room for one block, where the loop of attention loads keys or
values otherwise than by asynchronous copies of 128 bits (but for what Sources/CUDABackend/README.md says), and where it
lacks tensor-core instructions. What is printed comes from compilers; nothing runs.
"""

import argparse
import concurrent.futures
import ctypes
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from emulation import KERNELS, Table

# CUDA C++ Programming Guide 12.9, "Technical Specifications per Compute Capability": KiB of shared memory of a
# multiprocessor and of a block, warps and blocks of a multiprocessor. All have 64 Ki registers, dealt to warps in
# units of 256, and take 1 KiB of shared memory a block for the system.
LIMITS = {
    "sm_80": (164, 163, 64, 32),
    "sm_86": (100, 99, 48, 16),
    "sm_89": (100, 99, 48, 24),
    "sm_90a": (228, 227, 64, 32),
    "sm_100": (228, 227, 64, 32),
}
REGISTERS = 64 << 10
FAMILIES_ON_TENSOR_CORES = {"decode", "decode_latent", "prefill"}
# Splits at which kernels with shared memory a split are counted.
SPLITS = 132


def site(package, pattern):
    """A file of an installed package."""
    for file in importlib.metadata.files(package):
        if re.search(pattern, str(file)):
            return pathlib.Path(file.locate())
    raise FileNotFoundError(f"{package} has no file like {pattern}")


class Nvrtc:
    """libnvrtc, as the backend uses it: sources and headers by name, no headers of the toolkit."""

    def __init__(self):
        self.library = ctypes.CDLL(str(site("nvidia-cuda-nvrtc-cu12", r"libnvrtc\.so\.12$")))
        self.library.nvrtcGetErrorString.restype = ctypes.c_char_p

    def version(self):
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        return f"{major.value}.{minor.value}"

    def call(self, function, *arguments):
        result = getattr(self.library, function)(*arguments)
        if result != 0:
            raise RuntimeError(f"{function}: {self.library.nvrtcGetErrorString(result).decode()}")

    def text(self, what, program):
        size = ctypes.c_size_t()
        self.call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self.call(f"nvrtcGet{what}", program, buffer)
        return buffer.raw

    def compile(self, source, headers, arch):
        """The machine code of a source and the compiler's log."""
        names = (ctypes.c_char_p * len(headers))(*[header.encode() for header in headers])
        texts = (ctypes.c_char_p * len(headers))(*[(KERNELS / header).read_bytes() for header in headers])
        program = ctypes.c_void_p()
        self.call(
            "nvrtcCreateProgram",
            ctypes.byref(program),
            (KERNELS / source).read_bytes(),
            source.encode(),
            len(headers),
            texts,
            names,
        )
        options = [f"--gpu-architecture={arch}".encode(), b"--std=c++17", b"--ptxas-options=-v"]
        try:
            self.call("nvrtcCompileProgram", program, len(options), (ctypes.c_char_p * len(options))(*options))
        except RuntimeError as error:
            raise RuntimeError(f"{source} for {arch}: {error}\n{self.text('ProgramLog', program).decode()}")
        log = self.text("ProgramLog", program).rstrip(b"\0").decode()
        code = self.text("CUBIN", program)
        self.call("nvrtcDestroyProgram", ctypes.byref(program))
        return code, log


def resources(log):
    """Registers, spilled bytes and bytes of local memory of each kernel, from the log of ptxas."""
    found = {}
    for part in log.split("Compiling entry function '")[1:]:
        name = part.split("'")[0]
        stack, stores, loads = map(
            int, re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part).groups()
        )
        found[name] = {
            "registers": int(re.search(r"Used (\d+) registers", part).group(1)),
            "spills": stores + loads,
            "stack": stack,
        }
    return found


def listings(code, folder, name):
    """The instructions of each kernel, with labels, from nvdisasm."""
    file = pathlib.Path(folder) / f"{name}.cubin"
    file.write_bytes(code)
    tool = site("nvidia-cuda-nvdisasm", r"bin/nvdisasm$")
    text = subprocess.run([tool, "-c", file], check=True, capture_output=True, text=True).stdout
    (pathlib.Path(folder) / f"{name}.sass").write_text(text)
    parts = re.split(r"^\.text\.(\w+):$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def loops(listing):
    """The instructions of every loop: from a label to a later branch back to it."""
    lines = listing.splitlines()
    labels = {}
    for place, line in enumerate(lines):
        label = re.match(r"^(\.L_\w+):", line)
        if label:
            labels[label.group(1)] = place
        branch = re.search(r"\bBRA\b.*`\((\.L_\w+)\)", line)
        if branch and branch.group(1) in labels:
            yield "\n".join(lines[labels[branch.group(1)] : place + 1])


def check_code(kernel, listing):
    """What is wrong with a kernel's machine code."""
    family = kernel["family"]["name"]
    if re.search(r"\b(LDL|STL)\b", listing):
        yield "accesses local memory"
    if family in FAMILIES_ON_TENSOR_CORES:
        product = "HMMA.16816.F32.BF16" if kernel.get("queries", kernel.get("element")) == "bf16" else "HMMA.16816.F32 "
        # Out-of-line code of diverged warps jumps back as well; the loop is what both copies and multiplies.
        inner = [loop for loop in loops(listing) if product in loop and re.search(r"\bLDGSTS\.E\S*\.128\b", loop)]
        if not inner:
            yield f"has no loop with {product.strip()} and asynchronous copies of 128 bits"
        inner = sorted(inner, key=len)[:1]
        for loop in inner:
            copies = re.findall(r"\bLDGSTS\.E(\.\S*)?", loop)
            # Scales are single words; values of e4m3 in rows of 64 bytes are 8 bytes a lane.
            allowed = {".64", ""} if kernel.get("cache") == "e4m3" else set()
            other = {copy for copy in copies if not copy.endswith(".128")} - allowed
            if other:
                yield f"copies otherwise than by 128 bits in its loop: {other}"
            if re.search(r"\bLDG\.", loop):
                yield "loads from global memory past its queue in its loop"
        if family == "prefill" and not any("LDSM.16.M88.4" in loop and "LDSM.16.MT88.4" in loop for loop in inner):
            yield "has no loop with ldmatrix of keys and of values"
    if family in {"memory_read", "memory_copy", "memory_triad"}:
        if not any(len(re.findall(r"\bLDG\.E\S*\.128", loop)) >= 4 for loop in loops(listing)):
            yield "has no loop with four loads of 128 bits"
        if family != "memory_read" and "STG.E.128" not in listing:
            yield "has no stores of 128 bits"


def occupancy(arch, registers, shared, threads):
    """The blocks that a multiprocessor holds at once."""
    memory, most, warps, blocks = LIMITS[arch]
    if shared > most << 10:
        return 0
    own = -(-threads // 32)
    by_registers = REGISTERS // (-(-registers * 32 // 256) * 256) // own
    return min(blocks, warps // own, (memory << 10) // (shared + 1024), by_registers)


def job(source, headers, arch, folder):
    begin = time.time()
    code, log = Nvrtc().compile(source, headers, arch)
    return source, arch, resources(log), listings(code, folder, f"{source}.{arch}"), log, time.time() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    table = Table()
    parser.add_argument("--arch", default=",".join(table.document["architectures"]))
    parser.add_argument("--sass", help="keep machine code and its disassembly in this folder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    archs = options.arch.split(",")
    for arch in archs:
        if arch not in LIMITS:
            parser.error(f"no limits are known for {arch}: expected one of {', '.join(LIMITS)}")
    sources = sorted({family["source"] for family in table.document["families"]})
    print(f"NVRTC {Nvrtc().version()}, {len(table.kernels)} kernels of {len(sources)} sources, for {', '.join(archs)}")
    begin = time.time()
    failures, rows, passed = [], {}, 0
    folder = options.sass or tempfile.mkdtemp()
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        jobs = [
            pool.submit(job, source, table.document["headers"], arch, folder) for source in sources for arch in archs
        ]
        for done in concurrent.futures.as_completed(jobs):
            source, arch, found, code, log, seconds = done.result()
            declared = {name for name, kernel in table.kernels.items() if kernel["family"]["source"] == source}
            problems = (
                [f"{source}: kernels.json and the source differ by {sorted(declared ^ set(found))}"]
                if declared != set(found)
                else []
            )
            if re.search(r"\b(warning|error)\b", log):
                problems.append(f"{source} for {arch}: the compiler complains:\n{log}")
            for name in sorted(declared & set(found)):
                kernel, use = table.kernels[name], found[name]
                shared = kernel["shared"] + kernel.get("perSplit", 0) * SPLITS
                use |= {
                    "shared": shared,
                    "blocks": occupancy(arch, use["registers"], shared, kernel["threads"]),
                    "threads": kernel["threads"],
                }
                rows[name, arch] = use
                own = list(check_code(kernel, code[name]))
                if use["spills"] or use["stack"]:
                    own.append(f"spills {use['spills']} bytes, and has {use['stack']} bytes of local memory")
                if use["blocks"] == 0:
                    own.append("does not fit into a multiprocessor")
                passed += not own
                problems += [f"{name} for {arch}: {problem}" for problem in own]
            failures += problems
    print(f"{'kernel':24} {'shared':>7}  " + "  ".join(f"{arch:>20}" for arch in archs))
    print(f"{'':24} {'bytes':>7}  " + "  ".join(f"{'reg spill blk warps %':>20}" for _ in archs))
    for name in table.kernels:
        cells = []
        for arch in archs:
            use = rows.get((name, arch))
            if use:
                warps = use["blocks"] * use["threads"] // 32
                cells.append(
                    f"{use['registers']:3} {use['spills']:5} {use['blocks']:3} {warps:3}"
                    f" {100 * warps // LIMITS[arch][2]:3}%"
                )
        print(
            f"{name:24} {rows[name, archs[0]]['shared'] if (name, archs[0]) in rows else 0:>7}  "
            + "  ".join(f"{cell:>20}" for cell in cells)
        )
    print(f"Merge kernels are counted with {SPLITS} splits. Compiled in {time.time() - begin:.0f} s.")
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
