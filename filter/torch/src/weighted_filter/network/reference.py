"""The synthetic frame by which a reader of a network file checks its own inference, and the network's answer to it.

A frame of WIDTH x HEIGHT pixels, whose planes are color r, g, b, albedo r, g, b, normal x, y, z, depth. Number k =
(plane * HEIGHT + row) * WIDTH + column is, in 32-bit unsigned integers that wrap around,

    s = k * 747796405 + 2891336453
    w = ((s >> ((s >> 28) + 4)) ^ s) * 277803737
    u = ((w >> 22) ^ w) >> 8,  as v = u / 2^24 in 0 .. 1

and gives color 4 v^4, albedo v, normal 2v - 1, depth 1 + 9v, but 0 where v < 1/8.

`reference` in the file's metadata is JSON: width, height, points (a list of [column, row]) and gather, splat, albedo:
for each point the [r, g, b] there, computed in float64 with the file's float16 numbers.
"""

from __future__ import annotations

import copy

import torch

from .denoise import denoise
from .features import Frame
from .unet import Network

WIDTH, HEIGHT = 45, 37
POINTS = [[0, 0], [44, 0], [0, 36], [44, 36], [22, 18], [7, 29], [31, 5], [16, 16]]
_WRAP = (1 << 32) - 1


def frame(dtype: torch.dtype = torch.float64) -> Frame:
    """The synthetic frame; batch of one."""
    s = torch.arange(10 * HEIGHT * WIDTH) * 747796405 + 2891336453 & _WRAP
    w = ((s >> ((s >> 28) + 4)) ^ s) * 277803737 & _WRAP
    v = (((w >> 22) ^ w) >> 8).to(torch.float64).view(1, 10, HEIGHT, WIDTH) / (1 << 24)
    color, albedo, normal, depth = v.split([3, 3, 3, 1], 1)
    depth = torch.where(depth < 0.125, 0, 1 + 9 * depth)
    return Frame(*(layer.to(dtype) for layer in (4 * color ** 4, albedo, 2 * normal - 1, depth)))


def answer(network: Network) -> dict:
    """What `reference` is for a network whose parameters are float16 numbers."""
    exact = copy.deepcopy(network).to("cpu", torch.float64)
    images = denoise(exact, frame())._asdict()
    pick = {name: [image[0, :, row, column].tolist() for column, row in POINTS] for name, image in images.items()}
    return {"width": WIDTH, "height": HEIGHT, "points": POINTS, **pick}
