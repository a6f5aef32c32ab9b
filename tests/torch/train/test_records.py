"""Files of pairs, and the pool that they are read into."""

import shutil

import numpy as np
import pytest
import torch
from pairs import make_pairs, record_type
from weighted_filter.train import records
from weighted_filter.train.pool import Pool, Watcher

CPU = torch.device("cpu")


def read(path, index=0):
    slice = records.open_slice(str(path))
    return records.convert(slice, records.read(slice, index), CPU)


def test_a_pair(tmp_path):
    pairs = make_pairs(3, (20, 24), buffers=4)
    np.save(tmp_path / "a.npy", pairs)
    slice = records.open_slice(str(tmp_path / "a.npy"))
    assert (slice.count, slice.shape) == (3, records.Shape(4, 20, 24))
    noisy, clean = read(tmp_path / "a.npy", 2)
    pair = pairs[2]
    scale = 2.0 ** -round(np.log2(pair["reference"].astype(float).mean()))
    np.testing.assert_allclose(noisy[:, :3].reshape(4, 3, 20, 24), scale * pair["color"].astype(float), rtol=1e-3)
    np.testing.assert_array_equal(noisy[:, 3:6].reshape(4, 3, 20, 24), pair["albedo"])
    np.testing.assert_array_equal(noisy[:, 6:9].reshape(4, 3, 20, 24), pair["normal"])
    np.testing.assert_array_equal(noisy[:, 9].reshape(4, 20, 24), pair["depth"])
    np.testing.assert_allclose(clean[:3].reshape(3, 20, 24), scale * pair["reference"].astype(float), rtol=1e-3)
    np.testing.assert_array_equal(clean[3:].reshape(3, 20, 24), pair["reference_albedo"])


def test_one_buffer_without_axis_and_without_clean_albedo(tmp_path):
    size = (3, 8, 9)
    old = np.zeros(1,
                   [("color", "<f4", size), ("reference", "<f4", size), ("depth", "<f4", size[1:]),
                    ("albedo", "<f2", size), ("normal", "<f2", size)])
    old["color"], old["reference"], old["albedo"], old["depth"] = 3, 1e4, 0.25, 7
    np.save(tmp_path / "old.npy", old)
    noisy, clean = read(tmp_path / "old.npy")
    assert noisy.shape == (1, 10, 72) and clean.shape == (6, 72)
    assert noisy[0, 9].unique().tolist() == [7] and clean[3:].unique().tolist() == [0.25]
    assert (noisy[0, 0, 0] / clean[0, 0]).item() == pytest.approx(3e-4, rel=1e-3)  # both scaled, so that they fit


def test_what_is_not_finite_or_black(tmp_path):
    pairs = make_pairs(4, (8, 8))
    pairs["color"][0, 1, 2, 3, 4] = np.nan
    pairs["albedo"][0, 0, 1, 2, 2] = np.inf
    pairs["color"][0, 0, 0, 7, 7] = 65504
    pairs["reference"][1] = 0
    pairs["reference"][2, 0, 0, 0] = np.inf
    np.save(tmp_path / "a.npy", pairs)
    noisy, clean = read(tmp_path / "a.npy")
    assert noisy.isfinite().all() and clean.isfinite().all()
    assert not noisy[1, :3, 3 * 8 + 4].any() and not noisy[0, 3:6, 2 * 8 + 2].any()
    assert read(tmp_path / "a.npy", 1) is None and read(tmp_path / "a.npy", 2) is None
    assert read(tmp_path / "a.npy", 3) is not None


BAD = [
    (np.zeros(3), "is no file of training pairs: it has no color"),
    (np.zeros(2, [("color", "f4", (3, 4, 4))]), "is no file of training pairs: it has no albedo"),
    (np.zeros(1, [(name, "f4", (4, 4)) for name in ("color", "albedo", "normal", "depth", "reference")]),
     "color is (4, 4), it is (3,H,W) or (S,3,H,W)"),
    (np.zeros(1, [("color", "f4", (3, 4, 4)), *((name, "f4", (3, 4, 5)) for name in ("albedo", "normal", "reference")),
                  ("depth", "f4", (4, 4))]),
     "albedo is float32 (3, 4, 5), with a color of (3, 4, 4) it has floating-point numbers (3, 4, 4)"),
]


@pytest.mark.parametrize("array, message", BAD)
def test_bad_files(array, message, tmp_path):
    np.save(tmp_path / "bad.npy", array)
    with pytest.raises(ValueError) as error:
        records.open_slice(str(tmp_path / "bad.npy"))
    assert str(error.value) == f"{tmp_path}/bad.npy: {message}"


def test_no_header(tmp_path):
    (tmp_path / "bad.npy").write_bytes(b"something else")
    with pytest.raises(ValueError, match="is no file of training pairs: it has no header of a .npy file$"):
        records.open_slice(str(tmp_path / "bad.npy"))


def test_growing_files(tmp_path):
    np.save(tmp_path / "b.npy", make_pairs(3, seed=1))
    whole = (tmp_path / "b.npy").read_bytes()
    size = record_type((32, 32), 2).itemsize
    start = len(whole) - 3 * size
    (tmp_path / "b.npy").unlink()
    part = tmp_path / "b.npy.part"
    name = str(tmp_path / "b.npy")
    watcher = Watcher([str(tmp_path)])
    part.write_bytes(whole[:10])
    assert watcher.new() == []  # not even a header yet
    part.write_bytes(whole[:start + size + 100])
    assert watcher.new() == [(name, 0, 1)]
    assert watcher.new() == []
    shutil.copy(part, tmp_path / "b.npy.part2")  # something else
    part.write_bytes(whole)
    part.rename(name)
    np.save(tmp_path / "a.npy", make_pairs(2))
    assert watcher.new() == [(str(tmp_path / "a.npy"), 0, 2), (name, 1, 2)]
    assert Watcher([str(tmp_path)], [(name, 0, 2)]).new() == [(str(tmp_path / "a.npy"), 0, 2), (name, 2, 1)]


def test_pool(tmp_path):
    pairs = make_pairs(5)
    pairs["reference"][1] = 0
    np.save(tmp_path / "a.npy", pairs)
    pool = Pool(records.Shape(2, 32, 32), 3, CPU)
    pool.load([(str(tmp_path / "a.npy"), 0, 2)])
    pool.wait()
    assert (pool.ready, pool.unusable) == (1, 1)
    pool.load([(str(tmp_path / "a.npy"), 2, 3)])
    pool.wait()
    assert (pool.ready, pool.unusable, pool.left_out) == (3, 1, 1)
    for place, index in enumerate((0, 2, 3)):
        noisy, clean = read(tmp_path / "a.npy", index)
        assert torch.equal(pool.noisy[place], noisy) and torch.equal(pool.clean[place], clean)
    pool.close()


@pytest.mark.parametrize("share, expected",
                         [((0, 1), range(8)), ((0, 3), [0, 3, 6]), ((1, 3), [1, 4, 7]), ((2, 3), [2, 5])])
def test_shares_of_the_pairs(share, expected, tmp_path):
    """Counted over all files and orders."""
    files = [str(tmp_path / name) for name in ("a.npy", "b.npy")]
    for seed, file in enumerate(files):
        np.save(file, make_pairs(4, seed=seed))
    pool = Pool(records.Shape(2, 32, 32), 8, CPU, share)
    pool.load([(files[0], 0, 3), (files[0], 3, 1), (files[1], 0, 4)])
    pool.wait()
    pool.close()
    assert (pool.ready, pool.left_out) == (len(expected), 0)
    for place, number in enumerate(expected):
        noisy, clean = read(files[number // 4], number % 4)
        assert torch.equal(pool.noisy[place], noisy) and torch.equal(pool.clean[place], clean)


def test_pool_refuses_other_sizes(tmp_path):
    np.save(tmp_path / "a.npy", make_pairs(1, (16, 16)))
    pool = Pool(records.Shape(2, 32, 32), 3, CPU)
    pool.load([(str(tmp_path / "a.npy"), 0, 1)])
    with pytest.raises(ValueError) as error:
        pool.wait()
    assert str(error.value) == f"{tmp_path}/a.npy: has 2 buffers of 16x16 pixels, the others have 2 of 32x32"
    pool.close()
