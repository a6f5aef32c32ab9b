"""The operator in float64, as the contract has it: tap by tap, the splat really scattering."""

import numpy as np

MIN_SUM = 1e-6


def taps(kernel_height, kernel_width):
    """Each tap with its offset in rows and columns."""
    for t in range(kernel_height * kernel_width):
        i, j = divmod(t, kernel_width)
        yield t, i - kernel_height // 2, j - kernel_width // 2


def pairs(height, width, dy, dx):
    """Every pixel p for which p + (dy,dx) lies in the image, and that pixel: two pairs of index arrays."""
    y, x = np.mgrid[0:height, 0:width]
    inside = (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width)
    return (y[inside], x[inside]), (y[inside] + dy, x[inside] + dx)


def divisor(total):
    return np.copysign(np.maximum(np.abs(total), MIN_SUM), total)


def apply(operator, color, weight, kernel, mode="linear"):
    """operator: "gather" or "splat"; color (H,W,3), weight (Kh*Kw,H,W); returns (H,W,3)."""
    color = color.astype(np.float64)
    weight = weight.astype(np.float64)
    height, width, _ = color.shape
    assert weight.shape == (kernel[0] * kernel[1], height, width)

    def ends(p, q):
        """Where a product is read, and where it arrives."""
        return (q, p) if operator == "gather" else (p, q)

    largest = np.full((height, width), -np.inf)
    if mode == "softmax":
        for t, dy, dx in taps(*kernel):
            p, q = pairs(height, width, dy, dx)
            np.maximum.at(largest, ends(p, q)[1], weight[t][p])
    result = np.zeros_like(color)
    total = np.zeros((height, width))
    for t, dy, dx in taps(*kernel):
        p, q = pairs(height, width, dy, dx)
        source, target = ends(p, q)
        w = weight[t][p] if mode != "softmax" else np.exp(weight[t][p] - largest[target])
        np.add.at(result, target, w[:, None] * color[source])
        np.add.at(total, target, w)
    if mode == "linear":
        return result
    landed = np.zeros((height, width), bool)
    for _, dy, dx in taps(*kernel):
        p, q = pairs(height, width, dy, dx)
        landed[ends(p, q)[1]] = True
    return np.where(landed[:, :, None], result / divisor(total)[:, :, None], 0)


def bilateral(frame, kernel, space=2.0, compressed=0.15, normal=0.3):
    """Real weights: a joint bilateral filter of color and normal, computed here."""
    color, normals = frame["color"].astype(np.float64), frame["normal"].astype(np.float64)
    tone = color / (1 + color)
    height, width, _ = color.shape
    weight = np.zeros((kernel[0] * kernel[1], height, width))
    for t, dy, dx in taps(*kernel):
        p, q = pairs(height, width, dy, dx)
        distance = (dy * dy + dx * dx) / (2 * space**2)
        distance = distance + ((tone[q] - tone[p]) ** 2).sum(-1) / (2 * compressed**2)
        distance = distance + ((normals[q] - normals[p]) ** 2).sum(-1) / (2 * normal**2)
        weight[t][p] = np.exp(-distance)
    return weight / weight.sum(0)


def relative_error(actual, expected):
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)
