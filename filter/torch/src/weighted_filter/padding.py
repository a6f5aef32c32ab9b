"""Images that go on beyond their borders."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional


def pad(splats: bool, input: Tensor, weight: Tensor, kernel_size: Sequence[int], dilation: int,
        mode: str) -> tuple[Tensor, Tensor, tuple]:
    """Image and weights (...,H,W) with all that a kernel at the border reaches, and the index that cuts a result to the
    image. Of a gather only the image's own kernels count."""
    height, width = input.shape[-2:]
    sides = []
    for name, size, length in (("height", kernel_size[0], height), ("width", kernel_size[1], width)):
        before, after = dilation * (size // 2), dilation * (size - 1 - size // 2)
        if splats:
            before, after = after, before
        if mode == "reflect" and max(before, after) >= length:
            raise ValueError(f"padding_mode is 'reflect' and the kernel reaches {max(before, after)} pixels beyond an "
                             f"image of {name} {length}: it needs to reach less than that")
        sides.append((before, after))
    (top, bottom), (left, right) = sides
    amounts = (left, right, top, bottom)
    crop = (..., slice(top, top + height), slice(left, left + width))
    return _pad(input, amounts, mode), _pad(weight, amounts, mode if splats else "constant"), crop


def _pad(tensor: Tensor, amounts: Sequence[int], mode: str) -> Tensor:
    batch = tensor.shape[:-3]
    padded = functional.pad(tensor.flatten(0, -4), amounts, mode=mode)
    return padded.unflatten(0, batch)
