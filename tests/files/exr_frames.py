"""Frames that another implementation of OpenEXR (PyPI's) writes, and comparisons with them."""

import os

import numpy as np
import OpenEXR

HEIGHT, WIDTH = 37, 53
RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))


def random_channel(dtype=np.float32, height=HEIGHT, width=WIDTH):
    if dtype == np.uint32:
        return RANDOM.integers(0, 1 << 20, (height, width), dtype=np.uint32)
    return RANDOM.normal(0, 4, (height, width)).astype(dtype)


def random_channels(names, dtype=np.float32, height=HEIGHT, width=WIDTH):
    return {name: random_channel(dtype, height, width) for name in names}


def write(path, channels, compression=OpenEXR.ZIP_COMPRESSION, **header):
    kind = OpenEXR.tiledimage if "tiles" in header else OpenEXR.scanlineimage
    OpenEXR.File({"compression": compression, "type": kind, **header}, dict(channels)).write(str(path))
    return path


def write_parts(path, parts):
    """parts: from names to channels."""
    OpenEXR.File([OpenEXR.Part({}, dict(channels), name) for name, channels in parts.items()]).write(str(path))
    return path


def window(x, y, width, height):
    """An OpenEXR box, its far corner included."""
    return np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32)


def tiles(width, height):
    description = OpenEXR.TileDescription()
    description.xSize, description.ySize = width, height
    return description


def check_layer(layer, channels, names, fourth=1):
    """The layer's components are the named channels; a fourth component that has none is constant."""
    for i, name in enumerate(names):
        np.testing.assert_array_equal(layer[..., i], channels[name].astype(np.float32), err_msg=name)
    if layer.shape[2] > len(names):
        assert (layer[..., 3] == fourth).all()


def check_color(layer, channels, names):
    """Its alpha is the one beside its first channel, or 1."""
    group = names[0].rpartition(".")[0]
    beside = [name for name in sorted(channels) if name.rpartition(".")[0] == group and
              name.rpartition(".")[2].lower() in ("a", "alpha")]
    check_layer(layer, channels, names, fourth=channels[beside[0]].astype(np.float32) if beside else 1)


PLAIN = "R G B albedo.R albedo.G albedo.B normal.X normal.Y normal.Z Z motion.X motion.Y".split()


def check_plain(layers, channels):
    assert list(layers) == ["color", "albedo", "normal", "depth", "motion"]
    check_layer(layers["color"], channels, PLAIN[0:3])
    check_layer(layers["albedo"], channels, PLAIN[3:6])
    check_layer(layers["normal"], channels, PLAIN[6:9], fourth=0)
    check_layer(layers["depth"], channels, PLAIN[9:10])
    check_layer(layers["motion"], channels, PLAIN[10:12])
