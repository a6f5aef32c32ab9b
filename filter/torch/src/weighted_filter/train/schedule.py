"""Learning rate and averaging over a run."""

from __future__ import annotations

import math

LAST_RATE = 0.002  # of the learning rate, at the end


def rate(base: float, step: int, warm_up: int, progress: float) -> float:
    """Rises over warm_up steps, falls as a cosine over the run, progress 0 to 1."""
    falling = LAST_RATE + (1 - LAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1)))
    return base * min(1, (step + 1) / (warm_up + 1)) * falling


def average_weight(decay: float, step: int) -> float:
    """Of the newest parameters in their average, which forgets the first ones sooner."""
    return 1 - min(decay, (step + 1) / (step + 10))
