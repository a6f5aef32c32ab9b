"""What frames have that are not as they should be: holes of NaN, dead pixels, pixels that are far too bright, guides
missing.

Which pixels are decided by a hash of their place and a sample's seed, so that a step is the same whenever it is run.
A hole is a square of 1 to 8 pixels; a quarter of them are in color alone, a quarter in the guides alone, half in all
layers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..network.features import Frame

# A sample's numbers: seed, shift (holes have 2^shift pixels a side), share of the holes, share of bright pixels, their
# radiance; 1 where a guide is there, 0 where it is missing: albedo, normal, depth.
SEED, SHIFT, HOLES, BRIGHT, RADIANCE, GUIDES = range(6)
COLUMNS = GUIDES + 3
_RANGE = 1 << 32
_ALL = _RANGE - 1


def spoil(frame: Frame, numbers: Tensor) -> Frame:
    """numbers is (N,COLUMNS). Shares of 0 and guides of 1 leave the frame as it is."""
    columns = numbers[:, :, None, None, None].unbind(1)
    seed, shift = columns[SEED].long(), columns[SHIFT].long()
    row = torch.arange(frame.color.shape[2], device=numbers.device)[:, None]
    column = torch.arange(frame.color.shape[3], device=numbers.device)
    hashed = _hash(2 * seed, row >> shift, column >> shift)
    hole, kind = hashed < _limit(columns[HOLES]), hashed & 3
    bright = _hash(2 * seed + 1, row, column) < _limit(columns[BRIGHT])
    color = torch.where(bright, columns[RADIANCE], frame.color)
    color = torch.where(hole & (kind != 1), math.nan, color)
    guides = (torch.where(hole & (kind != 0), math.nan, there * layer)
              for there, layer in zip(columns[GUIDES:], frame[1:]))
    return Frame(color, *guides)


def _limit(share: Tensor) -> Tensor:
    return (share.double() * _RANGE).long()


def _hash(seed: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """(N,1,H,W) in 0 .. 2^32 - 1. Products fit 63 bits, rows' and columns' 31: torch.compile counts pixels in int32."""
    x = (row * 486193 + column * 371941 + seed * 0xC2B2AE3D) & _ALL
    x = ((x ^ (x >> 15)) * 0x2C1B3C6D) & _ALL
    x = ((x ^ (x >> 12)) * 0x297A2D39) & _ALL
    return x ^ (x >> 15)
