"""Networks that predict kernels: what they compute, and their files.

    network, texts = load_network("kpn.safetensors")
    gathered, splat, albedo = denoise(network, Frame(color, albedo, normal, depth))

Training them: `python -m weighted_filter.train --help`.
"""

from .architecture import Architecture, Feature
from .denoise import Denoised, denoise
from .features import Frame
from .file import load_network, save_network
from .unet import Network

__all__ = ["Architecture", "Denoised", "Feature", "Frame", "Network", "denoise", "load_network", "save_network"]
