"""What is random in a training step, as numbers for each sample. They follow from the seed and the step alone, so that
a run that is resumed goes on as if it had not been cut, and processes share one batch without a word."""

from __future__ import annotations

import numpy as np

from . import defects
from .records import Shape

# Columns of a sample's numbers; those behind are the weights of its buffers.
INDEX, PLACE, PERMUTATION, GAIN, ROTATION, INPUT_EXPOSURE, LOSS_EXPOSURE, DEFECTS = 0, 1, 7, 10, 13, 22, 23, 24
BUFFERS = DEFECTS + defects.COLUMNS

GAIN_SPREAD = 0.2  # of ln, a channel
INPUT_STOPS, LOSS_STOPS = 0.5, 0.8  # standard deviations of exposures, log2
ODD_STOPS = 3.0  # of the input's exposure where a frame's own goes wrong: nearly black ones, few bright things
# log10 but for the first
HOLE_SHIFTS, HOLE_SHARES, BRIGHT_SHARES, RADIANCES = 4, (-3.5, -1.0), (-5.0, -3.0), (1.0, 6.0)


def columns(shape: Shape) -> int:
    return BUFFERS + shape.buffers


def generator(seed: int, step: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, step]))


def choose(random: np.random.Generator, shares: list[float]) -> int:
    """Which of the crops a step takes."""
    return int(random.choice(len(shares), p=np.asarray(shares) / np.sum(shares)))


def _places(random: np.random.Generator, count: int, shape: Shape, crop: tuple[int, int]) -> np.ndarray:
    """(count,6): row = p0*i + p1*j + p2, column = p3*i + p4*j + p5 of the record for row i, column j of the crop: cut
    out anywhere, mirrored either way, and transposed where that fits."""
    height, width = crop
    turns = random.integers(0, 2, count) if width <= shape.height and height <= shape.width else np.zeros(count, int)
    mirror_row, mirror_column = random.integers(0, 2, (2, count))
    extent_row, extent_column = np.where(turns, width, height), np.where(turns, height, width)
    first_row = (random.random(count) * (shape.height - extent_row + 1)).astype(int)
    first_column = (random.random(count) * (shape.width - extent_column + 1)).astype(int)
    step_row, step_column = 1 - 2 * mirror_row, 1 - 2 * mirror_column
    start_row = first_row + mirror_row * (extent_row - 1)
    start_column = first_column + mirror_column * (extent_column - 1)
    return np.stack([np.where(turns, 0, step_row), np.where(turns, step_row, 0), start_row,
                     np.where(turns, step_column, 0), np.where(turns, 0, step_column), start_column], 1)


def _rotations(random: np.random.Generator, count: int) -> np.ndarray:
    """(count,9): rotations, half of them with a reflection, uniform."""
    q, r = np.linalg.qr(random.standard_normal((count, 3, 3)))
    return (q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]).reshape(count, 9)


def _buffers(random: np.random.Generator, count: int, buffers: int) -> np.ndarray:
    """(count,buffers): the mean of some of them, 1 to all, few more often than many."""
    weights = np.zeros((count, buffers))
    most = np.log(buffers + 1)
    for sample in weights:
        taken = min(int(np.exp(random.random() * most)), buffers)
        sample[random.permutation(buffers)[:taken]] = 1 / taken
    return weights


def _powers(random: np.random.Generator, count: int, limits: tuple[float, float]) -> np.ndarray:
    return 10 ** random.uniform(*limits, count)


def _defects(random: np.random.Generator, count: int, share: float) -> np.ndarray:
    """(count,defects.COLUMNS), each defect in a share of them; a record's mean radiance is about 1."""
    numbers = np.zeros((count, defects.COLUMNS))
    numbers[:, defects.SEED] = random.integers(0, 1 << 24, count)
    numbers[:, defects.SHIFT] = random.integers(0, HOLE_SHIFTS, count)
    numbers[:, defects.HOLES] = (random.random(count) < share) * _powers(random, count, HOLE_SHARES)
    numbers[:, defects.BRIGHT] = (random.random(count) < share) * _powers(random, count, BRIGHT_SHARES)
    numbers[:, defects.RADIANCE] = _powers(random, count, RADIANCES)
    numbers[:, defects.GUIDES:] = random.random((count, 3)) >= share
    return numbers


def draw(random: np.random.Generator, pairs: int, batch: int, shape: Shape, crop: tuple[int, int],
         defective: float) -> np.ndarray:
    """(batch,columns) float32 for a batch out of `pairs` pairs. defective: the share of the samples that have a defect,
    for each kind: holes, bright pixels, an exposure that is far off, no albedo, no normal, no depth."""
    numbers = np.empty((batch, columns(shape)), np.float32)
    numbers[:, INDEX] = random.integers(0, pairs, batch)
    numbers[:, PLACE:PERMUTATION] = _places(random, batch, shape, crop)
    numbers[:, PERMUTATION:GAIN] = random.permuted(np.tile(np.arange(3), (batch, 1)), axis=1)
    numbers[:, GAIN:ROTATION] = np.exp(GAIN_SPREAD * random.standard_normal((batch, 3)))
    numbers[:, ROTATION:INPUT_EXPOSURE] = _rotations(random, batch)
    stops = np.where(random.random(batch) < defective, ODD_STOPS, INPUT_STOPS)
    numbers[:, INPUT_EXPOSURE] = np.exp2(stops * random.standard_normal(batch))
    numbers[:, LOSS_EXPOSURE] = np.exp2(LOSS_STOPS * random.standard_normal(batch))
    numbers[:, DEFECTS:BUFFERS] = _defects(random, batch, defective)
    numbers[:, BUFFERS:] = _buffers(random, batch, shape.buffers)
    return numbers
