"""How good the network is, on frames of another renderer, which are never trained on."""

from __future__ import annotations

import numpy as np
import torch

from ..network import Frame, Network, denoise
from . import metrics

Frames = dict[str, dict[str, np.ndarray]]
Images = dict[str, dict[str, np.ndarray]]


def validate(network: Network, frames: Frames, device: torch.device) -> tuple[dict, Images]:
    """For each frame, and in the mean of all, the metrics of noisy, gather and splat; and the images. In float32."""
    network = network.to(device)
    rows: dict[str, dict] = {}
    images: Images = {}
    for name, layers in frames.items():
        frame = Frame(*(torch.from_numpy(layers[layer])[None].to(device) for layer in Frame._fields))
        denoised = denoise(network, frame)
        images[name] = {"noisy": layers["color"], "gather": denoised.gather[0].cpu().numpy(),
                        "splat": denoised.splat[0].cpu().numpy(), "reference": layers["reference"]}
        rows[name] = {kind: metrics.compare(image, layers["reference"])
                      for kind, image in images[name].items() if kind != "reference"}
    if rows:
        rows["mean"] = {kind: {metric: float(np.mean([row[kind][metric] for row in rows.values()]))
                               for metric in values}
                        for kind, values in next(iter(rows.values())).items()}
    return rows, images


def table(rows: dict) -> str:
    """PSNR / SMAPE / relMSE a frame, for people."""
    lines = []
    for name, row in rows.items():
        cells = [f"{kind} {m['psnr']:5.2f} / {m['smape']:.4f} / {m['relmse']:.4f} / {m['energy']:.3f}"
                 for kind, m in row.items()]
        lines.append(f"{name:>16}  " + "   ".join(cells))
    return "\n".join(lines)
