"""A kernel-predicting denoiser, trained in two minutes on a CPU:

    python denoiser.py [--seconds 120] [--splat]

A small U-Net sees a noisy frame's color, albedo, normal and depth and predicts a 7x7 kernel for every pixel. Prints
SMAPE of frames that it has not seen, before and after.
"""

from __future__ import annotations

import argparse
import time

import torch
from scene import Scenes, smape
from torch import Tensor, nn
from weighted_filter import WeightedFilter

SIZE, SAMPLES, KERNEL = 64, 4, 7


class UNet(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, width: int = 24) -> None:
        super().__init__()

        def block(channels: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(),
                                 nn.Conv2d(width, width, 3, padding=1), nn.ReLU())

        self.down = nn.ModuleList([block(in_channels), block(width), block(width)])
        self.up = nn.ModuleList([block(2 * width), block(2 * width)])
        self.last = nn.Conv2d(width, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = []
        for block in self.down:
            levels.append(block(nn.functional.max_pool2d(levels[-1], 2) if levels else x))
        x = levels.pop()
        for block in self.up:
            x = block(torch.cat([nn.functional.interpolate(x, scale_factor=2), levels.pop()], 1))
        return self.last(x)


class Denoiser(nn.Module):
    def __init__(self, splat: bool) -> None:
        super().__init__()
        self.network = UNet(in_channels=10, out_channels=KERNEL * KERNEL)
        self.filter = WeightedFilter(3, KERNEL, bias=False, splat=splat, mode="softmax")

    def forward(self, frame: dict[str, Tensor]) -> Tensor:
        color, albedo = frame["color"], frame["albedo"] + 0.05
        features = torch.cat([color.log1p(), frame["albedo"], frame["normal"], frame["depth"]], 1)
        # Light is smoother without the surfaces' colors
        return self.filter(color / albedo, self.network(features)) * albedo


def frames(count: int, generator: torch.Generator) -> tuple[dict[str, Tensor], Tensor]:
    scenes = Scenes(count, generator)
    noisy = {name: samples.mean(1) for name, samples in scenes.render(SAMPLES, SIZE, SIZE).items()}
    return noisy, scenes.reference(SIZE, SIZE)


def main(arguments: list[str] | None = None) -> tuple[float, float]:
    """SMAPE before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--steps", type=int, help="end after so many instead")
    parser.add_argument("--splat", action="store_true")
    options = parser.parse_args(arguments)
    generator = torch.Generator().manual_seed(1)
    torch.manual_seed(1)
    unseen, reference = frames(4, generator)
    model = Denoiser(options.splat)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    end, step, pool = time.monotonic() + options.seconds, 0, []
    while step < options.steps if options.steps else time.monotonic() < end:
        if step % 4 == 0:  # a few steps for each frame that is rendered
            pool = [*pool[-31:], frames(2, generator)]
        frame, target = pool[int(torch.randint(len(pool), (), generator=generator))]
        loss = smape(model(frame), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 50 == 0:
            print(f"step {step}: SMAPE {loss.item():.4f}", flush=True)
    with torch.no_grad():
        before, after = smape(unseen["color"], reference).item(), smape(model(unseen), reference).item()
    print(f"{step} steps; frames that it has not seen: noisy {before:.4f}, denoised {after:.4f}")
    return before, after


if __name__ == "__main__":
    main()
