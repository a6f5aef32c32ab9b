"""From a noisy frame to its two denoised images."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..functional import gather
from ..pyramid import kernel_pyramid
from .architecture import Architecture
from .features import Frame, clean, exposure, features
from .unet import Kernels, Network


class Denoised(NamedTuple):
    """(N,3,H,W): radiance, gathered and splat, and the filtered albedo (without a kernel for it the clamped one)."""
    gather: Tensor
    splat: Tensor
    albedo: Tensor


def apply_kernels(architecture: Architecture, frame: Frame, kernels: list[Kernels]) -> Denoised:
    """Filters a clean frame."""
    albedo, light, divisor = frame.albedo, frame.color, None
    if architecture.albedo_kernel:
        albedo = gather(frame.albedo, kernels[0].albedo, architecture.albedo_kernel, mode="softmax")
        divisor = albedo + architecture.epsilon
        light = light / divisor
    images = []
    for splat in (False, True):
        weights = [level.splat if splat else level.gather for level in kernels]
        alphas = [torch.sigmoid((level.splat_alpha if splat else level.gather_alpha).to(light.dtype))
                  for level in kernels[:-1]]
        image = kernel_pyramid(light, weights, alphas, splat=splat)
        images.append(image if divisor is None else image * divisor)
    return Denoised(*images, albedo)


@torch.no_grad()
def denoise(network: Network, frame: Frame) -> Denoised:
    """Of a frame as it comes, on the network's device; computed in the type of the network's parameters."""
    parameter = next(network.parameters())
    cleaned = clean(frame)
    planes = features(network.architecture, cleaned, exposure(cleaned.color)).to(parameter.dtype)
    if parameter.is_cuda:
        planes = planes.contiguous(memory_format=torch.channels_last)
    return apply_kernels(network.architecture, cleaned, network(planes))
