"""Frames of other renderers to validate on: EXR files and their references, as .npz files that need no OpenEXR.

    python -m weighted_filter.train.frames OUT_DIR FRAME.exr=REFERENCE.exr ...

writes OUT_DIR/FRAME.npz: color, albedo, normal, reference (3,H,W) and depth (1,H,W), float32. Reads what Cycles
(multilayer), Mitsuba 3 and wfview write; needs the package OpenEXR.
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np

_LAYERS = {
    "color": (("ViewLayer.Noisy Image.{}", "RGB"), ("ViewLayer.Combined.{}", "RGB"), ("{}", "RGB"),
              ("color.{}", "RGB")),
    "albedo": (("ViewLayer.Denoising Albedo.{}", "RGB"), ("albedo.{}", "RGB")),
    "normal": (("ViewLayer.Denoising Normal.{}", "XYZ"), ("normal.{}", "XYZ"), ("nn.{}", "XYZ")),
    "depth": (("ViewLayer.Denoising Depth.{}", "Z"), ("{}", "Z"), ("depth.{}", "Z"), ("dd.{}", "T")),
}


def _layer(channels: dict, name: str) -> np.ndarray | None:
    for pattern, letters in _LAYERS[name]:
        names = [pattern.format(letter) for letter in letters]
        if all(channel in channels for channel in names):
            return np.stack([np.asarray(channels[channel].pixels, np.float32) for channel in names])
    return None


def convert(frame: str, reference: str) -> dict[str, np.ndarray]:
    """The layers of two EXR files. ValueError: one has not what is needed."""
    import OpenEXR

    channels = OpenEXR.File(frame, separate_channels=True).channels()
    layers = {name: _layer(channels, name) for name in _LAYERS}
    layers["reference"] = _layer(OpenEXR.File(reference, separate_channels=True).channels(), "color")
    for name, path in (("color", frame), ("reference", reference)):
        if layers[name] is None:
            raise ValueError(f"{path}: has no {name}")
    color = layers["color"]
    for name, layer in layers.items():
        if layer is None:
            layers[name] = np.zeros_like(color[:1] if name == "depth" else color)
        elif layer.shape[1:] != color.shape[1:]:
            raise ValueError(f"{reference}: is {layer.shape[2]}x{layer.shape[1]}, the frame is "
                             f"{color.shape[2]}x{color.shape[1]}")
    return layers


def load(paths: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """The frames of .npz files and of folders of them, by name. ValueError, OSError: what is wrong, with the path."""
    files: list[pathlib.Path] = []
    for path in map(pathlib.Path, paths):
        files += sorted(path.glob("*.npz")) if path.is_dir() else [path]
    frames = {}
    for file in files:
        frames[file.stem] = _load(file)
    return frames


def _load(file: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        arrays = np.load(file)
    except (ValueError, EOFError):
        arrays = None
    names = (*_LAYERS, "reference")
    for name in names:
        if not isinstance(arrays, np.lib.npyio.NpzFile) or name not in arrays:
            raise ValueError(f"{file}: is no frame of weighted_filter.train.frames: it has no {name}")
    with arrays:
        return {name: arrays[name].astype(np.float32) for name in names}


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or not all("=" in pair for pair in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for pair in arguments[1:]:
        frame, _, reference = pair.partition("=")
        try:
            np.savez_compressed(folder / f"{pathlib.Path(frame).stem}.npz", **convert(frame, reference))
        except (ValueError, OSError, RuntimeError) as error:
            print(f"weighted_filter.train.frames: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
