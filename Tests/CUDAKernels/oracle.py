"""Attention in float64, and how far the kernels may be from it.

The bounds follow the kernels' arithmetic. With u = 2^-24 the unit roundoff of single precision:

- A logit is a sum of `dim` exact products in a tensor core, which may chop at every addition (2u each): it is off by
  dim · 2u · Σ|q·k|, and by a few u of itself from its scales.
- A weight 2^(x − m) is off, relatively, by what x − m is off times ln 2, and by 2^-22 of the exponential (ex2.approx);
  a rescaling multiplies by another one. There are as many of both as tiles, warps and splits that a token goes through.
- Weights are rounded to the format of the values (p·v on tensor cores), but not in the denominator; that is a relative
  roundoff u_p of every term, and for half precision an absolute one of 2^-25 where weights are subnormal.
- Sums of N terms are off by N · 2u of the sum of their magnitudes.
"""

import numpy as np

from formats import ROUNDOFF, TINIEST

U = 2.0**-24


class Attention:
    """The exact attention of queries (rows × dim) on keys and values (tokens × dim each) of one KV head.

    `visible` masks logits, rows × tokens. `operand` is the format in which weights are multiplied.
    """

    def __init__(self, queries, keys, values, scale=1.0, visible=None, operand="fp16", largest_value_scale=1.0):
        rows, tokens = queries.shape[0], keys.shape[0]
        self.logits = scale * (queries @ keys.T)
        if visible is not None:
            self.logits = np.where(visible, self.logits, -np.inf)
        self.maximum = self.logits.max(axis=1, initial=-np.inf)
        base = np.where(np.isfinite(self.maximum), self.maximum, 0)
        weights = np.exp(self.logits - base[:, None])
        self.denominator = weights.sum(axis=1)
        self.numerators = weights @ values
        safe = np.where(self.denominator > 0, self.denominator, 1)
        self.output = self.numerators / safe[:, None]
        with np.errstate(divide="ignore"):
            self.lse = base + np.log(self.denominator)
        self.magnitude = (weights @ np.abs(values)) / safe[:, None]

        # The relative error of a weight, row by row.
        products = abs(scale) * (np.abs(queries) @ np.abs(keys).T).max(axis=1, initial=0)
        depth = np.where(np.isfinite(self.logits), np.abs(self.logits), 0).max(axis=1, initial=0)
        steps = tokens / 16 + 64
        logit_error = queries.shape[1] * 2 * U * products + 8 * U * depth
        self.logit_error = logit_error
        self.weight_error = np.expm1(logit_error + 8 * U * depth + steps * 2.0**-21 + tokens * 2 * U)
        underflow = TINIEST[operand] * np.abs(values).sum(axis=0) / safe[:, None]
        self.output_error = (
            (2 * self.weight_error + ROUNDOFF[operand] * (1 + self.weight_error) + tokens * 2 * U)[:, None]
            * self.magnitude
            + underflow * largest_value_scale
            + 1e-37
        )
        self.lse_error = self.weight_error + 4 * U * (np.abs(base) + np.abs(np.log(safe)) + 1)


def excess(found, expected, bound, form="fp32"):
    """The largest of |found − expected| over its bound and the rounding of the result to its format.

    Infinite where one is not a number or infinite and the other isn't.
    """
    found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    bound = np.broadcast_to(bound, found.shape)
    same = (np.isnan(found) & np.isnan(expected)) | (np.isinf(expected) & (found == expected))
    finite = np.isfinite(found) & np.isfinite(expected)
    if not np.all(same | finite):
        return np.inf
    if not finite.any():
        return 0.0
    allowed = bound[finite] + ROUNDOFF[form] * (np.abs(expected[finite]) + bound[finite]) + TINIEST[form]
    return float(np.max(np.abs(found[finite] - expected[finite]) / allowed))
