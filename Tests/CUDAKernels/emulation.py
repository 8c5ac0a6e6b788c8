"""Launches kernels in the emulation, by the contracts of kernels.json."""

import ctypes
import json
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = ROOT / "Sources/CUDABackend/Kernels"
CTYPES = {"address": ctypes.c_void_p, "int32": ctypes.c_int32, "int64": ctypes.c_int64, "float": ctypes.c_float}


class KernelError(Exception):
    """A kernel did what it must not; the message says which thread, and what."""


class Table:
    """kernels.json: the contract of every kernel by its name."""

    def __init__(self, path=KERNELS / "kernels.json"):
        self.document = json.loads(path.read_text())
        self.families, self.kernels = {}, {}
        self.add(path)

    def add(self, path):
        """Adds the kernels of another file."""
        for family in json.loads(path.read_text())["families"]:
            self.families[family["name"]] = family
            for instance in family["instances"]:
                if instance["name"] in self.kernels:
                    raise ValueError(f"{path} has a second kernel {instance['name']}")
                self.kernels[instance["name"]] = {"family": family} | instance

    def instances(self, family):
        return self.families[family]["instances"]


class Emulation:
    """The shared library that Tests/CUDAEmulation/build.sh makes."""

    def __init__(self, library, table=None):
        self.table = table or Table()
        self.library = ctypes.CDLL(str(library))
        self.library.emulation_error.restype = ctypes.c_char_p
        self.library.emulation_kernel_name.restype = ctypes.c_char_p
        self.library.emulation_add_buffer.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int]
        self.library.emulation_remove_buffer.argtypes = [ctypes.c_void_p]
        self.library.emulation_set_seed.argtypes = [ctypes.c_uint64]
        self.library.emulation_bank_conflicts.restype = ctypes.POINTER(ctypes.c_uint64)
        self.launches = 0

    def bank_conflicts(self, run):
        """Calls a function, and returns what its last launch did in shared memory by 8 or 16 bytes an access: the
        waits of a warp's lanes for one another in reads and in writes, and the instructions counted, likewise."""
        self.library.emulation_count_bank_conflicts(1)
        run()
        self.library.emulation_count_bank_conflicts(0)
        return tuple(self.library.emulation_bank_conflicts()[place] for place in range(4))

    def kernels(self):
        """The threads a block of every kernel in the library, by name."""
        count = self.library.emulation_kernel_count()
        return {
            self.library.emulation_kernel_name(index).decode(): self.library.emulation_kernel_threads(index)
            for index in range(count)
        }

    def launch(self, name, grid, arguments, splits=0, seed=None, shared=None):
        """Runs a kernel on numpy arrays, which it writes in place.

        Arrays are known to the emulation by exactly their extent, and as writable only where the contract says that
        the kernel writes there. `arguments` are by name; every one must be given.
        """
        contract = self.table.kernels[name]
        declared = contract["family"]["arguments"]
        unknown = set(arguments) - {argument["name"] for argument in declared}
        if unknown:
            raise ValueError(f"{name} has no arguments {unknown}")
        self.launches += 1
        self.library.emulation_set_seed(self.launches if seed is None else seed)
        cells, arrays = [], {}
        for argument in declared:
            value = arguments[argument["name"]]
            if argument["type"] == "address" and value is not None:
                alignment = argument["alignment"]
                if isinstance(alignment, str):
                    alignment = {"fp32": 4, "fp16": 2, "bf16": 2}[contract[alignment]]
                if value.ctypes.data % alignment != 0:
                    raise ValueError(f"{name}: {argument['name']} is not aligned to {alignment}")
                if not value.flags.c_contiguous:
                    raise ValueError(f"{name}: {argument['name']} is not contiguous")
                place = value.ctypes.data
                writable = argument["access"] != "read"
                # A buffer may be given twice, as values that are a view of keys.
                size, before = arrays.get(place, (0, False))
                arrays[place] = (max(size, value.nbytes), before or writable)
                value = place
            cells.append(CTYPES[argument["type"]](value))
        pointers = (ctypes.c_void_p * max(len(cells), 1))(*[ctypes.addressof(cell) for cell in cells])
        for place, (size, writable) in arrays.items():
            self.library.emulation_add_buffer(place, size, writable)
        grid = tuple(grid) + (1,) * (3 - len(grid))
        if shared is None:
            shared = contract["shared"] + contract.get("perSplit", 0) * splits
        result = self.library.emulation_launch(name.encode(), *grid, contract["threads"], 1, 1, shared, pointers)
        for place in arrays:
            self.library.emulation_remove_buffer(place)
        if result != 0:
            raise KernelError(self.library.emulation_error().decode())


def array(shape, dtype, fill=None):
    """An array at a multiple of 256 bytes, as the driver's allocations are; filled with ones in every bit, or so."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    memory = np.full(count * dtype.itemsize + 256, 0xFF, dtype=np.uint8)
    start = -memory.ctypes.data % 256
    result = memory[start : start + count * dtype.itemsize].view(dtype).reshape(shape)
    if fill is not None:
        result[...] = fill
    return result


def aligned(values):
    """The same numbers at a multiple of 256 bytes."""
    return array(values.shape, values.dtype, values)
