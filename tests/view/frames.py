"""EXR files in and out, through the OpenEXR project's own bindings."""

import pathlib

import numpy as np
import OpenEXR

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FRAMES = ROOT / "assets" / "frames"


def write(path, **layers):
    """Plain channel names: color (H,W,3) becomes R,G,B; albedo.R...; normal.X...; depth (H,W) Z; others as albedo."""
    suffixes = {"albedo": "RGB", "normal": "XYZ", "motion": "XY"}
    channels = {}
    for name, pixels in layers.items():
        pixels = np.asarray(pixels, np.float32)
        if name == "color":
            channels.update({c: np.ascontiguousarray(pixels[:, :, i]) for i, c in enumerate("RGB")})
        elif name == "depth":
            channels["Z"] = np.ascontiguousarray(pixels)
        else:
            for i, c in enumerate(suffixes.get(name, "RGB")):
                channels[f"{name}.{c}"] = np.ascontiguousarray(pixels[:, :, i])
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(path))


def read(path):
    """A plain R,G,B file as (H,W,3) float32; fails for other types and channels."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()
        assert sorted(channels) == ["B", "G", "R"]
        assert all(channel.pixels.dtype == np.float32 for channel in channels.values())
        return np.stack([channels[c].pixels for c in "RGB"], -1)


def read_any_rgb(path):
    """R,G,B of any type as (H,W,3) float64."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()
        return np.stack([channels[c].pixels.astype(np.float64) for c in "RGB"], -1)


def read_blender(path):
    """Colour and normal of a Blender multilayer file, as (H,W,3) float32."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()

        def stack(prefix, names):
            return np.stack([channels[f"{prefix}.{c}"].pixels.astype(np.float32) for c in names], -1)

        return {
            "color": stack("ViewLayer.Combined", "RGB"),
            "normal": stack("ViewLayer.Denoising Normal", "XYZ"),
        }
