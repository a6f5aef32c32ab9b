"""Pictures as wfview draws them, and its colors again in numpy: sRGB's curve, and the ramps of maps and differences."""

import numpy as np
from PIL import Image

RAMP = np.array([[0.00, 0.00, 0.02], [0.12, 0.05, 0.28], [0.33, 0.06, 0.43], [0.53, 0.13, 0.42], [0.73, 0.21, 0.33],
                 [0.89, 0.35, 0.20], [0.98, 0.56, 0.04], [0.98, 0.80, 0.21], [0.99, 1.00, 0.64]])
SIGNED = np.array([[0.62, 0.93, 1.00], [0.22, 0.66, 0.97], [0.10, 0.36, 0.78], [0.04, 0.13, 0.36], [0, 0, 0],
                   [0.38, 0.09, 0.02], [0.80, 0.26, 0.06], [0.98, 0.56, 0.16], [1.00, 0.91, 0.60]])


def load(path):
    """A PNG as (H,W,3) bytes."""
    return np.asarray(Image.open(path).convert("RGB"))


def srgb(linear):
    """Of radiance, clamped to [0,1]."""
    clamped = np.clip(linear, 0, 1)
    return np.where(clamped > 0.0031308, 1.055 * clamped ** (1 / 2.4) - 0.055, 12.92 * clamped)


def on(ramp, value, low=0):
    """Colors of values from `low` to 1."""
    place = (np.clip(value, low, 1) - low) / (1 - low) * (len(ramp) - 1)
    return np.stack([np.interp(place, np.arange(len(ramp)), ramp[:, c]) for c in range(3)], -1)


def check(drawn, expected):
    """Bytes are the colors that are expected, in [0,1], but for rounding."""
    assert np.abs(drawn - 255 * expected).max() <= 1.01
