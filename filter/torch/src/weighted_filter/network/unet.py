"""The network: a frame's planes in, the kernels of each level out. architecture.py says what it computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .architecture import Architecture, Convolution

PLANE_MULTIPLE = 8  # of the input that convolutions are fast with


class Kernels(NamedTuple):
    """One level's: logits (N,K*K,h,w) and, but for the coarsest level, alphas (N,1,h,w); albedo's only at level 0."""
    gather: Tensor
    splat: Tensor
    albedo: Tensor
    gather_alpha: Tensor
    splat_alpha: Tensor


Look = Callable[[nn.Conv2d, Tensor], None]


class Network(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.encoder = nn.ModuleList(nn.ModuleList() for _ in architecture.channels)
        self.decoder = nn.ModuleList(nn.ModuleList() for _ in architecture.channels[1:])
        self.head = nn.ModuleList()
        for convolution in architecture.convolutions():
            self._add(convolution)

    def _add(self, convolution: Convolution) -> None:
        part, level, *_ = convolution.name.split(".")
        layer = nn.Conv2d(convolution.inputs, convolution.outputs, convolution.kernel, padding=convolution.kernel // 2)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
        if part == "head":
            layer.weight.data *= 0.1  # kernels start nearly flat
            self.head.append(layer)
        else:
            getattr(self, part)[int(level)].append(layer)

    @property
    def planes(self) -> int:
        """Of the input as it is fastest: the architecture's and some of zeros."""
        return -(-self.architecture.planes // PLANE_MULTIPLE) * PLANE_MULTIPLE

    def forward(self, features: Tensor, look: Look | None = None) -> list[Kernels]:
        """features (N,C,H,W), of the architecture's planes or with further ones of zeros; finest level first. look is
        called for each convolution with its input, before it is applied."""
        skips = []
        x = features
        for level, layers in enumerate(self.encoder):
            if level:
                x = nn.functional.max_pool2d(x, 2, ceil_mode=True)
            x = _convolve(x, layers, look)
            skips.append(x)
        decoded = [x]
        for level in reversed(range(len(self.decoder))):
            skip = skips[level]
            x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")[..., :skip.shape[2], :skip.shape[3]]
            x = _convolve(torch.cat([x, skip], 1), self.decoder[level], look)
            decoded.append(x)
        decoded.reverse()
        return [self._head(level, decoded[level], look) for level in range(len(self.head))]

    def _head(self, level: int, x: Tensor, look: Look | None) -> Kernels:
        """As a product of matrices: then kernels' planes lie one after the other, as the filters read them fastest."""
        if look:
            look(self.head[level], x)
        weight, bias = self.head[level].weight, self.head[level].bias
        batch, _, height, width = x.shape
        product = torch.baddbmm(bias[:, None], weight.flatten(1).expand(batch, -1, -1), x.flatten(2))
        return Kernels(*product.unflatten(2, (height, width)).split(self.architecture.head(level), 1))


def _convolve(x: Tensor, layers: nn.ModuleList, look: Look | None) -> Tensor:
    for layer in layers:
        if look:
            look(layer, x)
        weight = layer.weight
        if x.shape[1] > weight.shape[1]:
            weight = nn.functional.pad(weight, (0, 0, 0, 0, 0, x.shape[1] - weight.shape[1]))
        x = nn.functional.relu(nn.functional.conv2d(x, weight, layer.bias, padding=layer.padding), inplace=True)
    return x
