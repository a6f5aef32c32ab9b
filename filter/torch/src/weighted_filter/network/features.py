"""What the network sees of a frame: exposure, and its input's planes.

Frames. color (N,3,H,W) is linear radiance; albedo, normal (N,3,H,W) and depth (N,1,H,W) are guides as renderers write
them: means over the frame's own samples, as noisy as these are. Depth is the distance, 0 where nothing was hit. Missing
guides are 0.

Not finite. A pixel one of whose channels is not finite, or beyond -1e30 .. 1e30, is 0 in that layer: black, or nothing
hit. Color is never clamped; albedo is clamped to 0 .. 1. Depth hits where it is above 0 and below 1e9.

Exposure. m is the mean of a pixel's r, g and b, each at least 0. The frame is cut into blocks of 16x16 pixels
from its first row and column on; those at the other borders may be smaller. With M the mean of a block's m,

    exposure = 0.18 / 2^(mean of log2 M over the blocks with M > 1e-8)           1 where there is no such block

so that a firefly moves it by log2 of what it does to its own block, divided by the number of blocks.

Planes, in the order of the architecture's features; e is the exposure:

    color        scale * ln(1 + gain * max(e * color, 0))
    demodulated  scale * ln(1 + gain * max(e * color, 0) / (albedo + epsilon))
    albedo       scale * albedo
    normal       scale * normal, clamped to -1 .. 1
    depth        scale * (ln depth - mean of ln depth over all pixels that hit), clamped to -4 .. 4 before scale;
                 scale * 5 where nothing was hit
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .architecture import PLANES, Architecture

KEY, BLOCK, DARKEST, LARGEST = 0.18, 16, 1e-8, 1e30
FARTHEST, DEPTH_LIMIT, NO_DEPTH = 1e9, 4.0, 5.0


class Frame(NamedTuple):
    """A frame's layers, (N,3,H,W) and depth (N,1,H,W)."""
    color: Tensor
    albedo: Tensor
    normal: Tensor
    depth: Tensor


def clean(frame: Frame) -> Frame:
    """The frame with only numbers, its albedo in 0 .. 1, its depth 0 where nothing was hit."""
    color, albedo, normal, depth = (torch.where((layer.abs() <= LARGEST).all(1, keepdim=True), layer, 0)
                                    for layer in frame)
    return Frame(color, albedo.clamp(0, 1), normal, torch.where((depth > 0) & (depth < FARTHEST), depth, 0))


def exposure(color: Tensor) -> Tensor:
    """(N,1,1,1), of a clean color."""
    mean = color.clamp_min(0).mean(1, keepdim=True)
    blocks = nn.functional.avg_pool2d(mean, BLOCK, ceil_mode=True, count_include_pad=False)
    counted = blocks > DARKEST
    logarithms = torch.where(counted, torch.log2(blocks.clamp_min(DARKEST)), 0).sum((1, 2, 3), keepdim=True)
    count = counted.sum((1, 2, 3), keepdim=True)
    return torch.where(count > 0, KEY / torch.exp2(logarithms / count.clamp_min(1)), 1)


def relative_depth(depth: Tensor) -> Tensor:
    """Of a clean depth: the plane before its scale."""
    hit = depth > 0
    logarithm = torch.where(hit, torch.log(torch.where(hit, depth, 1)), 0)
    mean = logarithm.sum((1, 2, 3), keepdim=True) / hit.sum((1, 2, 3), keepdim=True).clamp_min(1)
    return torch.where(hit, (logarithm - mean).clamp(-DEPTH_LIMIT, DEPTH_LIMIT), NO_DEPTH)


def features(architecture: Architecture, frame: Frame, exposure: Tensor, planes: int = 0) -> Tensor:
    """(N,planes,H,W) of a clean frame; planes beyond the architecture's, if more are asked for, are 0."""
    exposed = (frame.color * exposure).clamp_min(0)
    parts = []
    for feature in architecture.features:
        if feature.name in ("color", "demodulated"):
            light = exposed if feature.name == "color" else exposed / (frame.albedo + architecture.epsilon)
            plane = torch.log1p(feature.gain * light)
        elif feature.name == "depth":
            plane = relative_depth(frame.depth)
        else:
            plane = frame.albedo if feature.name == "albedo" else frame.normal.clamp(-1, 1)
        parts.append(plane if feature.scale == 1 else feature.scale * plane)
    missing = planes - sum(PLANES[feature.name] for feature in architecture.features)
    if missing > 0:
        parts.append(frame.depth.new_zeros(()).expand(frame.depth.shape[0], missing, *frame.depth.shape[2:]))
    return torch.cat(parts, 1)
