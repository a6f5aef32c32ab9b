"""Pictures of a run: the loss over steps, and a sheet of samples."""

from __future__ import annotations

import pathlib

import numpy as np

from .metrics import srgb
from .validation import Images

_LARGEST_TILE = 384
_COLUMNS = ("noisy", "gather", "splat", "reference")


def sheet(path: pathlib.Path, images: Images) -> None:
    """A row for each frame: noisy, gather, splat, reference, from the frame's middle. Needs pillow: ImportError."""
    from PIL import Image

    rows = []
    for frame in images.values():
        tiles = []
        for kind in _COLUMNS:
            image = frame[kind]
            height, width = (min(size, _LARGEST_TILE) for size in image.shape[1:])
            top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
            tiles.append(srgb(np.nan_to_num(image[:, top:top + height, left:left + width])).transpose(1, 2, 0))
        rows.append(np.concatenate(tiles, 1))
    width = max(row.shape[1] for row in rows)
    rows = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    Image.fromarray((255 * np.concatenate(rows) + 0.5).astype(np.uint8)).save(path)


def curve(path: pathlib.Path, rows: list[dict], validations: list[dict]) -> None:
    """The loss, and the mean PSNR of validation frames. Needs matplotlib: ImportError."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], linewidth=0.8, color="tab:blue")
    axes.set(xlabel="step", ylabel="loss")  # its term psnr is a logarithm: the sum may be negative
    axes.grid(alpha=0.3)
    if validations:
        right = axes.twinx()
        steps = [row["step"] for row in validations]
        for kind, color in (("gather", "tab:orange"), ("splat", "tab:green")):
            right.plot(steps, [row["frames"]["mean"][kind]["psnr"] for row in validations], ".-", label=kind,
                       color=color)
        right.set_ylabel("PSNR of validation frames, dB")
        right.legend(loc="center right")
    figure.savefig(path, dpi=110)
