"""What a step draws, and how it varies pairs: against numpy, sample by sample."""

import numpy as np
import pytest
import torch
from weighted_filter.train import draw
from weighted_filter.train.augment import augment
from weighted_filter.train.records import Shape

SHAPE = Shape(4, 12, 20)


def numbers(batch=200, crop=(7, 9), shape=SHAPE, step=3):
    return draw.draw(draw.generator(1, step), 6, batch, shape, crop)


def test_the_same_numbers_for_the_same_step():
    assert np.array_equal(numbers(), numbers())
    assert not np.array_equal(numbers(), numbers(step=4))
    assert np.array_equal(draw.generator(5, 1).random(3), draw.generator(5, 1).random(3))


def test_ranges():
    drawn = numbers(2000)
    assert set(drawn[:, draw.INDEX]) == set(range(6))
    assert (np.sort(drawn[:, draw.PERMUTATION:draw.GAIN], 1) == [0, 1, 2]).all()
    weights = drawn[:, draw.BUFFERS:]
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)
    taken = (weights > 0).sum(1)
    assert set(taken) == {1, 2, 3, 4} and (taken == 1).sum() > (taken == 4).sum()
    rotations = drawn[:, draw.ROTATION:draw.INPUT_EXPOSURE].reshape(-1, 3, 3)
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), np.broadcast_to(np.eye(3), rotations.shape), atol=1e-5)
    assert 0.4 < (np.linalg.det(rotations) > 0).mean() < 0.6
    assert abs(rotations.mean(0)).max() < 0.1


@pytest.mark.parametrize("crop", [(7, 9), (12, 20), (12, 5), (1, 1)])
def test_crops_stay_inside_and_reach_everything(crop):
    places = numbers(3000, crop)[:, draw.PLACE:draw.PERMUTATION]
    seen = np.zeros((SHAPE.height, SHAPE.width), bool)
    i, j = np.mgrid[:crop[0], :crop[1]]
    for p in places:
        row, column = p[0] * i + p[1] * j + p[2], p[3] * i + p[4] * j + p[5]
        assert row.min() >= 0 and row.max() < SHAPE.height and column.min() >= 0 and column.max() < SHAPE.width
        seen[row.astype(int), column.astype(int)] = True
    assert seen.all()
    assert len(np.unique(np.sign(places[:, [0, 1, 3, 4]]), axis=0)) == (8 if crop[1] <= 12 else 4)


def test_augment(device):
    crop, pairs = (7, 9), 6
    noisy = torch.rand(pairs, SHAPE.buffers, 10, SHAPE.height * SHAPE.width).half()
    clean = torch.rand(pairs, 6, SHAPE.height * SHAPE.width).half()
    drawn = numbers(16, crop)
    batch = augment(noisy.to(device), clean.to(device), torch.from_numpy(drawn).to(device), SHAPE.width, crop)
    i, j = np.mgrid[:crop[0], :crop[1]]
    for sample, row in enumerate(drawn):
        index, p = int(row[draw.INDEX]), row[draw.PLACE:draw.PERMUTATION].astype(int)
        order, gain = row[draw.PERMUTATION:draw.GAIN].astype(int), row[draw.GAIN:draw.ROTATION, None, None]
        cut = (slice(None), p[0] * i + p[1] * j + p[2], p[3] * i + p[4] * j + p[5])
        mean = np.einsum("s,scp->cp", row[draw.BUFFERS:].astype(np.float64), noisy[index].double().numpy())
        mean = mean.reshape(10, SHAPE.height, SHAPE.width)[cut]
        target = clean[index].double().numpy().reshape(6, SHAPE.height, SHAPE.width)[cut]
        rotation = row[draw.ROTATION:draw.INPUT_EXPOSURE].reshape(3, 3)
        expected = (gain * mean[:3][order], mean[3:6][order], np.einsum("ij,jhw->ihw", rotation, mean[6:9]), mean[9:],
                    gain * target[:3][order], target[3:][order])
        for layer, array in zip((*batch.frame, batch.reference, batch.albedo), expected):
            np.testing.assert_allclose(layer[sample].cpu(), array, rtol=1e-5, atol=1e-6)
