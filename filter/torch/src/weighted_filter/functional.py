"""gather and splat as functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from . import operators
from .library import MAX_KERNEL, MODES

_SIXTEEN_BITS = (torch.float16, torch.bfloat16)
_WEIGHT_DTYPES = {torch.float64: (torch.float64,), torch.float32: (torch.float32, *_SIXTEEN_BITS),
                  torch.float16: (torch.float16,), torch.bfloat16: (torch.bfloat16,)}


def gather(input: Tensor, weight: Tensor, kernel_size: int | tuple[int, int] | None = None, *, bias: Tensor | None = None,
           mode: str = "linear", dilation: int = 1, groups: int = 1) -> Tensor:
    """Filters an image with a kernel for every pixel, each of which reads its neighbours.

        output[n,c,p] = bias[c] + sum over t of weight[n,t,p] * input[n,c,p+o(t)]        input is 0 outside the image

    Tap t = i*Kw + j has the offset o(t) = dilation * (i - Kh//2, j - Kw//2), in rows and columns.

    Args:
        input: (N,C,H,W), or (C,H,W).
        weight: (N,G*Kh*Kw,H,W), or (G*Kh*Kw,H,W), with the kernels of group after group.
        kernel_size: Kh and Kw, or one number for both; None: square, as the weight's taps tell. 1 to 255, odd or even.
        bias: (C,), or None.
        mode: "linear" uses the weights as they are; "normalized" divides by the sum of the in-image taps' weights S, as
            copysign(max(|S|, 1e-6), S); "softmax" takes the weights as logits of a softmax over the in-image taps.
        dilation: distance of neighbouring taps, 1 to 65535.
        groups: sets of weights: channel c uses group floor(c*G/C).

    Returns:
        (N,C,H,W) or (C,H,W) of the input's type and memory format.

    Types: input and weight are both float64, float32, float16 or bfloat16, or a float32 image has float16 or bfloat16
    weights, which halves what is read. Sums are float32, of float64 images float64; bias has the input's type or that.
    Under torch.autocast such a pair is taken as it is, and a 16-bit image with weights of another type is made float32:
    radiance is large, and to convert weights would cost more than to filter.

    Memory: tensors are read where they lie, with any strides that the backend takes; nothing is copied. Rows of weights are
    read fastest where W's stride is 1. For the gradients the linear mode keeps the input only for grad_weight and the weight
    only for grad_input; the other modes keep both, the output, and a number for each pixel and group.

    Gradients are deterministic, and can be differentiated any number of times; there is no forward mode, and torch.func does
    not transform them. What is enqueued for a CUDA tensor goes to the current stream; nothing waits for it, so it can be
    captured in a CUDA graph.

    Raises:
        TypeError: a tensor's type is none of these, or a number is no int. ValueError: sizes do not fit each other, a number
        is out of its range, tensors are on different devices. RuntimeError: this device or build cannot do it.
    """
    return _apply(operators.gather, input, weight, kernel_size, bias, mode, dilation, groups)


def splat(input: Tensor, weight: Tensor, kernel_size: int | tuple[int, int] | None = None, *, bias: Tensor | None = None,
          mode: str = "linear", dilation: int = 1, groups: int = 1) -> Tensor:
    """Filters an image with a kernel for every pixel, each of which writes to its neighbours.

        output[n,c,p+o(t)] += weight[n,t,p] * input[n,c,p]       plus bias[c]; what lands outside the image is dropped

    With linear weights it is gather's adjoint. "normalized" divides by the sum of the weights that land on a pixel,
    "softmax" is over the logits that land there. All else is as in `gather`.
    """
    return _apply(operators.splat, input, weight, kernel_size, bias, mode, dilation, groups)


def _apply(operator: operators.Operator, input: Tensor, weight: Tensor, kernel_size: int | tuple[int, int] | None,
           bias: Tensor | None, mode: str, dilation: int, groups: int) -> Tensor:
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}, it is one of {', '.join(map(repr, MODES))}")
    check_integer("dilation", dilation)
    check_integer("groups", groups)
    input, bias = _convert(input, weight, bias)
    batched = input.dim() == 4
    if weight.dim() != input.dim() or not (batched or input.dim() == 3):
        raise ValueError(f"input has {input.dim()} dimensions and weight has {weight.dim()}, both need 4 (N,C,H,W) or "
                         "both 3 (C,H,W)")
    if bias is not None and bias.dim() != 1:
        raise ValueError(f"bias has {bias.dim()} dimensions, it needs 1")
    sides = _square(weight.shape[-3], groups) if kernel_size is None else pair(kernel_size)
    if batched:
        return operator.filter(input, weight, bias, sides, mode, dilation, groups)[0]
    outputs = operator.filter(input.unsqueeze(0), weight.unsqueeze(0), bias, sides, mode, dilation, groups)
    return outputs[0].squeeze(0)


def pair(kernel_size: int | tuple[int, int]) -> tuple[int, int]:
    """Kh and Kw."""
    sides = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
    if len(sides) != 2:
        raise ValueError(f"kernel_size has {len(sides)} numbers, it is K or (Kh, Kw)")
    height, width = sides
    check_integer("kernel_size", height)
    check_integer("kernel_size", width)
    return height, width


def check_integer(name: str, number: int) -> None:
    if not isinstance(number, int):
        raise TypeError(f"{name} is {number!r}, it is an int")


def _convert(input: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """input and bias in the types that the operators take them in."""
    if (input.dtype in _SIXTEEN_BITS and weight.dtype != input.dtype and weight.dtype in _WEIGHT_DTYPES[torch.float32]
            and torch.is_autocast_enabled(input.device.type)):
        input = input.float()
    weight_dtypes = _WEIGHT_DTYPES.get(input.dtype)
    if weight_dtypes is None:
        raise TypeError(f"input is {input.dtype}, it is one of {', '.join(map(str, _WEIGHT_DTYPES))}")
    if weight.dtype not in weight_dtypes:
        raise TypeError(f"weight is {weight.dtype}, with an input of {input.dtype} it is "
                        f"{' or '.join(map(str, weight_dtypes))}")
    if bias is None:
        return input, None
    sum_dtype = operators.sum_dtype(input.dtype)
    if bias.dtype not in (input.dtype, sum_dtype):
        raise TypeError(f"bias is {bias.dtype}, with an input of {input.dtype} it is {sum_dtype}")
    return input, bias.to(sum_dtype).contiguous()


def _square(taps: int, groups: int) -> tuple[int, int]:
    for side in range(1, MAX_KERNEL + 1):
        if side * side * groups == taps:
            return side, side
    raise ValueError(f"weight has {taps} taps, which are no {groups} square kernels: give kernel_size")
