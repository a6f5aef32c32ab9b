"""gather and splat as functions of tensors."""

from __future__ import annotations

from typing import Literal, SupportsIndex, overload

from torch import Tensor

from . import arguments, operators
from .arguments import KernelSize, Mode, PaddingMode
from .coverage import divide, merge
from .library import MIN_SUM
from .padding import pad


@overload
def gather(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
           mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
           padding_mode: PaddingMode = "zeros", return_coverage: Literal[False] = False) -> Tensor: ...


@overload
def gather(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
           mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
           padding_mode: PaddingMode = "zeros", return_coverage: Literal[True]) -> tuple[Tensor, Tensor]: ...


def gather(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
           mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
           padding_mode: PaddingMode = "zeros", return_coverage: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    """Filters an image with a kernel for every pixel, each of which reads its neighbors.

        output[n,c,p] = bias[c] + sum over t of weight[n,t,p] * input[n,c,p+o(t)]        input is 0 outside the image

    Tap t = i*Kw + j has the offset o(t) = dilation * (i - Kh//2, j - Kw//2), in rows and columns.

    Args:
        input: (N,C,H,W), or (C,H,W), or (N,S,C,H,W) with S samples a pixel. N may be 0.
        weight: (N,G*Kh*Kw,H,W), or (G*Kh*Kw,H,W), or (N,S,G*Kh*Kw,H,W), with the kernels of group after group.
        kernel_size: Kh and Kw, or one number for both; None: square, as the weight's channels tell. 1 to 255, odd or
            even.
        bias: (C,), or None.
        mode: "linear" uses the weights as they are; "normalized" divides by the sum of the in-image taps' weights S, as
            copysign(max(|S|, eps), S); "softmax" takes the weights as logits of a softmax over the in-image taps. Of
            samples the sum, or the softmax, is over the taps of all samples.
        dilation: distance of neighboring taps, 1 to 65535.
        groups: sets of weights: channel c uses group floor(c*G/C).
        eps: the smallest magnitude that "normalized" divides by. Another one than 1e-6 takes two more steps over the
            output.
        padding_mode: what is outside the image: "zeros", which no sum or softmax counts; or the image goes on, as
            "replicate" or "reflect" of torch.nn.functional.pad have it. A splat's kernels go on with it. That takes
            padded copies of image and weights.
        return_coverage: returns (output, coverage): (N,G,H,W), or (G,H,W), of the sums' type: S for "linear" and
            "normalized", log of the sum of exp for "softmax". `merge` puts filtered parts together with it.

    Returns:
        (N,C,H,W) or (C,H,W) of the input's type and memory format.

    Types: input and weight are both float64, float32, float16 or bfloat16, or a float32 image has float16 or bfloat16
    weights, which halves what is read. Sums are float32, of float64 images float64; bias has that type, or 16 bits.
    Under torch.autocast such a pair is taken as it is, and a 16-bit image with weights of another type is made float32:
    radiance is large, and to convert weights would cost more than to filter.

    Memory: tensors are read where they lie, with any strides that the backend takes; nothing is copied. Rows of weights
    are read fastest where W's stride is 1. For the gradients the linear mode keeps the input only for grad_weight and
    the weight only for grad_input; the other modes keep both, the output, and a number for each pixel and group.
    Samples are filtered one after the other, and one image with several kernels a pixel may be expanded:
    image[:, None].expand(-1, S, -1, -1, -1).

    Derivatives are deterministic, in reverse and forward mode, and can be taken any number of times; torch.func
    transforms the functions. What is enqueued for a CUDA tensor goes to the current stream; nothing waits for it, so it
    can be captured in a CUDA graph.

    Raises:
        TypeError: an argument is of no type that is taken. ValueError: sizes do not fit each other, a number is out of
        its range, tensors are on different devices. RuntimeError: this device or build cannot do it.
    """
    return _apply(operators.gather, input, weight, kernel_size, bias, mode, dilation, groups, eps, padding_mode,
                  return_coverage)


@overload
def splat(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
          mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
          padding_mode: PaddingMode = "zeros", return_coverage: Literal[False] = False) -> Tensor: ...


@overload
def splat(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
          mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
          padding_mode: PaddingMode = "zeros", return_coverage: Literal[True]) -> tuple[Tensor, Tensor]: ...


def splat(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
          mode: Mode = "linear", dilation: SupportsIndex = 1, groups: SupportsIndex = 1, eps: float = MIN_SUM,
          padding_mode: PaddingMode = "zeros", return_coverage: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    """Filters an image with a kernel for every pixel, each of which writes to its neighbors.

        output[n,c,p+o(t)] += weight[n,t,p] * input[n,c,p]       plus bias[c]; what lands outside the image is dropped

    With linear weights it is gather's adjoint. "normalized" divides by the sum of the weights that land on a pixel,
    "softmax" is over the logits that land there. All else is as in `gather`.
    """
    return _apply(operators.splat, input, weight, kernel_size, bias, mode, dilation, groups, eps, padding_mode,
                  return_coverage)


def gather_splat(input: Tensor, weight: Tensor, kernel_size: KernelSize | None = None, *, bias: Tensor | None = None,
                 mode: Mode = "linear", dilation: SupportsIndex = 1,
                 groups: SupportsIndex = 1) -> tuple[Tensor, Tensor]:
    """(gather(...), splat(...)) of the same weights, which are read once where that is faster: with linear weights, and
    in the other modes where no gradient will be asked for."""
    input, bias, sides, *settings = _prepare(input, weight, kernel_size, bias, mode, dilation, groups)
    if input.dim() == 5:
        raise ValueError("input has 5 dimensions, gather_splat takes 4 (N,C,H,W) or 3 (C,H,W)")
    if input.dim() == 4:
        return operators.gather_splat(input, weight, bias, sides, *settings)
    gathered, splatted = operators.gather_splat(input.unsqueeze(0), weight.unsqueeze(0), bias, sides, *settings)
    return gathered.squeeze(0), splatted.squeeze(0)


def _prepare(input: Tensor, weight: Tensor, kernel_size: KernelSize | None, bias: Tensor | None, mode: str,
             dilation: SupportsIndex, groups: SupportsIndex) -> tuple:
    """input, bias, (Kh, Kw), mode, dilation, groups: checked, but for sizes, and converted."""
    arguments.are_tensors(input, weight, bias)
    mode, dilation, groups = arguments.settings(mode, dilation, groups)
    input, bias = arguments.convert(input, weight, bias)
    arguments.check_dimensions(input, weight)
    sides = arguments.square(weight, groups) if kernel_size is None else arguments.pair(kernel_size)
    return input, bias, sides, mode, dilation, groups


def _apply(operator: operators.Operator, input: Tensor, weight: Tensor, kernel_size: KernelSize | None,
           bias: Tensor | None, mode: str, dilation: SupportsIndex, groups: SupportsIndex, eps: float,
           padding_mode: str, return_coverage: bool) -> Tensor | tuple[Tensor, Tensor]:
    input, bias, *settings = _prepare(input, weight, kernel_size, bias, mode, dilation, groups)
    dimensions = input.dim()
    if dimensions == 3:
        input, weight = input.unsqueeze(0), weight.unsqueeze(0)
    if dimensions < 5 and eps == MIN_SUM and padding_mode == "zeros" and return_coverage is False:
        output = operator.filter(input, weight, bias, *settings)[0]
        return output if dimensions == 4 else output.squeeze(0)

    arguments.check_options(eps, padding_mode, return_coverage)
    if padding_mode != "zeros":
        input, weight, crop = pad(operator is operators.splat, input, weight, settings[0], settings[2], padding_mode)
    if dimensions == 5:
        output, coverage = _filter_samples(operator, input, weight, bias, settings, eps)
    else:
        output, coverage = _filter(operator, input, weight, bias, settings, eps)
    if padding_mode != "zeros":
        output, coverage = output[crop], coverage[crop]
    if dimensions == 3:
        output, coverage = output.squeeze(0), coverage.squeeze(0)
    return (output, coverage) if return_coverage else output


def _filter(operator: operators.Operator, input: Tensor, weight: Tensor, bias: Tensor | None, settings: list,
            eps: float) -> tuple[Tensor, Tensor]:
    """output, coverage."""
    sides, mode, *rest = settings
    if mode != "normalized" or eps == MIN_SUM:
        output, coverage = operator.filter(input, weight, bias, *settings, with_coverage=True)
        return output, coverage
    output, coverage = operator.filter(input, weight, None, sides, "linear", *rest, with_coverage=True)
    output = divide(output, coverage, eps)
    return (output if bias is None else output + bias.view(-1, 1, 1)).to(input.dtype), coverage


def _filter_samples(operator: operators.Operator, input: Tensor, weight: Tensor, bias: Tensor | None, settings: list,
                    eps: float) -> tuple[Tensor, Tensor]:
    sides, mode, *rest = settings
    if input.shape[1] != weight.shape[1]:
        raise ValueError(
            f"input has {input.shape[1]} samples and weight has {weight.shape[1]}, they need to be as many")
    if not input.shape[1]:
        raise ValueError(f"input is {tuple(input.shape)}: it has no samples")
    each = "linear" if mode == "normalized" else mode  # it is divided by the sum over all samples
    parts = (operator.filter(image, kernels, None, sides, each, *rest, with_coverage=True)
             for image, kernels in zip(input.unbind(1), weight.unbind(1)))
    output, coverage = merge(parts, each)
    if mode == "normalized":
        output = divide(output, coverage, eps)
    return (output if bias is None else output + bias.view(-1, 1, 1)).to(input.dtype), coverage
