"""gather and splat as a layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from . import functional
from .library import MODES


class WeightedFilter(nn.Module):
    """Applies to every pixel a kernel of its own, which another module predicts: `gather`, or `splat`, with a bias for each
    channel that is learned.

        layer = WeightedFilter(3, 5)
        output = layer(color, network(features))        # (N,3,H,W), (N,25,H,W) -> (N,3,H,W)

    Args:
        in_channels: C of the images.
        kernel_size: K or (Kh, Kw).
        bias: adds `bias`, a parameter of C that starts at 0.
        splat: each pixel writes to its neighbours, instead of reading from them.
        mode, dilation, groups: as in `gather`.
        device, dtype: of the bias.
    """

    bias: Tensor | None

    def __init__(self, in_channels: int, kernel_size: int | tuple[int, int], bias: bool = True, splat: bool = False, *,
                 mode: str = "linear", dilation: int = 1, groups: int = 1, device: torch.device | str | int | None = None,
                 dtype: torch.dtype | None = None) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}, it is one of {', '.join(map(repr, MODES))}")
        self.in_channels = in_channels
        self.kernel_size = functional.pair(kernel_size)
        for name, value in (("in_channels", in_channels), *(("kernel_size", side) for side in self.kernel_size),
                            ("dilation", dilation), ("groups", groups)):
            functional.check_integer(name, value)
            if value < 1:
                raise ValueError(f"{name} is {value}, it is at least 1")
        self.splat = splat
        self.mode = mode
        self.dilation = dilation
        self.groups = groups
        self.register_parameter("bias", nn.Parameter(torch.empty(in_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, input: Tensor, weight: Tensor) -> Tensor:
        """input (N,C,H,W) or (C,H,W), weight (N,G*Kh*Kw,H,W) or (G*Kh*Kw,H,W); returns the input's shape and type."""
        if input.dim() >= 3 and input.shape[-3] != self.in_channels:
            raise ValueError(f"input has {input.shape[-3]} channels, this layer has {self.in_channels}")
        function = functional.splat if self.splat else functional.gather
        return function(input, weight, self.kernel_size, bias=self.bias, mode=self.mode, dilation=self.dilation,
                        groups=self.groups)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, kernel_size={self.kernel_size}"]
        for name, default in (("splat", False), ("mode", "linear"), ("dilation", 1), ("groups", 1)):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value!r}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)
