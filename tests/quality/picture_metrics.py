"""How far a picture is from its reference, both (H,W,3) linear radiance. In float64, from the formulas that wfview's
metrics.h documents; FLIP by NVIDIA's evaluator, on the display transform, at its default of 67 pixels a degree."""

import flip_evaluator
import numpy as np

NAMES = ("psnr", "smape", "relmse", "flip", "energy")


def display(radiance):
    """sRGB of radiance at exposure 0, clamped to [0,1]."""
    clamped = np.clip(np.asarray(radiance, np.float64), 0, 1)
    return np.where(clamped <= 0.0031308, 12.92 * clamped, 1.055 * clamped ** (1 / 2.4) - 0.055)


def psnr(picture, reference):
    error = np.mean((display(picture) - display(reference)) ** 2)
    return float(-10 * np.log10(error)) if error > 0 else float("inf")


def smape(picture, reference):
    return float(np.mean(np.abs(picture - reference) / (np.abs(picture) + np.abs(reference) + 0.01)))


def relmse(picture, reference):
    return float(np.mean((picture - reference) ** 2 / (reference ** 2 + 1e-4)))


def flip(picture, reference):
    shown = [np.ascontiguousarray(display(image), np.float32) for image in (reference, picture)]
    return float(flip_evaluator.evaluate(*shown, "LDR", inputsRGB=True, applyMagma=False, computeMeanError=True)[1])


def energy(picture, reference):
    """Mean radiance over the reference's."""
    return float(np.mean(picture) / np.mean(reference))


def compare(picture, reference):
    """All of NAMES; ValueError where the picture has numbers that are not finite."""
    picture, reference = np.asarray(picture, np.float64), np.asarray(reference, np.float64)
    broken = int(np.sum(~np.isfinite(picture).all(-1)))
    if broken:
        raise ValueError(f"{broken} pixels are not finite")
    return {name: globals()[name](picture, reference) for name in NAMES}
