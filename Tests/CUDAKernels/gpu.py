"""Launches kernels on a real GPU, as emulation.py does in the emulation, through the driver alone.

Needs libcuda, and machine code that compile.py --sass has left in a folder; so a machine without NVRTC will do.
"""

import ctypes
import pathlib

import numpy as np

from emulation import CTYPES, KernelError, Table

MAX_DYNAMIC_SHARED_BYTES = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
COMPUTE_CAPABILITY = (75, 76)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR
# What lies before and after every allocation, and must lie there after the launch.
GUARD = np.full(4096, 0xA5, dtype=np.uint8)


class GPU:
    """The first device; `launch` is that of Emulation."""

    def __init__(self, folder, table=None, library="libcuda.so.1"):
        self.table = table or Table()
        self.driver = ctypes.CDLL(str(library))
        self.call("cuInit", 0)
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.call("cuDeviceGet", ctypes.byref(device), 0)
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.call("cuCtxSetCurrent", context)
        major, minor = (self.attribute(which, device) for which in COMPUTE_CAPABILITY)
        self.arch = f"sm_{major}{minor}" + ("a" if major == 9 else "")
        self.functions = {}
        for source in {family["source"] for family in self.table.families.values()}:
            code = pathlib.Path(folder) / f"{source}.{self.arch}.cubin"
            if not code.exists():
                raise FileNotFoundError(f"{code}: run compile.py --arch {self.arch} --sass {folder}")
            module = ctypes.c_void_p()
            self.call("cuModuleLoadData", ctypes.byref(module), code.read_bytes())
            for name, kernel in self.table.kernels.items():
                if kernel["family"]["source"] == source:
                    function = ctypes.c_void_p()
                    self.call("cuModuleGetFunction", ctypes.byref(function), module, name.encode())
                    self.functions[name] = function
        self.launches = 0

    def call(self, name, *arguments):
        result = getattr(self.driver, name)(*arguments)
        if result != 0:
            text = ctypes.c_char_p()
            self.driver.cuGetErrorName(result, ctypes.byref(text))
            raise KernelError(f"{name}: {text.value.decode() if text.value else result}")

    def attribute(self, which, device):
        value = ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(value), which, device)
        return value.value

    def launch(self, name, grid, arguments, splits=0, seed=None, shared=None):
        """Copies arrays to the device, runs the kernel, and copies back those that it writes."""
        contract = self.table.kernels[name]
        declared = contract["family"]["arguments"]
        self.launches += 1
        arrays = [
            (arguments[argument["name"]], argument["access"] != "read")
            for argument in declared
            if argument["type"] == "address" and arguments[argument["name"]] is not None
        ]
        allocations = [Allocation(self, members) for members in overlapping(arrays)]
        cells = []
        for argument in declared:
            value = arguments[argument["name"]]
            if argument["type"] == "address" and value is not None:
                place = value.ctypes.data
                value = next(own.device(place) for own in allocations if own.start <= place <= own.end)
            cells.append(CTYPES[argument["type"]](value))
        pointers = (ctypes.c_void_p * max(len(cells), 1))(*[ctypes.addressof(cell) for cell in cells])
        if shared is None:
            shared = contract["shared"] + contract.get("perSplit", 0) * splits
        function = self.functions[name]
        if shared > 48 << 10:
            self.call("cuFuncSetAttribute", function, MAX_DYNAMIC_SHARED_BYTES, shared)
        grid = tuple(grid) + (1,) * (3 - len(grid))
        self.call("cuLaunchKernel", function, *grid, contract["threads"], 1, 1, shared, None, pointers, None)
        self.call("cuCtxSynchronize")
        for allocation in allocations:
            allocation.finish(name)


def overlapping(arrays):
    """Arrays, with whether they are written, in groups that share memory: strided views of one, say."""
    groups = []
    for array, writable in sorted(arrays, key=lambda item: item[0].ctypes.data):
        if groups and array.ctypes.data < max(other.ctypes.data + other.nbytes for other, _ in groups[-1]):
            groups[-1].append((array, writable))
        else:
            groups.append([(array, writable)])
    return groups


class Allocation:
    """Device memory for arrays that share memory, at the same place modulo 256 bytes, between two guards."""

    def __init__(self, gpu, members):
        self.gpu, self.writable = gpu, any(writable for _, writable in members)
        self.start = members[0][0].ctypes.data
        self.end = max(array.ctypes.data + array.nbytes for array, _ in members)
        self.offset = GUARD.size + self.start % 256
        self.bytes = self.offset + (self.end - self.start) + GUARD.size
        self.address = ctypes.c_uint64()
        gpu.call("cuMemAlloc_v2", ctypes.byref(self.address), ctypes.c_size_t(self.bytes))
        image = np.resize(GUARD, self.bytes)
        image[self.offset : self.offset + self.end - self.start] = self.host()
        gpu.call("cuMemcpyHtoD_v2", self.address, image.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(self.bytes))

    def host(self):
        """The arrays' memory on the host, as bytes."""
        size = self.end - self.start
        return np.frombuffer((ctypes.c_uint8 * size).from_address(self.start), dtype=np.uint8)

    def device(self, place):
        return self.address.value + self.offset + place - self.start

    def finish(self, name):
        """Copies back what was written, and checks that nothing else was."""
        image = np.empty(self.bytes, dtype=np.uint8)
        gpu = self.gpu
        gpu.call("cuMemcpyDtoH_v2", image.ctypes.data_as(ctypes.c_void_p), self.address, ctypes.c_size_t(self.bytes))
        gpu.call("cuMemFree_v2", self.address)
        inside = slice(self.offset, self.offset + self.end - self.start)
        kept = np.array_equal(image[: inside.start], np.resize(GUARD, inside.start))
        kept &= np.array_equal(image[inside.stop :], np.resize(GUARD, self.bytes)[inside.stop :])
        if not kept:
            raise KernelError(f"{name}: writes outside of a buffer")
        if self.writable:
            self.host()[...] = image[inside]
        elif not np.array_equal(image[inside], self.host()):
            raise KernelError(f"{name}: writes to a buffer that is only read")
