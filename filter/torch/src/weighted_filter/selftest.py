"""python -m weighted_filter.selftest: does it work here? Values and gradients against plain PyTorch in float64."""

from __future__ import annotations

import sys

import torch
from torch import Tensor
from torch.nn import functional

from . import __version__, backends, gather, splat
from .library import MODES

CASES = (((2, 3, 13, 17), (5, 5), 1, 1), ((1, 4, 9, 12), (4, 3), 2, 2), ((1, 3, 64, 96), (11, 11), 1, 1))
TYPES = ((torch.float64, 1e-12), (torch.float32, 1e-5), (torch.float16, 1e-2), (torch.bfloat16, 1e-1))


def _moved(image: Tensor, dy: int, dx: int) -> Tensor:
    return functional.pad(image, (dx, -dx, dy, -dy))


def reference(splats: bool, input: Tensor, weight: Tensor, kernel_size: tuple[int, int], mode: str, dilation: int,
              groups: int) -> Tensor:
    height, width = kernel_size
    weight = weight.unflatten(1, (groups, height * width))
    values, weights, inside = [], [], []
    for t in range(height * width):
        dy, dx = dilation * (t // width - height // 2), dilation * (t % width - width // 2)
        if splats:
            values.append(_moved(input, dy, dx))
            weights.append(_moved(weight[:, :, t], dy, dx))
            inside.append(_moved(torch.ones_like(input[:1, :1]), dy, dx))
        else:
            values.append(_moved(input, -dy, -dx))
            weights.append(weight[:, :, t])
            inside.append(_moved(torch.ones_like(input[:1, :1]), -dy, -dx))
    arriving, within = torch.stack(weights), torch.stack(inside) > 0
    if mode == "normalized":
        arriving = arriving / (arriving * within).sum(0)
    elif mode == "softmax":
        arriving = arriving.masked_fill(~within, -torch.inf).softmax(0)
    return (arriving.repeat_interleave(input.shape[1] // groups, 2) * torch.stack(values)).sum(0)


def _error(actual: Tensor, expected: Tensor) -> float:
    return ((actual.double().cpu() - expected).abs().max() / expected.abs().max()).item()


def check(device: str) -> float:
    """Runs all cases; the largest error in units of what its type is allowed."""
    worst = 0.0
    for size, kernel_size, dilation, groups in CASES:
        image = torch.rand(size, dtype=torch.float64)
        logits = torch.rand(size[0], groups * kernel_size[0] * kernel_size[1], *size[2:], dtype=torch.float64) + 0.5
        grad = torch.rand(size, dtype=torch.float64)
        for mode in MODES:
            for function in (gather, splat):
                for dtype, tolerance in TYPES:
                    rounded = [tensor.to(dtype).double().requires_grad_() for tensor in (image, logits)]
                    expected = reference(function is splat, *rounded, kernel_size, mode, dilation, groups)
                    wanted = torch.autograd.grad(expected, rounded, grad.to(dtype).double())
                    given = [tensor.detach().to(device, dtype).requires_grad_() for tensor in rounded]
                    output = function(*given, kernel_size, mode=mode, dilation=dilation, groups=groups)
                    gradients = torch.autograd.grad(output, given, grad.to(device, dtype))
                    for a, b in zip((output, *gradients), (expected, *wanted)):
                        error = _error(a, b.detach()) / tolerance
                        if not error <= 1:
                            raise ArithmeticError(f"{function.__name__} of {dtype} on {device}, mode {mode}, {size}, "
                                                  f"kernel {kernel_size}: error {error * tolerance:.3g}, allowed is "
                                                  f"{tolerance:g}")
                        worst = max(worst, error)
    return worst


def main() -> int:
    print(f"weighted_filter {__version__} ({', '.join(backends())}), PyTorch {torch.__version__}")
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += [f"cuda:{index}" for index in range(torch.cuda.device_count())] if "cuda" in backends() else []
        if "cuda" not in backends():
            print("cuda: there is a GPU, and this build has no CUDA backend")
    torch.manual_seed(0)
    for device in devices:
        try:
            worst = check(device)
        except (ArithmeticError, RuntimeError, ValueError) as error:
            print(f"{device}: {error}", file=sys.stderr)
            return 1
        print(f"{device}: right; the largest error is {worst:.2f} of what its type is allowed")
    return 0


if __name__ == "__main__":
    torch.set_num_threads(min(torch.get_num_threads(), 4))  # more would wait for each other, with images that small
    sys.exit(main())
