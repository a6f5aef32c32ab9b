"""Sizes and types that the tests of the operators share, and random tensors for them."""

import dataclasses

import torch
import weighted_filter

OPERATORS = ("gather", "splat")
MODES = ("linear", "normalized", "softmax")


@dataclasses.dataclass(frozen=True)
class Case:
    size: tuple = (2, 3, 5, 7)  # N,C,H,W
    kernel_size: tuple = (3, 3)
    dilation: int = 1
    groups: int = 1
    bias: bool = True

    @property
    def options(self):
        return {"dilation": self.dilation, "groups": self.groups}

    def __str__(self):
        size, kernel = ("x".join(map(str, sizes)) for sizes in (self.size, self.kernel_size))
        return (f"{size}-kernel{kernel}-dilation{self.dilation}"
                f"-groups{self.groups}-{'bias' if self.bias else 'plain'}")


CASES = (
    Case(),
    Case(kernel_size=(4, 2)),
    Case(kernel_size=(1, 5), bias=False),
    Case(dilation=3),
    Case(size=(1, 5, 6, 4), groups=2),
    Case(size=(1, 1, 3, 4), kernel_size=(2, 2), groups=2),
    Case(size=(1, 2, 3, 4), kernel_size=(9, 7)),
    Case(size=(3, 2, 1, 1)),
    Case(size=(1, 20, 7, 33), kernel_size=(5, 5), bias=False),
)

TYPES = {
    "float64": (torch.float64, torch.float64),
    "float32": (torch.float32, torch.float32),
    "float16": (torch.float16, torch.float16),
    "bfloat16": (torch.bfloat16, torch.bfloat16),
    "float16 weights": (torch.float32, torch.float16),
    "bfloat16 weights": (torch.float32, torch.bfloat16),
}


def uniform(size, low, high, dtype, device="cpu", requires_grad=True):
    values = torch.empty(size, dtype=torch.float64).uniform_(low, high)
    return values.to(device=device, dtype=dtype).requires_grad_(requires_grad)


def tensors(case, mode, types="float64", device="cpu"):
    """input, weight, bias and a gradient of the output. Sums of normalized weights stay away from 0."""
    image, weight = TYPES[types]
    batch, channels, height, width = case.size
    taps = case.groups * case.kernel_size[0] * case.kernel_size[1]
    low, high = {"linear": (-1, 1), "normalized": (0.5, 1.5), "softmax": (-2, 2)}[mode]
    return (uniform(case.size, -1, 1, image, device),
            uniform((batch, taps, height, width), low, high, weight, device),
            uniform(channels, -1, 1, torch.float64 if image == torch.float64 else torch.float32, device)
            if case.bias else None,
            uniform(case.size, -1, 1, image, device, requires_grad=False))


def apply(operator, case, mode, input, weight, bias):
    function = getattr(weighted_filter, operator)
    return function(input, weight, case.kernel_size, bias=bias, mode=mode, **case.options)


def close(actual, expected, terms, rounding=0.0):
    """Whether actual is expected, rounded to its type, but for sums of so many terms of about 1 in float32 (float64 of
    float64) and an error of `rounding` before."""
    sums = torch.finfo(torch.float64 if actual.dtype == torch.float64 else torch.float32).eps
    torch.testing.assert_close(actual.detach().double().cpu(), expected.detach().double().cpu(),
                               rtol=torch.finfo(actual.dtype).eps, atol=4 * terms * sums + rounding)
