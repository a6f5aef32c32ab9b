"""Makes frames from render.py smaller, keeping channel names (needs PyPI OpenEXR and numpy).

    python pack.py OUT_DIR FILE.exr...

All channels become half floats but depth, which stays float, and values are rounded so that
they compress: noisy colour, albedo and depth to a mantissa of 7 to 9 bits, a reference to 9,
normals to 1/64, motion to 1/32 pixel. Values are held below the largest half first, so none
turns infinite. Alpha, 1 everywhere, is left out.
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


def rounded(name, pixels):
    kind = name.split(".")[-2] if "." in name else ""  # "" for the R, G, B of a reference
    if kind == "Vector":
        return (np.round(pixels * 32) / 32 + 0.0).astype(np.float16)  # exact to 64 pixels
    if kind == "Denoising Depth":
        return bits(pixels, 9).astype(np.float32)
    if kind == "Denoising Normal":
        return (np.round(pixels * 64) / 64 + 0.0).astype(np.float16)
    return bits(np.clip(pixels, -HALF_MAX, HALF_MAX), 7 if kind else 9).astype(np.float16)


def pack(source, target):
    image = OpenEXR.File(source, separate_channels=True)
    channels = {}
    for name, channel in image.channels().items():
        if name.endswith("Combined.A"):
            continue
        if not np.isfinite(channel.pixels).all():
            sys.exit("%s: %s is not finite" % (source, name))
        channels[name] = OpenEXR.Channel(rounded(name, channel.pixels))
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(target)


def main():
    folder, files = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    for file in files:
        pack(file, os.path.join(folder, os.path.basename(file)))


main()
