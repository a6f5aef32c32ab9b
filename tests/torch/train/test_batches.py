"""What a step draws, and how it varies pairs: against numpy, sample by sample."""

import numpy as np
import pytest
import torch
from weighted_filter.network import Frame
from weighted_filter.train import defects, draw
from weighted_filter.train.augment import augment
from weighted_filter.train.records import Shape

SHAPE = Shape(4, 12, 20)


def numbers(batch=200, crop=(7, 9), shape=SHAPE, step=3, defective=0.1):
    return draw.draw(draw.generator(1, step), 6, batch, shape, crop, defective)


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
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), np.broadcast_to(np.eye(3), rotations.shape),
                               atol=1e-5)
    assert 0.4 < (np.linalg.det(rotations) > 0).mean() < 0.6
    assert abs(rotations.mean(0)).max() < 0.1
    stops = np.log2(drawn[:, draw.INPUT_EXPOSURE])
    assert 0.05 < (abs(stops) > 2).mean() < 0.1 and 0.6 < (abs(stops) < 0.5).mean() < 0.7
    spoilt = drawn[:, draw.DEFECTS:draw.BUFFERS]
    for column, low, high in ((defects.HOLES, 3e-4, 0.1), (defects.BRIGHT, 1e-5, 1e-3)):
        shares = spoilt[:, column]
        assert 0.07 < (shares > 0).mean() < 0.13
        assert shares[shares > 0].min() > low and shares.max() < high
    assert set(spoilt[:, defects.SHIFT]) == {0, 1, 2, 3} and spoilt[:, defects.RADIANCE].max() > 5e5
    np.testing.assert_allclose((spoilt[:, defects.GUIDES:] == 0).mean(0), 0.1, atol=0.03)
    assert set(spoilt[:, defects.GUIDES:].flat) == {0, 1}
    assert (spoilt[:, defects.SEED] == spoilt[:, defects.SEED].astype(int)).all()


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
    drawn = numbers(16, crop, defective=0)
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


def test_defects(device):
    """Shares as asked for, holes square, in color, guides or both; the same for the same numbers; others left alone."""
    size, count = (96, 128), 4
    frame = Frame(*(torch.rand(count, planes, *size, device=device) for planes in (3, 3, 3, 1)))
    asked = np.zeros((count, defects.COLUMNS), np.float32)
    asked[:, defects.SEED] = 5, 16777215, 7, 7
    asked[:, defects.SHIFT] = 0, 3, 2, 2
    asked[:, defects.HOLES] = 0.05, 0.1, 0, 0.3
    asked[:, defects.BRIGHT] = 0.01, 0, 0, 0
    asked[:, defects.RADIANCE] = 1e6
    asked[:, defects.GUIDES:] = 1
    spoilt, again = (defects.spoil(frame, torch.from_numpy(asked).to(device)) for _ in range(2))
    bad = []
    for layer, second, before in zip(spoilt, again, frame):
        np.testing.assert_array_equal(layer.cpu(), second.cpu())
        holes = layer.isnan()
        assert (holes.all(1) == holes.any(1)).all()
        bright = layer == 1e6
        assert bright.any() == (layer is spoilt.color)
        assert (layer == before)[~(holes | bright)].all()
        bad.append(holes[:, 0].cpu().numpy())
    assert (bad[1] == bad[2]).all() and (bad[1] == bad[3]).all()
    color, guides = bad[:2]
    np.testing.assert_allclose((color | guides).mean((1, 2)), [0.05, 0.1, 0, 0.3], rtol=0.35)
    np.testing.assert_allclose((color & guides)[3].mean() / (color | guides)[3].mean(), 0.5, atol=0.15)
    assert (color & ~guides)[3].any() and (guides & ~color)[3].any()
    assert 0.006 < (spoilt.color[0] == 1e6).float().mean().item() < 0.014
    for sample, side in ((1, 8), (3, 4)):
        squares = (color | guides)[sample].reshape(size[0] // side, side, size[1] // side, side)
        assert (squares.all((1, 3)) == squares.any((1, 3))).all()
    assert (color[2] == 0).all() and not (color[0] == color[3]).all()


def test_missing_guides(device):
    frame = Frame(*(torch.rand(3, planes, 5, 6, device=device) for planes in (3, 3, 3, 1)))
    asked = np.zeros((3, defects.COLUMNS), np.float32)
    asked[:, defects.GUIDES:] = (0, 1, 1), (1, 0, 1), (1, 1, 0)
    spoilt = defects.spoil(frame, torch.from_numpy(asked).to(device))
    for guide in range(3):
        for sample in range(3):
            expected = 0 * frame[guide + 1][sample] if guide == sample else frame[guide + 1][sample]
            assert torch.equal(spoilt[guide + 1][sample], expected)
    assert torch.equal(spoilt.color, frame.color)
