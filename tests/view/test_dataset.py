"""wfview --dataset: what it writes is what it says, the same each time, and goes on where it was cut off."""

import re
import signal
import subprocess
import time

import numpy as np
import pytest
from frames import read_channels

SIZE = 16
SETTINGS = ["--seed", "7", "--count", "3", "--render-size", f"{SIZE}x{SIZE}", "--spp", "2", "--reference-spp", "6"]
FIELDS = {
    "seed": ("<u8", ()), "index": ("<u4", ()), "spp": ("<u4", ()), "reference_spp": ("<u4", ()),
    "color": ("<f2", (1, 3, SIZE, SIZE)), "albedo": ("<f2", (1, 3, SIZE, SIZE)), "normal": ("<f2", (1, 3, SIZE, SIZE)),
    "depth": ("<f2", (1, SIZE, SIZE)), "reference": ("<f2", (3, SIZE, SIZE)),
    "reference_albedo": ("<f2", (3, SIZE, SIZE)), "reference_normal": ("<f2", (3, SIZE, SIZE)),
    "motion": ("<f2", (2, SIZE, SIZE)),
}


def succeed(result):
    assert result.status == 0 and result.output == "", result.errors
    return result.errors


@pytest.fixture(scope="module")
def complete(wfview, tmp_path_factory):
    """A finished file."""
    path = tmp_path_factory.mktemp("data") / "pairs.npy"
    progress = succeed(wfview("--headless", "--dataset", path, *SETTINGS))
    assert re.fullmatch(r"(\d of 3 pairs, [\d.]+ a second, \d+ s left\n)*3 of 3 pairs, [\d.]+ a second, 0 s left\n"
                        r"a scene took [\d.]+ s of a thread; the GPU's threads waited \d+ % of their time for scenes\n",
                        progress)
    assert [entry.name for entry in path.parent.iterdir()] == ["pairs.npy"]
    return path


def test_numpy_maps_it(complete):
    pairs = np.load(complete, mmap_mode="r")
    assert isinstance(pairs, np.memmap) and pairs.shape == (3,)
    assert {name: (dtype.base.str, dtype.shape) for name, (dtype, _) in pairs.dtype.fields.items()} == FIELDS
    assert pairs["seed"].tolist() == [7] * 3 and pairs["index"].tolist() == [0, 1, 2]
    assert pairs["spp"].tolist() == [2] * 3 and pairs["reference_spp"].tolist() == [6] * 3
    assert pairs["color"][1].base is not None and pairs["color"][1].shape == (1, 3, SIZE, SIZE)
    for name in list(FIELDS)[4:]:
        assert np.isfinite(pairs[name]).all(), name
    assert (pairs["color"] >= 0).all() and (pairs["reference"].mean(axis=(1, 2, 3)) > 0.02).all()
    assert (pairs["albedo"] >= 0).all() and (pairs["albedo"] <= 1).mean() > 0.5 and (pairs["depth"] >= 0).all()
    for name in ("normal", "reference_normal"):
        length = np.linalg.norm(pairs[name].astype(np.float32), axis=-3)
        assert length.max() < 1.002 and (np.abs(length - 1) < 2e-3).mean() > 0.3, name
    hit = pairs["depth"] > 0
    assert hit.mean() > 0.3 and not pairs["normal"].astype(np.float32).transpose(0, 1, 3, 4, 2)[~hit].any()
    assert not np.array_equal(pairs["color"][:, 0], pairs["reference"])
    assert not np.array_equal(pairs["color"][0], pairs["color"][1])


def test_the_same_again(wfview, complete, tmp_path):
    succeed(wfview("--dataset", tmp_path / "again.npy", *SETTINGS))
    assert (tmp_path / "again.npy").read_bytes() == complete.read_bytes()


def test_another_seed(wfview, complete, tmp_path):
    succeed(wfview("--dataset", tmp_path / "other.npy", *SETTINGS, "--seed", "8", "--count", "1"))
    other, pairs = np.load(tmp_path / "other.npy"), np.load(complete)
    assert other["seed"][0] == 8
    for name in ("color", "albedo", "depth"):
        assert not np.array_equal(other[name][0], pairs[name][0]), name


def test_slice_of_buffers(wfview, complete, tmp_path):
    """The same pairs, whatever the slice; and every buffer has noise of its own, around one mean."""
    settings = [*SETTINGS, "--first", "1", "--count", "2", "--spp", "64", "--reference-spp", "64", "--buffers", "3"]
    succeed(wfview("--dataset", tmp_path / "slice.npy", *settings))
    pairs, whole = np.load(tmp_path / "slice.npy"), np.load(complete)
    assert pairs["index"].tolist() == [1, 2] and pairs["color"].shape == (2, 3, 3, SIZE, SIZE)
    assert np.array_equal(pairs["motion"], whole["motion"][1:])
    for name in ("color", "albedo", "normal", "depth"):
        buffers = pairs[name].astype(np.float64)
        assert not np.array_equal(buffers[:, 0], buffers[:, 1]), name
        assert not np.array_equal(buffers[:, 1], buffers[:, 2]), name
    for name in ("albedo", "normal"):
        clean = pairs["reference_" + name].astype(np.float64)
        assert np.abs(pairs[name].mean(1, dtype=np.float64) - clean).mean() < 0.03, name
        assert np.abs(whole[name][1:, 0] - clean).mean() < 0.1, name


def cut(complete, path, records):
    """What is left of a run that ended within a record."""
    start = complete.stat().st_size % np.load(complete, mmap_mode="r").dtype.itemsize
    path.write_bytes(complete.read_bytes()[: start + int(records * np.load(complete, mmap_mode="r").dtype.itemsize)])


def test_continues_a_cut_file(wfview, complete, tmp_path):
    cut(complete, tmp_path / "pairs.npy.part", 1.6)
    succeed(wfview("--dataset", tmp_path / "pairs.npy", *SETTINGS))
    assert (tmp_path / "pairs.npy").read_bytes() == complete.read_bytes()
    assert not (tmp_path / "pairs.npy.part").exists()


def test_folder(wfview, complete, tmp_path):
    out = tmp_path / "frames"
    succeed(wfview("--dataset", out, *SETTINGS))
    names = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert names == ["0000.exr", "0001.exr", "0002.exr", "dataset.json", "reference/0000.exr", "reference/0001.exr",
                     "reference/0002.exr"]
    pairs = np.load(complete)
    channels = {"color": "RGB", "albedo": ["albedo.R", "albedo.G", "albedo.B"],
                "normal": ["normal.X", "normal.Y", "normal.Z"], "depth": "Z", "motion": ["motion.X", "motion.Y"]}
    for i in range(3):
        layers = read_channels(out / f"{i:04d}.exr")
        for name, names in channels.items():
            expected = (pairs[name][i] if name == "motion" else pairs[name][i, 0]).reshape(-1, SIZE, SIZE)
            actual = np.stack([layers[channel] for channel in names]).astype(expected.dtype)
            assert np.array_equal(actual, expected), (i, name)
        reference = read_channels(out / f"reference/{i:04d}.exr")
        assert np.array_equal(np.stack([reference[channel] for channel in "RGB"]).astype(np.float16),
                              pairs["reference"][i])

    (out / "0001.exr").unlink()
    kept = (out / "0000.exr").stat().st_mtime_ns
    succeed(wfview("--dataset", out, *SETTINGS))
    again = read_channels(out / "0001.exr")
    assert np.array_equal(np.stack([again[channel] for channel in "RGB"]).astype(np.float16), pairs["color"][1, 0])
    assert (out / "0000.exr").stat().st_mtime_ns == kept
    wfview("--headless", "--backend", "cpu", "--save", tmp_path / "filtered", "--report", tmp_path / "r.json",
           out).done()


def test_all_there(wfview, complete):
    before = complete.stat().st_mtime_ns
    assert succeed(wfview("--dataset", complete, *SETTINGS)) == f"{complete}: all 3 pairs are there\n"
    assert complete.stat().st_mtime_ns == before


def test_interrupted(build, tmp_path):
    """SIGINT keeps what is there; a large reference cannot have been done by then."""
    path = tmp_path / "long.npy"
    command = [build / "app" / "wfview", "--dataset", path, "--count", "2", "--render-size", "16x16",
               "--reference-spp", "1000000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not (tmp_path / "long.npy.part").exists():
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 130
    assert errors == "wfview: interrupted after 0 of 2 pairs; the same command goes on from there\n"
    assert (tmp_path / "long.npy.part").exists() and not path.exists()


def test_device(wfview, tmp_path):
    sentence = wfview("--dataset", tmp_path / "o.npy", "--device", "31").sentence()
    assert re.fullmatch(r"wfview: no Vulkan device 31: there (is|are) \d+ as capable as the best", sentence)
    assert list(tmp_path.iterdir()) == []


def test_own_assets(wfview, root, tmp_path):
    """Models that are there change the scenes; a folder without any is refused."""
    small = ["--seed", "7", "--count", "3", "--render-size", "8x8", "--reference-spp", "1"]
    (tmp_path / "models").mkdir()
    succeed(wfview("--dataset", tmp_path / "without.npy", *small))
    assert wfview("--dataset", tmp_path / "o.npy", *small, "--models", tmp_path / "models").sentence() == (
        f"wfview: {tmp_path / 'models'}: has no model (.gltf, .glb, .obj) that could be used")
    assert not list(tmp_path.glob("o.npy*"))
    (tmp_path / "models" / "room.glb").symlink_to(root / "assets" / "scenes" / "room.glb")
    succeed(wfview("--dataset", tmp_path / "with.npy", *small, "--models", tmp_path / "models"))
    depths = [np.load(tmp_path / name)["depth"] for name in ("without.npy", "with.npy")]
    assert not np.array_equal(*depths)
