"""Makes frames from render.py smaller, keeping channel names (needs PyPI OpenEXR and numpy).

    python pack.py OUT_DIR FILE.exr...

All channels become half floats but depth, which stays float, and values are rounded so that
they compress: noisy color, albedo and depth to a mantissa of 7 to 9 bits, a reference (plain
R, G, B and nothing else) to 9, normals to 1/64, motion to 1/32 pixel. Values are held below the
largest half first, so none turns infinite. Alpha, 1 everywhere, is left out.
"""

import os
import sys

import numpy as np
import OpenEXR

HALF_MAX = 65504.0


def bits(pixels, count):
    """Values rounded to a mantissa of count bits."""
    mantissa, exponent = np.frexp(pixels.astype(np.float64))
    return np.ldexp(np.round(mantissa * 2**count) / 2**count, exponent)


def rounded(name, pixels, reference):
    layer = name.rpartition(".")[0].rpartition(".")[2]
    if layer == "Vector":
        return (np.round(pixels * 32) / 32 + 0.0).astype(np.float16)  # exact to 64 pixels
    if layer in ("Denoising Depth", "dd"):
        return bits(pixels, 9).astype(np.float32)
    if layer in ("Denoising Normal", "nn"):
        return (np.round(pixels * 64) / 64 + 0.0).astype(np.float16)
    return bits(np.clip(pixels, -HALF_MAX, HALF_MAX), 9 if reference else 7).astype(np.float16)


def write(target, planes):
    """Channels by name, each (H,W)."""
    channels = {}
    for name, pixels in planes.items():
        if not np.isfinite(pixels).all():
            sys.exit("%s: %s is not finite" % (target, name))
        channels[name] = OpenEXR.Channel(rounded(name, pixels, set(planes) == {"R", "G", "B"}))
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(target)


def read(source):
    """Channels by name, without alpha."""
    channels = OpenEXR.File(source, separate_channels=True).channels()
    return {name: channel.pixels for name, channel in channels.items() if not name.endswith(".A")}


def main():
    folder, files = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    for file in files:
        write(os.path.join(folder, os.path.basename(file)), read(file))


if __name__ == "__main__":
    main()
