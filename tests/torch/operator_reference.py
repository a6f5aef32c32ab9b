"""The operator in plain PyTorch, tap by tap, from the formulas of design and manual; autograd gives its derivatives.

`literal` is the same once more for one channel and one group, pixel by pixel, to check the reference itself."""

import math

import torch
from torch.nn import functional


def offsets(kernel_size, dilation):
    height, width = kernel_size
    return [(dilation * (i - height // 2), dilation * (j - width // 2)) for i in range(height) for j in range(width)]


def moved(image, dy, dx):
    """image at p arrives at p + (dy,dx); zeros elsewhere."""
    height, width = image.shape[-2:]
    if abs(dy) >= height or abs(dx) >= width:
        return torch.zeros_like(image)
    return functional.pad(image, (dx, -dx, dy, -dy))


def arriving(operator, input, weight, kernel_size, dilation, groups):
    """What arrives at each pixel, by taps: values, weights, and whether they are in the image."""
    weight = weight.unflatten(1, (groups, kernel_size[0] * kernel_size[1]))
    ones = torch.ones_like(input[:1, :1])
    values, weights, inside = [], [], []
    for t, (dy, dx) in enumerate(offsets(kernel_size, dilation)):
        if operator == "gather":
            values.append(moved(input, -dy, -dx))
            weights.append(weight[:, :, t])
            inside.append(moved(ones, -dy, -dx))
        else:
            values.append(moved(input, dy, dx))
            weights.append(moved(weight[:, :, t], dy, dx))
            inside.append(moved(ones, dy, dx))
    return torch.stack(values), torch.stack(weights), torch.stack(inside) > 0


def combine(values, weights, inside, mode, eps=1e-6):
    """output without bias, and coverage."""
    channels, groups = values.shape[2], weights.shape[2]
    coverage = (weights * inside).sum(0)
    if mode == "normalized":
        weights = weights / torch.where(coverage.abs() > eps, coverage,
                                        torch.full_like(coverage, eps).copysign(coverage))
    if mode == "softmax":
        weights = weights.masked_fill(~inside, -torch.inf)
        coverage = weights.logsumexp(0)
        weights = weights.softmax(0)
    return (weights[:, :, [c * groups // channels for c in range(channels)]] * values).sum(0), coverage


def reference(operator, input, weight, kernel_size, bias=None, mode="linear", dilation=1, groups=1):
    parts = arriving(operator, input.double(), weight.double(), kernel_size, dilation, groups)
    output, _ = combine(*parts, mode)
    return output if bias is None else output + bias.double().view(-1, 1, 1)


def literal(operator, input, weight, kernel_size, mode, dilation):
    """input [H][W] and weight [taps][H][W] as lists; returns [H][W]."""
    height, width = len(input), len(input[0])
    arriving = {(y, x): [] for y in range(height) for x in range(width)}
    for t, (dy, dx) in enumerate(offsets(kernel_size, dilation)):
        for y in range(height):
            for x in range(width):
                if 0 <= y + dy < height and 0 <= x + dx < width:
                    if operator == "gather":
                        arriving[y, x].append((weight[t][y][x], input[y + dy][x + dx]))
                    else:
                        arriving[y + dy, x + dx].append((weight[t][y][x], input[y][x]))
    output = [[0.0] * width for _ in range(height)]
    for (y, x), pairs in arriving.items():
        if mode == "softmax":
            pairs = [(math.exp(w), value) for w, value in pairs]
        total = sum(w for w, _ in pairs)
        divisor = 1 if mode == "linear" else math.copysign(max(abs(total), 1e-6), total)
        output[y][x] = sum(w * value for w, value in pairs) / divisor
    return output
