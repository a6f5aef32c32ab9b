"""gather and splat as a layer."""

from __future__ import annotations

from typing import SupportsIndex, overload

import torch
from torch import Tensor, nn

from . import arguments, functional
from .arguments import KernelSize, Mode, PaddingMode
from .library import MIN_SUM


class WeightedFilter(nn.Module):
    """Applies to every pixel a kernel of its own, which another module predicts: `gather`, or `splat`, with a bias for
    each channel that is learned.

        layer = WeightedFilter(3, 5)
        output = layer(color, network(features))        # (N,3,H,W), (N,25,H,W) -> (N,3,H,W)

    Args:
        in_channels: C of the images; `channels` is another name for it. Without a bias the layer takes any other
            number, too.
        kernel_size: K or (Kh, Kw).
        bias: adds `bias`, a parameter of C that starts at 0.
        splat: each pixel writes to its neighbors, instead of reading from them.
        mode, dilation, groups, eps, padding_mode: as in `gather`.
        device, dtype: of the bias.
    """

    bias: Tensor | None
    mode: Mode
    padding_mode: PaddingMode

    @overload
    def __init__(self, in_channels: SupportsIndex, kernel_size: KernelSize, bias: bool = True, splat: bool = False, *,
                 mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
                 padding_mode: PaddingMode = "zeros", device: torch.device | str | int | None = None,
                 dtype: torch.dtype | None = None) -> None: ...

    @overload
    def __init__(self, *, channels: SupportsIndex, kernel_size: KernelSize, bias: bool = True, splat: bool = False,
                 mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
                 padding_mode: PaddingMode = "zeros", device: torch.device | str | int | None = None,
                 dtype: torch.dtype | None = None) -> None: ...

    def __init__(self, in_channels: SupportsIndex | None = None, kernel_size: KernelSize | None = None,
                 bias: bool = True, splat: bool = False, *, channels: SupportsIndex | None = None,
                 mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
                 padding_mode: PaddingMode = "zeros", device: torch.device | str | int | None = None,
                 dtype: torch.dtype | None = None) -> None:
        super().__init__()
        if (in_channels is None) == (channels is None):
            raise TypeError("the layer needs in_channels, or channels, which means the same" if channels is None else
                            "in_channels and channels mean the same, the layer needs one of them")
        if kernel_size is None:
            raise TypeError("the layer needs kernel_size: an int, or two of them: (height, width)")
        self.in_channels = self.out_channels = arguments.integer(
            "in_channels", channels if in_channels is None else in_channels, 1, arguments.MAX_SIZE)
        self.kernel_size = arguments.pair(kernel_size)
        self.splat = arguments.switch("splat", splat)
        self.mode, self.dilation, self.groups = arguments.settings(mode, dilation, groups)
        arguments.check_options(eps, padding_mode, False)
        self.eps, self.padding_mode = eps, padding_mode
        has_bias = arguments.switch("bias", bias)
        self.register_parameter(
            "bias", nn.Parameter(torch.empty(self.in_channels, device=device, dtype=dtype)) if has_bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, input: Tensor, weight: Tensor) -> Tensor:
        """input (N,C,H,W), (C,H,W) or (N,S,C,H,W), weight (N,G*Kh*Kw,H,W) and alike; returns the input's type and its
        shape, but for samples."""
        has_channels = isinstance(input, Tensor) and input.dim() >= 3
        if self.bias is not None and has_channels and input.shape[-3] != self.in_channels:
            raise ValueError(f"input has {input.shape[-3]} channels, this layer has a bias for {self.in_channels}")
        function = functional.splat if self.splat else functional.gather
        return function(input, weight, self.kernel_size, bias=self.bias, mode=self.mode, dilation=self.dilation,
                        groups=self.groups, eps=self.eps, padding_mode=self.padding_mode)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, kernel_size={self.kernel_size}"]
        for name, default in (("splat", False), ("mode", "linear"), ("dilation", 1), ("groups", 1), ("eps", MIN_SUM),
                              ("padding_mode", "zeros")):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value!r}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)
