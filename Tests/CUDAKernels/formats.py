"""Numbers as GPUs store them, on numpy: fp16, bf16 (16-bit words), e4m3 (bytes with a scale for every 128)."""

import numpy as np

SCALE_BLOCK = 128

# The unit roundoff of each format: half the distance from 1 to the next number.
ROUNDOFF = {"fp32": 2.0**-24, "fp16": 2.0**-11, "bf16": 2.0**-8}
# Half the smallest number above zero: what rounding to a subnormal number can lose.
TINIEST = {"fp32": 2.0**-150, "fp16": 2.0**-25, "bf16": 2.0**-134}


def to_bits(numbers, form):
    """Rounds to nearest even and returns the words in memory."""
    numbers = np.asarray(numbers, dtype=np.float32)
    if form == "fp32":
        return numbers
    if form == "fp16":
        with np.errstate(over="ignore", invalid="ignore"):
            return numbers.astype(np.float16).view(np.uint16)
    bits = numbers.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(numbers), np.uint16(0x7FC0), rounded).astype(np.uint16)


def from_bits(words, form):
    """The numbers of words in memory, as float64."""
    if form == "fp32":
        return words.astype(np.float64)
    if form == "fp16":
        return words.view(np.float16).astype(np.float64)
    return (words.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def _e4m3_table():
    table = np.empty(256)
    for bits in range(256):
        exponent, significand = bits >> 3 & 15, bits & 7
        value = (8 + significand) * 2.0 ** (exponent - 10) if exponent else significand * 2.0**-9
        if bits & 127 == 127:
            value = np.nan
        table[bits] = -value if bits & 128 else value
    return table


E4M3 = _e4m3_table()


def to_e4m3(numbers):
    """Bytes, and a single-precision scale for every 128 of them that brings the largest magnitude to 448.

    The scale of a block is that of Sources/CPUNumerics/Precision/BlockScaledFormat.swift; the last may be shorter.
    """
    flat = np.asarray(numbers, dtype=np.float32).ravel()
    count = -(-flat.size // SCALE_BLOCK)
    padded = np.zeros(count * SCALE_BLOCK, dtype=np.float32)
    padded[: flat.size] = flat
    blocks = padded.reshape(count, SCALE_BLOCK)
    scales = np.maximum(np.nan_to_num(np.abs(blocks)).max(axis=1) / np.float32(448), np.finfo(np.float32).tiny).astype(
        np.float32
    )
    scaled = (blocks / scales[:, None]).astype(np.float64).ravel()[: flat.size]
    positive = E4M3[:127]
    places = np.searchsorted(positive, np.abs(scaled)).clip(1, 126)
    below, above = positive[places - 1], positive[places]
    distance = (np.abs(scaled) - below) - (above - np.abs(scaled))
    nearest = np.where((distance > 0) | ((distance == 0) & (places % 2 == 0)), places, places - 1)
    nearest = np.where(np.isnan(scaled), 127, nearest)
    bits = (nearest | np.where(np.signbit(scaled), 128, 0)).astype(np.uint8)
    return bits.reshape(np.shape(numbers)), scales


def from_e4m3(bits, scales):
    """The numbers as float64, exactly: a byte's number times its block's scale."""
    flat = E4M3[bits.ravel()]
    return (flat * scales.astype(np.float64)[np.arange(flat.size) // SCALE_BLOCK]).reshape(bits.shape)


def store(numbers, form):
    """A tensor in memory: its words, its scales or None, and the numbers that they are."""
    if form == "e4m3":
        bits, scales = to_e4m3(numbers)
        return bits, scales, from_e4m3(bits, scales)
    words = to_bits(numbers, form)
    return words, None, from_bits(words, form)
