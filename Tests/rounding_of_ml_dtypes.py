#!/usr/bin/env python3
"""Writes how ml_dtypes rounds: for each single, its bits and those that it has after a trip through each format.

Usage: rounding_of_ml_dtypes.py SEED COUNT > FILE

The file holds little-endian 32-bit words: for each number its own bits, then those of bfloat16, float16, float8_e4m3fn
and float8_e5m2, turned back into singles. The numbers are every code of every format, the middle between each two
neighbours and the singles beside it, powers of two, and so many random bit patterns.
"""
import sys

import ml_dtypes
import numpy

formats = [ml_dtypes.bfloat16, numpy.float16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]


def codes(kind):
    size = numpy.dtype(kind).itemsize
    every = numpy.arange(1 << (8 * size), dtype=f"uint{8 * size}")
    return every.view(kind).astype(numpy.float32)


def numbers(seed, count):
    parts = [numpy.random.default_rng(seed).integers(0, 1 << 32, count, dtype=numpy.uint32).view(numpy.float32)]
    for kind in formats:
        values = codes(kind)
        values = numpy.unique(values[numpy.isfinite(values)])
        middles = (values[1:].astype(numpy.float64) + values[:-1].astype(numpy.float64)) / 2
        middles = middles.astype(numpy.float32)
        parts += [codes(kind), middles, numpy.nextafter(middles, numpy.float32(numpy.inf))]
        parts += [numpy.nextafter(middles, numpy.float32(-numpy.inf))]
    parts.append(numpy.float32(2.0) ** numpy.arange(-149, 128, dtype=numpy.float32))
    return numpy.concatenate(parts)


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    with numpy.errstate(all="ignore"):
        values = numbers(seed, count)
        columns = [values] + [values.astype(kind).astype(numpy.float32) for kind in formats]
    table = numpy.stack([column.view(numpy.uint32) for column in columns], axis=1)
    sys.stdout.buffer.write(table.astype("<u4").tobytes())


main()
