"""The operators in PyTorch's own, for exporters that know no others: torch.onnx. A slice, a product and a sum for each
tap, and no copies of the image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from .coverage import divide, per_channel
from .library import MIN_SUM, sum_dtype


def decompose(splats: bool, input: Tensor, weight: Tensor, bias: Tensor | None, kernel_size: Sequence[int], mode: str,
              dilation: int, groups: int) -> tuple[Tensor, Tensor]:
    """output, coverage."""
    dtype = sum_dtype(input.dtype)
    image, taps = input.to(dtype), kernel_size[0] * kernel_size[1]
    weight = weight.to(dtype).unflatten(1, (groups, taps))
    move = _Taps(splats, kernel_size, dilation, image.shape)
    ones = torch.ones_like(image[:1, :1])
    weights = [move(weight[:, :, t], t) if splats else weight[:, :, t] for t in range(taps)]
    inside = [move(ones, t) for t in range(taps)]
    if mode == "softmax":
        logits = torch.stack([torch.where(there > 0, w, -torch.inf) for w, there in zip(weights, inside)], 1)
        coverage = logits.logsumexp(1)
        weights = list(logits.softmax(1).unbind(1))
    else:
        coverage = _sum(w * there for w, there in zip(weights, inside))
    output = _sum(per_channel(w, image) * move(image, t) for t, w in enumerate(weights))
    if mode == "normalized":
        output = divide(output, coverage, MIN_SUM)
    return (output if bias is None else output + bias.view(-1, 1, 1)).to(input.dtype), coverage


class _Taps:
    """What of an image arrives through tap t: 0 from outside."""

    def __init__(self, splats: bool, kernel_size: Sequence[int], dilation: int, shape: Sequence[int]) -> None:
        self.kernel_size, self.dilation, self.splats = kernel_size, dilation, splats
        self.height, self.width = shape[-2:]
        self.before = [dilation * (size // 2) for size in kernel_size]
        self.after = [dilation * (size - 1 - size // 2) for size in kernel_size]
        if splats:
            self.before, self.after = self.after, self.before

    def __call__(self, image: Tensor, t: int) -> Tensor:
        padded = functional.pad(image, (self.before[1], self.after[1], self.before[0], self.after[0]))
        row, column = divmod(t, self.kernel_size[1])
        if self.splats:
            row, column = self.kernel_size[0] - 1 - row, self.kernel_size[1] - 1 - column
        y, x = self.dilation * row, self.dilation * column
        return padded[..., y:y + self.height, x:x + self.width]


def _sum(terms) -> Tensor:
    total = None
    for term in terms:
        total = term if total is None else total + term
    return total
