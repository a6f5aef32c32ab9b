"""What wfview writes is read back value by value by another implementation of OpenEXR (PyPI's)."""

import os
import zlib

import numpy as np
import OpenEXR
import pytest
from exr_frames import PLAIN, RANDOM, random_channels, write


@pytest.mark.parametrize("size", [(1, 1), (15, 7), (16, 8), (50, 33)])
def test_write(dump, tmp_path, size):
    channels = random_channels(PLAIN, height=size[0], width=size[1])
    write(tmp_path / "in.exr", channels)
    dump("save", tmp_path / "in.exr", tmp_path / "out.exr")
    written = OpenEXR.File(str(tmp_path / "out.exr"), separate_channels=True)
    assert written.header()["compression"] == OpenEXR.ZIP_COMPRESSION
    names = ["R", "G", "B", "albedo.R", "albedo.G", "albedo.B", "Z"]
    assert sorted(written.channels()) == sorted(names)
    for name in names:
        assert written.channels()[name].pixels.dtype == np.float32
        np.testing.assert_array_equal(written.channels()[name].pixels, channels[name], err_msg=name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.exr", "out.exr"]


@pytest.fixture(name="write_and_read")
def fixture_write_and_read(dump, tmp_path):
    """Writes (H,W,C) pixels, and gives what an independent reader makes of the file."""

    def run(pixels, names="RGB", compression="zip"):
        path = tmp_path / "written.exr"
        height, width = pixels.shape[:2]
        dump("write", path, compression, width, height, *names, stdin=pixels.astype(np.float32).tobytes())
        file = OpenEXR.File(str(path), separate_channels=True)
        assert file.header()["compression"] == getattr(OpenEXR,
                                                       f"{compression.replace('none', 'no').upper()}_COMPRESSION")
        channels = file.channels()
        return np.stack([channels[name].pixels for name in names], axis=-1)

    return run


def chunk_of_stream(stream, height, width):
    """The (H,W,3) chunk that ZIP turns into these bytes before deflating them: differences, low and high bytes apart,
    and the lines of B, G and R."""
    apart = np.cumsum(np.concatenate([stream[:1], stream[1:].astype(np.int64) - 128])).astype(np.uint8)
    raw = np.stack([apart[: apart.size // 2], apart[apart.size // 2 :]], axis=1)
    return np.moveaxis(raw.reshape(-1).view("<u4").reshape(height, 3, width)[:, ::-1], 1, 2)


def stream_that_does_not_shrink(size, level):
    """Noise with just so many equal bytes that deflating it does not change its length."""
    for _ in range(1000):
        stream = RANDOM.integers(0, 256, size, dtype=np.uint8)
        for equal in range(64):
            stream[:equal] = 128
            if len(zlib.compress(stream.tobytes(), level)) == size:
                return stream
    raise AssertionError(f"deflating no stream of {size} bytes kept its length")


@pytest.mark.parametrize("level", [1, 4, 6, 9])
def test_chunk_that_does_not_shrink(write_and_read, level):
    """A ZIP stream that is just as long as the raw pixels must not be stored: readers take it for raw pixels."""
    height, width = 16, 11
    chunks = [chunk_of_stream(stream_that_does_not_shrink(height * width * 12, level), height, width) for _ in range(4)]
    written = np.concatenate(chunks)
    assert (write_and_read(written.view(np.float32)).view(np.uint32) == written).all()


def nearly_incompressible(height, width, channels):
    """Floats or halves of which some bits, some pixels or some rows are noise."""
    shape = (height, width, channels)
    bits = RANDOM.integers(0, 1 << 32, shape, dtype=np.uint32)
    kept = RANDOM.integers(0, 33)
    bits = np.where(RANDOM.random(shape) < RANDOM.choice([0, 0.01, 0.5, 1]), bits, bits[0, 0, 0])
    bits = (bits >> np.uint32(min(32 - kept, 31))) << np.uint32(min(RANDOM.integers(0, 33 - kept), 31))
    bits[: RANDOM.integers(0, height + 1)] = 0x3E000000
    if RANDOM.random() < 0.5:
        return bits.astype(np.uint16).view(np.float16).astype(np.float32)
    return bits.view(np.float32)


def test_sweep_of_written_files(write_and_read):
    """Sizes from 1x1 to 257x129, of floats and halves, of every compressibility. WF_SWEEP sets how many."""
    different = []
    compressions = ["zip", "zip", "none", "piz"]
    for i in range(int(os.environ.get("WF_SWEEP", "300"))):
        width, height = int(257 ** RANDOM.random() + 0.5), int(129 ** RANDOM.random() + 0.5)
        names = [["R"], "RGB", "RGBA"][i % 3]
        pixels = nearly_incompressible(height, width, len(names))
        compression = compressions[i % 4]
        if (write_and_read(pixels, names, compression).view(np.uint32) != pixels.view(np.uint32)).any():
            different.append((i, width, height, compression))
    assert not different


def test_lossy_writing(write_and_read):
    """DWAA keeps colors roughly, and loses nothing of what is no color."""
    ramp = np.add.outer(np.arange(50), np.arange(70))[..., None] / 40 + np.array([0.1, 0.2, 0.3, 7])
    read = write_and_read(ramp, "RGBZ", "dwaa")
    assert np.median(np.abs(read[..., :3] / ramp[..., :3] - 1)) < 0.01
    np.testing.assert_allclose(read[..., :3], ramp[..., :3], rtol=0.2)
    np.testing.assert_array_equal(read[..., 3], ramp[..., 3].astype(np.float32))


