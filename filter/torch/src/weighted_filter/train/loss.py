"""What training minimizes, for the gathered and the splat image together.

On radiance times an exposure, d the image and r its reference, averaged over pixels and channels:

    smape      |d - r| / (|d| + |r| + 0.01)
    log        |L(d) - L(r)|, L(x) = sign(x) ln(1 + |x|): a level's share may be subtracted, and light below 0 must hurt
    gradient   |differences of L(d) - L(r) between neighbors|, horizontal and vertical
    coarse     log of both images' means over 2x2, 4x4 and 8x8 pixels: blotches, and lost energy
    energy     |ln of the ratio of the images' means (+ 0.01)|, averaged over images
    psnr       ln of the mean squared error of the displayed image (sRGB curve, clamped to 0 .. 1), averaged over images
    albedo     |filtered albedo - clean albedo|, once
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..network.denoise import Denoised
from ..pyramid import down
from .augment import Batch

WEIGHTS = {"smape": 1.0, "log": 0.5, "gradient": 0.5, "coarse": 0.25, "energy": 0.1, "psnr": 0.06, "albedo": 0.5}
COARSE_LEVELS = 3
_SMALLEST_ERROR = 1e-6  # 60 dB, below which psnr does not care


def srgb(light: Tensor) -> Tensor:
    """The display transform: sRGB's curve, clamped to 0 .. 1."""
    light = light.clamp(0, 1)
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)


def terms(denoised: Denoised, batch: Batch, exposure: Tensor) -> dict[str, Tensor]:
    """Each term by its name. exposure is (N,1,1,1)."""
    reference = exposure * batch.reference
    sums = [_image_terms(exposure * image, reference) for image in (denoised.gather, denoised.splat)]
    total = {name: sums[0][name] + sums[1][name] for name in sums[0]}
    total["albedo"] = (denoised.albedo - batch.albedo).abs().mean()
    return total


def _image_terms(image: Tensor, reference: Tensor) -> dict[str, Tensor]:
    result = {"smape": ((image - reference).abs() / (image.abs() + reference.abs() + 0.01)).mean()}
    difference = _log(image) - _log(reference)
    result["log"] = difference.abs().mean()
    result["gradient"] = ((difference[..., 1:] - difference[..., :-1]).abs().mean() +
                          (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean())
    mean, reference_mean = ((picture.mean((1, 2, 3)).clamp_min(0) + 0.01).log() for picture in (image, reference))
    result["energy"] = (mean - reference_mean).abs().mean()
    error = (srgb(image) - srgb(reference)).square().mean((1, 2, 3))
    result["psnr"] = (error + _SMALLEST_ERROR).log().mean()
    coarse = []
    for _ in range(COARSE_LEVELS):
        image, reference = down(image), down(reference)
        coarse.append((_log(image) - _log(reference)).abs().mean())
    result["coarse"] = torch.stack(coarse).sum()
    return result


def _log(light: Tensor) -> Tensor:
    return light.sign() * torch.log1p(light.abs())
