"""A batch of frames with their references, cut out of the pool and varied on the device, as draw.py says."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..network.features import Frame
from . import defects, draw


class Batch(NamedTuple):
    frame: Frame  # as a renderer would give it
    reference: Tensor  # (N,3,H,W)
    albedo: Tensor  # (N,3,H,W): what filtering the frame's albedo should give


def augment(noisy: Tensor, clean: Tensor, numbers: Tensor, width: int, crop: tuple[int, int]) -> Batch:
    """noisy and clean are the pool's, of records `width` pixels wide; numbers (N,columns) are draw's."""
    place = _places(numbers[:, draw.PLACE:draw.PERMUTATION], width, crop)
    index = numbers[:, draw.INDEX].long()
    weights = numbers[:, draw.BUFFERS:, None, None]
    buffers = noisy.index_select(0, index)
    planes = weights[:, 0] * _take(buffers[:, 0], place)
    for buffer in range(1, buffers.shape[1]):
        planes = planes + weights[:, buffer] * _take(buffers[:, buffer], place)
    color, albedo, normal, depth = planes.split([3, 3, 3, 1], 1)
    reference, clean_albedo = _take(clean.index_select(0, index), place).split([3, 3], 1)

    order = numbers[:, draw.PERMUTATION:draw.GAIN, None].long().expand_as(color)
    gain = numbers[:, draw.GAIN:draw.ROTATION, None]
    color, reference = (gain * layer.gather(1, order) for layer in (color, reference))
    albedo, clean_albedo = (layer.gather(1, order) for layer in (albedo, clean_albedo))
    rotation = numbers[:, draw.ROTATION:draw.INPUT_EXPOSURE].view(-1, 3, 3, 1)
    normal = (rotation * normal[:, None]).sum(2)
    color, albedo, normal, depth, reference, clean_albedo = (
        layer.unflatten(2, crop) for layer in (color, albedo, normal, depth, reference, clean_albedo))
    frame = defects.spoil(Frame(color, albedo, normal, depth), numbers[:, draw.DEFECTS:draw.BUFFERS])
    return Batch(frame, reference, clean_albedo)


def _places(map: Tensor, width: int, crop: tuple[int, int]) -> Tensor:
    """(N,1,h*w): which of the record's pixels each of the crop's is."""
    map = map.long()[:, :, None, None]
    row = torch.arange(crop[0], device=map.device)[:, None]
    column = torch.arange(crop[1], device=map.device)
    from_row = map[:, 0] * row + map[:, 1] * column + map[:, 2]
    from_column = map[:, 3] * row + map[:, 4] * column + map[:, 5]
    return (from_row * width + from_column).flatten(1)[:, None]


def _take(planes: Tensor, place: Tensor) -> Tensor:
    return planes.gather(2, place.expand(-1, planes.shape[1], -1)).float()
