"""The kernel pyramid: kernels at full resolution and at each halved one, blended from coarse to fine.

    x[0] = input                     x[l+1] = down(x[l])
    y[l] = gather or splat of x[l] with level l's softmax kernels
    o[l] = y[l] + alpha[l] * up(o[l+1] - down(y[l]))         from the coarsest up, where o = y;  the output is o[0]

A level of n rows or columns is followed by one of ceil(n/2), so every size down to 1x1 is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex

import torch
from torch import Tensor, nn

from . import arguments
from .arguments import KernelSize
from .functional import gather, splat


def down(image: Tensor) -> Tensor:
    """(N,C,H,W) halved, ceil(H/2) by ceil(W/2): the mean of each 2x2 block's pixels that are in the image."""
    return nn.functional.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)


def up(image: Tensor, size: Sequence[int]) -> Tensor:
    """(N,C,ceil(H/2),ceil(W/2)) at twice the resolution, bilinear, cut to size (H,W).

    In each dimension pixel 2i is 3/4 of coarse pixel i and 1/4 of i-1, pixel 2i+1 is 3/4 of i and 1/4 of i+1; what
    would be outside is the pixel at the border.
    """
    for dimension, length in zip((2, 3), size):
        image = _up(image, dimension, length)
    return image


def _up(image: Tensor, dimension: int, length: int) -> Tensor:
    count = image.shape[dimension]
    first, last = image.narrow(dimension, 0, 1), image.narrow(dimension, count - 1, 1)
    before = torch.cat([first, image.narrow(dimension, 0, count - 1)], dimension)
    after = torch.cat([image.narrow(dimension, 1, count - 1), last], dimension)
    pairs = torch.stack([torch.lerp(image, before, 0.25), torch.lerp(image, after, 0.25)], dimension + 1)
    return pairs.flatten(dimension, dimension + 1).narrow(dimension, 0, length)


def kernel_pyramid(input: Tensor, weights: Sequence[Tensor], alphas: Sequence[Tensor],
                   kernel_size: KernelSize | None = None, *, splat: bool = False) -> Tensor:
    """Filters an image with kernels of several resolutions.

    Args:
        input: (N,C,H,W).
        weights: of each level, finest first, logits (N,K*K,H,W), then (N,K*K,ceil(H/2),ceil(W/2)) and so on. Kernel
            sizes may differ from level to level. One level is `gather` or `splat` in the mode "softmax".
        alphas: of each level but the coarsest, factors (N,1,h,w) in 0 to 1: 0 keeps the level's own filter, 1 takes all
            low frequencies from the coarser levels.
        kernel_size: of all levels, as in `gather`; None: square, from the taps.
        splat: scatters at every level instead of gathering.

    Returns:
        (N,C,H,W) of the input's type.

    Raises:
        ValueError: levels whose number or sizes do not fit each other; and what `gather` raises.
    """
    arguments.switch("splat", splat)
    _check(input, weights, alphas)
    images = [input]
    for _ in weights[1:]:
        images.append(down(images[-1]))
    output = None
    for level in reversed(range(len(weights))):
        filtered = _filter(images[level], weights[level], kernel_size, splat)
        if output is None:
            output = filtered
        else:
            blend = up(output - down(filtered), filtered.shape[-2:])
            output = filtered + alphas[level].to(blend.dtype) * blend
    return output


def _filter(image: Tensor, weight: Tensor, kernel_size: KernelSize | None, splats: bool) -> Tensor:
    return (splat if splats else gather)(image, weight, kernel_size, mode="softmax")


def _check(input: Tensor, weights: Sequence[Tensor], alphas: Sequence[Tensor]) -> None:
    if input.dim() != 4:
        raise ValueError(f"input has {input.dim()} dimensions, it needs 4 (N,C,H,W)")
    if not weights:
        raise ValueError("there are no weights, a pyramid has at least one level")
    if len(alphas) != len(weights) - 1:
        raise ValueError(f"there are {len(alphas)} alphas and {len(weights)} levels of weights: each level but the "
                         "coarsest has one")
    height, width = input.shape[-2:]
    for level, weight in enumerate(weights):
        for name, tensor in (("weights", weight), ("alphas", alphas[level] if level < len(alphas) else None)):
            if tensor is not None and tensor.shape[-2:] != (height, width):
                raise ValueError(f"{name}[{level}] is {tensor.shape[-1]}x{tensor.shape[-2]}, level {level} of the "
                                 f"image is {width}x{height}")
        height, width = (height + 1) // 2, (width + 1) // 2


class KernelPyramid(nn.Module):
    """`kernel_pyramid` as a module, with an optional bias for each channel.

    Args:
        in_channels: channels of the image, and of the output.
        kernel_size: of all levels: K or (Kh, Kw).
        bias, splat: as in `WeightedFilter`.
    """

    def __init__(self, in_channels: SupportsIndex, kernel_size: KernelSize, bias: bool = False, splat: bool = False, *,
                 device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self.in_channels = arguments.integer("in_channels", in_channels, 1, arguments.MAX_SIZE)
        self.kernel_size = arguments.pair(kernel_size)
        self.splat = arguments.switch("splat", splat)
        has_bias = arguments.switch("bias", bias)
        self.register_parameter(
            "bias", nn.Parameter(torch.zeros(self.in_channels, device=device, dtype=dtype)) if has_bias else None)

    def forward(self, input: Tensor, weights: Sequence[Tensor], alphas: Sequence[Tensor]) -> Tensor:
        """As `kernel_pyramid`'s."""
        if input.dim() == 4 and input.shape[1] != self.in_channels:
            raise ValueError(f"input has {input.shape[1]} channels, this layer has {self.in_channels}")
        output = kernel_pyramid(input, weights, alphas, self.kernel_size, splat=self.splat)
        return output if self.bias is None else output + self.bias.to(output.dtype).view(-1, 1, 1)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, kernel_size={self.kernel_size}" + (", splat=True" if self.splat else "")
