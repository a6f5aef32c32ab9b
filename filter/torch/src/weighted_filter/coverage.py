"""Putting filtered parts together, with what each of them has covered."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from .arguments import Mode, choice
from .library import MIN_SUM, MODES


def merge(parts: Iterable[tuple[Tensor, Tensor]], mode: Mode = "softmax", *,
          eps: float = MIN_SUM) -> tuple[Tensor, Tensor]:
    """What one filter of all taps, samples or frames gives, from filters of some of them each.

        merge([splat(sample, kernel, mode="softmax", return_coverage=True) for sample, kernel in ...], "softmax")

    Args:
        parts: (output, coverage) pairs as `gather` and `splat` return them with return_coverage, without bias. Their
            order does not matter but for rounding. They are merged one after the other: a generator of them keeps no
            more than two.
        mode: theirs. "linear" adds outputs and coverages; "normalized" and "softmax" weigh each output by its share of
            all weights.
        eps: as in `gather`, of all parts and of the whole.

    Returns:
        (output, coverage), which can be merged again. The output is of the outputs' type.

    A part may leave taps out: with weights of 0, of "softmax" with logits of -1e30 (of -inf only where other taps of
    that part arrive at the same pixel). Coverage of "softmax" is rounded to its type, float32 near 100 by up to 4e-6,
    and with it a part's share: images within +-1 come out to 1e-6 with float32 logits within +-8, to 5e-6 within +-100.
    float64 holds 1e-12.

    Raises:
        ValueError: there is no part, or mode is none of these.
    """
    choice("mode", mode, MODES)
    output = coverage = None
    for part in parts:
        if output is None:
            (output, coverage), dtype = part, part[0].dtype
            if mode == "normalized":
                output = per_channel(_divisor(coverage, eps), output) * output
        else:
            output, coverage = _merge_two(output, coverage, *part, mode, eps)
    if output is None:
        raise ValueError("there are no parts, merge needs at least one")
    if mode == "normalized":
        output = divide(output, coverage, eps)
    return output.to(dtype), coverage


def _merge_two(output: Tensor, coverage: Tensor, next_output: Tensor, next_coverage: Tensor, mode: str,
               eps: float) -> tuple[Tensor, Tensor]:
    """Of normalized parts, `output` is the sum before it is divided."""
    if mode == "linear":
        return output + next_output, coverage + next_coverage
    if mode == "normalized":
        return output + per_channel(_divisor(next_coverage, eps), output) * next_output, coverage + next_coverage
    # torch.lerp: equal outputs stay as they are, whatever the shares.
    share = per_channel(torch.sigmoid(next_coverage - coverage), output)
    merged = torch.lerp(output.to(share.dtype), next_output.to(share.dtype), share)
    return merged, torch.logaddexp(coverage, next_coverage)


def divide(output: Tensor, coverage: Tensor, eps: float) -> Tensor:
    """Each channel by its group's coverage, of which the magnitude is at least eps."""
    return output / per_channel(_divisor(coverage, eps), output)


def _divisor(coverage: Tensor, eps: float) -> Tensor:
    smallest = torch.where(torch.signbit(coverage), -eps, eps)
    return torch.where(coverage.abs() > eps, coverage, smallest.to(coverage.dtype))


def per_channel(values: Tensor, image: Tensor) -> Tensor:
    """(...,G,H,W) as (...,C,H,W), or (...,1,H,W)."""
    groups, channels = values.shape[-3], image.shape[-3]
    if groups == 1 or groups == channels:
        return values
    return values.index_select(-3, torch.arange(channels, device=values.device) * groups // channels)
