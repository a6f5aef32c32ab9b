"""A network's answer from its file and numpy alone, in float64, written from the docstrings of weighted_filter.network.

Images are (C,H,W)."""

import json

import numpy as np


def read_file(path):
    """Tensors by name, and the metadata."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    types = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + first:8 + length + last], types[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float64)
    return tensors, metadata


# ---- Pyramid ----


def blocks(image, side):
    """Of each side x side block, cut at the borders: (C, rows, columns) of lists of (C, pixels)."""
    _, height, width = image.shape
    return [[image[:, y:y + side, x:x + side].reshape(image.shape[0], -1) for x in range(0, width, side)]
            for y in range(0, height, side)]


def down(image):
    return np.stack([np.stack([block.mean(1) for block in row], -1) for row in blocks(image, 2)], 1)


def up(image, height, width):
    result = np.empty((image.shape[0], height, width))
    for y in range(height):
        for x in range(width):
            value = 0
            for row, row_share in _sources(y, image.shape[1]):
                for column, column_share in _sources(x, image.shape[2]):
                    value = value + row_share * column_share * image[:, row, column]
            result[:, y, x] = value
    return result


def _sources(place, count):
    other = place // 2 + (1 if place % 2 else -1)
    return (place // 2, 0.75), (min(max(other, 0), count - 1), 0.25)


def softmax_filter(image, logits, splat):
    """Gather or splat: tap i*K+j reaches (i - K//2, j - K//2)."""
    _, height, width = image.shape
    side = round(len(logits) ** 0.5)
    shape = (side * side, height, width)
    exponents, values = np.full(shape, -np.inf), np.zeros((side * side, *image.shape))
    for tap in range(side * side):
        dy, dx = tap // side - side // 2, tap % side - side // 2
        if splat:
            dy, dx = -dy, -dx  # where what arrives at p comes from
        to = slice(max(0, -dy), max(0, min(height, height - dy))), slice(max(0, -dx), max(0, min(width, width - dx)))
        fr = slice(max(0, dy), max(0, min(height, height + dy))), slice(max(0, dx), max(0, min(width, width + dx)))
        exponents[tap][to] = logits[tap][fr] if splat else logits[tap][to]
        values[(tap, slice(None), *to)] = image[(slice(None), *fr)]
    weights = np.exp(exponents - exponents.max(0))
    return (weights[:, None] * values).sum(0) / weights.sum(0)


def pyramid(image, logits, alphas, splat):
    images = [image]
    for _ in logits[1:]:
        images.append(down(images[-1]))
    output = None
    for level in reversed(range(len(logits))):
        own = softmax_filter(images[level], logits[level], splat)
        output = own if output is None else own + alphas[level] * up(output - down(own), *own.shape[1:])
    return output


# ---- Features ----


def clean(color, albedo, normal, depth):
    layers = []
    for layer in (color, albedo, normal, depth):
        bad = ~(np.abs(layer) <= 1e30).all(0)
        layer = np.array(layer, np.float64)
        layer[:, bad] = 0
        layers.append(layer)
    color, albedo, normal, depth = layers
    depth[(depth <= 0) | (depth >= 1e9)] = 0
    return color, np.clip(albedo, 0, 1), normal, depth


def exposure(color):
    mean = np.maximum(color, 0).mean(0, keepdims=True)
    means = [block.mean() for row in blocks(mean, 16) for block in row]
    logarithms = [np.log2(value) for value in means if value > 1e-8]
    return 0.18 / 2 ** np.mean(logarithms) if logarithms else 1.0


def features(architecture, color, albedo, normal, depth):
    exposed = np.maximum(exposure(color) * color, 0)
    planes = []
    for feature in architecture["features"]:
        if feature["name"] == "color":
            plane = np.log1p(feature["gain"] * exposed)
        elif feature["name"] == "demodulated":
            plane = np.log1p(feature["gain"] * exposed / (albedo + architecture["epsilon"]))
        elif feature["name"] == "albedo":
            plane = albedo
        elif feature["name"] == "normal":
            plane = np.clip(normal, -1, 1)
        else:
            hit = depth > 0
            logarithm = np.log(np.where(hit, depth, 1))
            mean = logarithm[hit].mean() if hit.any() else 0
            plane = np.where(hit, np.clip(logarithm - mean, -4, 4), 5)
        planes.append(feature["scale"] * plane)
    return np.concatenate(planes)


# ---- U-Net ----


def convolution(image, weight, bias):
    """Zeros outside."""
    border = weight.shape[-1] // 2
    _, height, width = image.shape
    padded = np.pad(image, ((0, 0), (border, border), (border, border)))
    result = np.zeros((len(weight), height, width)) + bias[:, None, None]
    for row in range(weight.shape[2]):
        for column in range(weight.shape[3]):
            result += np.einsum("oi,ihw->ohw", weight[:, :, row, column],
                                padded[:, row:row + height, column:column + width])
    return result


def layers(image, tensors, part, level, count):
    for place in range(count):
        name = f"{part}.{level}.{place}"
        image = np.maximum(convolution(image, tensors[f"{name}.weight"], tensors[f"{name}.bias"]), 0)
    return image


def pool(image):
    return np.stack([np.stack([block.max(1) for block in row], -1) for row in blocks(image, 2)], 1)


def heads(architecture, tensors, planes):
    """Channels of each level's head."""
    encoded = []
    for level, count in enumerate(architecture["encoder"]):
        planes = layers(pool(planes) if level else planes, tensors, "encoder", level, count)
        encoded.append(planes)
    decoded = {len(encoded) - 1: planes}
    for level in reversed(range(len(encoded) - 1)):
        skip = encoded[level]
        doubled = planes.repeat(2, 1).repeat(2, 2)[:, :skip.shape[1], :skip.shape[2]]
        planes = layers(np.concatenate([doubled, skip]), tensors, "decoder", level, architecture["decoder"][level])
        decoded[level] = planes
    return [convolution(decoded[level], tensors[f"head.{level}.weight"], tensors[f"head.{level}.bias"])
            for level in range(len(architecture["kernels"]))]


def denoise(path, color, albedo, normal, depth):
    """gather, splat and the filtered albedo."""
    tensors, metadata = read_file(path)
    architecture = json.loads(metadata["architecture"])
    color, albedo, normal, depth = clean(color, albedo, normal, depth)
    predicted = heads(architecture, tensors, features(architecture, color, albedo, normal, depth))
    divisor = 1.0
    squares = [side ** 2 for side in architecture["kernels"]]
    if architecture["albedo_kernel"]:
        count = architecture["albedo_kernel"] ** 2
        albedo = softmax_filter(albedo, predicted[0][2 * squares[0]:2 * squares[0] + count], False)
        divisor = albedo + architecture["epsilon"]
    images = []
    for which in (0, 1):
        logits = [head[which * square:(which + 1) * square] for head, square in zip(predicted, squares)]
        alphas = [1 / (1 + np.exp(-head[which - 2])) for head in predicted[:-1]]
        images.append(pyramid(color / divisor, logits, alphas, bool(which)) * divisor)
    return *images, albedo
