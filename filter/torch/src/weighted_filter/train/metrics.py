"""How far an image is from its reference, on linear radiance (..., 3, H, W): PSNR of the displayed image (sRGB curve,
clamped to 0 .. 1), SMAPE and relMSE, as wfview reports them."""

from __future__ import annotations

import numpy as np


def srgb(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def compare(image: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """psnr, smape, relmse, energy (the ratio of the means), and flip where the package flip_evaluator is installed."""
    image, reference = image.astype(np.float64), reference.astype(np.float64)
    difference = image - reference
    error = np.mean((srgb(image) - srgb(reference)) ** 2)
    result = {"psnr": float(-10 * np.log10(max(error, 1e-12))),
              "smape": float(np.mean(np.abs(difference) / (np.abs(image) + np.abs(reference) + 0.01))),
              "relmse": float(np.mean(difference ** 2 / (reference ** 2 + 1e-4))),
              "energy": float(image.mean() / max(reference.mean(), 1e-12))}
    try:
        import flip_evaluator
    except ImportError:
        return result
    pictures = [np.ascontiguousarray(srgb(values).transpose(1, 2, 0), np.float32) for values in (reference, image)]
    result["flip"] = float(flip_evaluator.evaluate(*pictures, "LDR", inputsRGB=True, applyMagma=False,
                                                   computeMeanError=True)[1])
    return result
