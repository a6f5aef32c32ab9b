"""What gather, splat and the layers accept, and the sentence for whoever gives something else.

Sizes are compared here for tensors without data (meta, fake), and to say what is wrong once libwf has refused those
that have some: libwf checks every call anyway, and each microsecond before it counts in training.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Literal, SupportsIndex, Union, get_args

import torch
from torch import Tensor

from .library import MAX_DILATION, MAX_KERNEL, MODES, sum_dtype

Mode = Literal["linear", "normalized", "softmax"]
PaddingMode = Literal["zeros", "replicate", "reflect"]
_PADDING_MODES = get_args(PaddingMode)
KernelSize = Union[SupportsIndex, Sequence[SupportsIndex]]  # K, or (Kh, Kw)

MAX_SIZE = 2**31 - 1  # of a tensor that libwf takes, in each dimension
_SIXTEEN_BITS = (torch.float16, torch.bfloat16)
_WEIGHT_DTYPES = {torch.float32: (torch.float32, *_SIXTEEN_BITS), torch.float16: (torch.float16,),
                  torch.bfloat16: (torch.bfloat16,), torch.float64: (torch.float64,)}


def _either(choices: Iterable[object]) -> str:
    *rest, last = map(str, choices)
    return f"{', '.join(rest)} or {last}" if rest else last


def _given(name: str, value: object) -> str:
    """'bias is 5 (int)'."""
    type_name = f"{type(value).__module__}.".replace("builtins.", "") + type(value).__qualname__
    text = repr(value)
    if len(text) > 40 or "\n" in text:
        return f"{name} is of type {type_name}"
    if value is None or isinstance(value, (bool, str, tuple, list)):
        return f"{name} is {text}"
    return f"{name} is {text} ({type_name})"


# ---- Numbers and names -----------------------------------------------------------------------------------------------


def integer(name: str, value: object, least: int, most: int) -> int:
    """Anything that Python takes as an index, but for bool."""
    if type(value) is not int:
        if isinstance(value, (bool, torch.SymInt)) or not hasattr(value, "__index__"):
            if isinstance(value, torch.SymInt):
                return value  # type: ignore[return-value]  # of torch.compile
            raise TypeError(f"{_given(name, value)}, it needs to be an int")
        value = operator.index(value)  # type: ignore[arg-type]
    if value < least or value > most:
        raise ValueError(f"{name} is {value}, it needs to be {least} to {most}")
    return value


def pair(kernel_size: KernelSize) -> tuple[int, int]:
    """Kh and Kw."""
    if type(kernel_size) is int:
        kernel_size = (kernel_size, kernel_size)
    sides = tuple(kernel_size) if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
    try:
        height, width = (integer("kernel_size", side, 1, MAX_KERNEL) for side in sides)
    except TypeError:
        problem = _given("kernel_size", kernel_size)
    except ValueError:
        if len(sides) == 2:
            raise ValueError(
                f"kernel_size is {kernel_size!r}, its height and width need to be 1 to {MAX_KERNEL}") from None
        problem = f"kernel_size is {kernel_size!r}"
    else:
        return height, width
    raise (TypeError if len(sides) == 2 else ValueError)(
        f"{problem}, it needs to be an int, or two of them: (height, width)")


def switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{_given(name, value)}, it needs to be True or False")
    return value


def choice(name: str, value: object, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, it needs to be {_either(map(repr, choices))}")


def check_options(eps: object, padding_mode: object, return_coverage: object) -> None:
    if isinstance(eps, bool) or not isinstance(eps, (int, float)):
        raise TypeError(f"{_given('eps', eps)}, it needs to be a float")
    if not 0 < eps < math.inf:
        raise ValueError(f"eps is {eps}, it needs to be larger than 0")
    choice("padding_mode", padding_mode, _PADDING_MODES)
    switch("return_coverage", return_coverage)


def settings(mode: str, dilation: SupportsIndex, groups: SupportsIndex) -> tuple[str, int, int]:
    if mode not in MODES:
        choice("mode", mode, MODES)
    return mode, integer("dilation", dilation, 1, MAX_DILATION), integer("groups", groups, 1, MAX_SIZE)


# ---- Tensors ---------------------------------------------------------------------------------------------------------


def are_tensors(input: object, weight: object, bias: object) -> None:
    for name, value in (("input", input), ("weight", weight)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{_given(name, value)}, it needs to be a torch.Tensor")
    if bias is not None and not isinstance(bias, Tensor):
        raise TypeError(f"{_given('bias', bias)}, it needs to be a torch.Tensor or None")


def convert(input: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """input and bias in the types that the operators take them in."""
    if (input.dtype in _SIXTEEN_BITS and weight.dtype != input.dtype and weight.dtype in _WEIGHT_DTYPES[torch.float32]
            and torch.is_autocast_enabled(input.device.type)):
        input = input.float()
    weight_dtypes = _WEIGHT_DTYPES.get(input.dtype)
    if weight_dtypes is None:
        raise TypeError(f"input is {input.dtype}, it needs to be {_either(_WEIGHT_DTYPES)}")
    if weight.dtype not in weight_dtypes:
        raise TypeError(f"weight is {weight.dtype}, with an input of {input.dtype} it needs to be "
                        f"{_either(weight_dtypes)}")
    if bias is None:
        return input, None
    if bias.dim() != 1:
        raise ValueError(f"bias has {bias.dim()} dimensions, it needs 1 (C)")
    dtype = sum_dtype(input.dtype)
    if bias.dtype not in (dtype, *_SIXTEEN_BITS):
        raise TypeError(f"bias is {bias.dtype}, with an input of {input.dtype} it needs to be "
                        f"{_either((dtype, *_SIXTEEN_BITS))}")
    return input, bias.to(dtype).contiguous()


def square(weight: Tensor, groups: int) -> tuple[int, int]:
    """The kernel size that the weight's channels tell."""
    taps = weight.shape[-3]
    for side in range(1, MAX_KERNEL + 1):
        if side * side * groups >= taps:
            break
    if side * side * groups == taps:
        return side, side
    near = [f"{k * k * groups} for {k}x{k}" for k in (side - 1, side) if k]
    kernels = "square kernel" if groups == 1 else f"{groups} groups of square kernels"
    raise ValueError(f"weight has {taps} channels, which fit no {kernels} ({', '.join(near)}): give "
                     "kernel_size=(height, width)")


def check_dimensions(input: Tensor, weight: Tensor) -> None:
    if weight.dim() != input.dim() or not 3 <= input.dim() <= 5:
        raise ValueError(f"input has {input.dim()} dimensions and weight has {weight.dim()}, both need 4 (N,C,H,W), or "
                         "both 3 (C,H,W), or with samples both 5 (N,S,C,H,W)")


def check_layouts(input: Tensor, weight: Tensor) -> None:
    for name, tensor in (("input", input), ("weight", weight)):
        if tensor.layout != torch.strided:
            raise TypeError(f"{name} is a tensor of layout {tensor.layout}, it needs to be a dense one")


def check_devices(*tensors: Tensor | None) -> None:
    devices = {tensor.device: None for tensor in tensors if tensor is not None}
    if len(devices) > 1:
        first, second, *_ = devices
        raise ValueError(f"the tensors are on {first} and on {second}, they need to be on one device")


def check_sizes(input: Tensor, weight: Tensor, bias: Tensor | None, kernel_size: Sequence[int], groups: int) -> None:
    """Of tensors (N,C,H,W), whose sizes may be symbols."""
    check_devices(input, weight, bias)
    height, width = kernel_size
    kernels = f"a {height}x{width} kernel needs" if groups == 1 else f"{groups} groups of {height}x{width} kernels need"
    channels = input.shape[1]
    need = torch._check_value
    need(weight.shape[1] == groups * height * width,
         lambda: f"weight has {weight.shape[1]} channels, {kernels} {groups * height * width}")
    for axis in (0, 2, 3):
        need(weight.shape[axis] == input.shape[axis],
             lambda: f"input is {tuple(input.shape)} and weight {tuple(weight.shape)}: batch, height and width need to "
                     "be the same")
    for axis, name in ((1, "channels"), (2, "rows"), (3, "columns")):
        need(input.shape[axis] > 0, lambda: f"input is {tuple(input.shape)}: it has no {name}")
    if bias is not None:
        need(bias.shape[0] == channels,
             lambda: f"bias has {bias.shape[0]} numbers, an input of {channels} channels needs {channels}")


def check_image(name: str, image: Tensor, input: Tensor) -> None:
    """A gradient, or another image that goes with the input."""
    check_devices(input, image)
    torch._check_value(image.dim() == input.dim(),
                       lambda: f"{name} has {image.dim()} dimensions, input has {input.dim()}")
    for axis in range(input.dim()):
        torch._check_value(image.shape[axis] == input.shape[axis],
                           lambda: f"{name} is {tuple(image.shape)} and input {tuple(input.shape)}, they need to be "
                                   "the same")
