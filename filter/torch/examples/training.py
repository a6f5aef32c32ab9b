"""What the examples on samples have in common: training on scenes that are rendered on the way."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scene import Scenes, smape
from torch import Tensor, nn


def train_on_samples(model: nn.Module, scenes: Callable[[], Scenes], steps: int, generator: torch.Generator, *,
                     size: int, samples: int, **options) -> tuple[float, float]:
    """model takes what Scenes.render gives, and options. SMAPE of a frame that it has not seen, before and after."""

    def frames() -> tuple[dict[str, Tensor], Tensor]:
        made = scenes()
        return made.render(samples, size, size), made.reference(size, size, 64)

    unseen, reference = frames()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    pool = []
    for step in range(1, steps + 1):
        if len(pool) < 8 or step % 4 == 0:
            pool = [*pool[-31:], frames()]
        frame, target = pool[int(torch.randint(len(pool), (), generator=generator))]
        loss = smape(model(frame, **options), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step}: SMAPE {loss.item():.4f}", flush=True)
    with torch.no_grad():
        before = smape(unseen["color"].mean(1), reference).item()
        after = smape(model(unseen, **options), reference).item()
    print(f"frames that it has not seen: noisy {before:.4f}, denoised {after:.4f}")
    return before, after
