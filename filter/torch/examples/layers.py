"""Layered denoising after Munkberg and Hasselgren 2020: samples are put into two layers, each layer is splatted with
kernels of its own, and the layers are composited front to back.

    python layers.py [--steps 300]
"""

from __future__ import annotations

import argparse

import torch
from scene import Scenes
from torch import Tensor, nn
from training import train_on_samples
from weighted_filter import WeightedFilter

SIZE, SAMPLES, KERNEL, LAYERS = 48, 4, 5, 2
EPSILON = 1e-6


class Layered(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Conv2d(10, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU())
        self.context = nn.Sequential(nn.Conv2d(width, width, 5, padding=2), nn.ReLU(),
                                     nn.Conv2d(width, width, 5, padding=2), nn.ReLU())
        self.partition = nn.Conv2d(2 * width, LAYERS, 1)
        self.kernels = nn.Sequential(nn.Conv2d(2 * width, 2 * width, 1), nn.ReLU(),
                                     nn.Conv2d(2 * width, KERNEL * KERNEL, 1))
        self.splat = WeightedFilter(3, KERNEL, bias=False, splat=True)  # of colors, and of images with one channel

    def forward(self, samples: dict[str, Tensor]) -> Tensor:
        color = samples["color"]
        features = torch.cat([color.log1p(), samples["albedo"], samples["normal"], samples["depth"]], 2)
        count = features.shape[1]
        embedded = self.embed(features.flatten(0, 1)).unflatten(0, (-1, count))
        context = self.context(embedded.mean(1))

        # How much of each sample is in each layer: (N,S,LAYERS,H,W).
        both = torch.cat([embedded, context[:, None].expand(-1, count, -1, -1, -1)], 2)
        shares = self.partition(both.flatten(0, 1)).softmax(1).unflatten(0, (-1, count)) / count

        output, behind = 0.0, 1.0
        for layer in range(LAYERS):
            share = shares[:, :, layer:layer + 1]
            radiance, alpha = (color * share).sum(1), share.sum(1)
            in_or_behind = shares[:, :, layer:].sum((1, 2))[:, None]  # front layers hide those behind them
            logits = self.kernels(torch.cat([(embedded * share).sum(1), context], 1))
            kernel = (logits - logits.amax(1, keepdim=True)).exp()
            total = self.splat(in_or_behind, kernel) + EPSILON
            output = output + behind * self.splat(radiance, kernel) / total
            behind = behind * (1 - self.splat(alpha, kernel) / total)
        return output


def main(arguments: list[str] | None = None) -> tuple[float, float]:
    """SMAPE before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args(arguments)
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    return train_on_samples(Layered(), lambda: Scenes(2, generator), options.steps, generator, size=SIZE,
                            samples=SAMPLES)


if __name__ == "__main__":
    main()
