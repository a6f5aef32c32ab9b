"""What torch.utils.flop_counter counts for the operators: a multiplication and an addition for each channel, tap and
pixel, of the filter and of each gradient; normalization is left out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.utils.flop_counter import register_flop_formula

from . import operators  # noqa: F401  # registers what is counted


def _count(input_shape: Sequence[int], kernel_size: Sequence[int]) -> int:
    batch, channels, height, width = input_shape
    return 2 * batch * channels * height * width * kernel_size[0] * kernel_size[1]


def _filter(input, weight, bias, kernel_size, *settings, out_shape=None, **_) -> int:
    return _count(input, kernel_size)


def _backward(grad_output, input, weight, bias, output, coverage, kernel_size, mode, dilation, groups, wanted, *,
              out_shape=None, **_) -> int:
    return _count(input, kernel_size) * (wanted[0] + wanted[1])


def _grad_weight(input, grad_output, kernel_size, *settings, out_shape=None, **_) -> int:
    return _count(input, kernel_size)


for _name in ("gather", "splat"):
    for _suffix, _formula in (("", _filter), ("_coverage", _filter), ("_backward", _backward),
                              ("_grad_weight", _grad_weight)):
        register_flop_formula(getattr(torch.ops.weighted_filter, _name + _suffix))(_formula)
