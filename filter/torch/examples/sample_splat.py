"""Sample-based denoising after Gharbi et al. 2019: each of a pixel's samples is splatted with a kernel of its own.

    python sample_splat.py [--steps 300]

Samples are (N,S,C,H,W) and their kernels (N,S,K*K,H,W); the splat's softmax is over all samples and taps that land on a
pixel, so that an outlier can take itself out. With --progressive samples are filtered one at a time and merged, as a
renderer that goes on sampling would: the picture is the same.
"""

from __future__ import annotations

import argparse

import torch
from scene import Scenes
from torch import Tensor, nn
from training import train_on_samples
from weighted_filter import merge, splat

SIZE, SAMPLES, KERNEL = 48, 4, 5


class SampleSplat(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Conv2d(10, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU())
        self.context = nn.Sequential(nn.Conv2d(width, width, 5, padding=2), nn.ReLU(),
                                     nn.Conv2d(width, width, 5, padding=2), nn.ReLU())
        self.kernels = nn.Sequential(nn.Conv2d(2 * width, 2 * width, 1), nn.ReLU(),
                                     nn.Conv2d(2 * width, KERNEL * KERNEL, 1))

    def logits(self, samples: dict[str, Tensor]) -> Tensor:
        """(N,S,K*K,H,W)."""
        features = torch.cat([samples["color"].log1p(), samples["albedo"], samples["normal"], samples["depth"]], 2)
        count = features.shape[1]
        embedded = self.embed(features.flatten(0, 1)).unflatten(0, (-1, count))
        context = self.context(embedded.mean(1))[:, None].expand(-1, count, -1, -1, -1)
        return self.kernels(torch.cat([embedded, context], 2).flatten(0, 1)).unflatten(0, (-1, count))

    def forward(self, samples: dict[str, Tensor], progressive: bool = False) -> Tensor:
        color, logits = samples["color"], self.logits(samples)
        if not progressive:
            return splat(color, logits, mode="softmax")
        parts = (splat(sample, kernel, mode="softmax", return_coverage=True)
                 for sample, kernel in zip(color.unbind(1), logits.unbind(1)))
        return merge(parts, "softmax")[0]


def main(arguments: list[str] | None = None) -> tuple[float, float]:
    """SMAPE before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--progressive", action="store_true")
    options = parser.parse_args(arguments)
    generator = torch.Generator().manual_seed(2)
    torch.manual_seed(2)
    return train_on_samples(SampleSplat(), lambda: Scenes(2, generator), options.steps, generator, size=SIZE,
                            samples=SAMPLES, progressive=options.progressive)


if __name__ == "__main__":
    main()
