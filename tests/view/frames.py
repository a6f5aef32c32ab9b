"""EXR files in and out, through the OpenEXR project's own bindings."""

import pathlib

import numpy as np
import OpenEXR

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FRAMES = ROOT / "assets" / "frames"


def write_channels(path, channels, **header):
    """Channels under their own names, as (H,W) arrays or OpenEXR.Channel."""
    OpenEXR.File(header, dict(channels)).write(str(path))
    return path


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
    write_channels(path, channels, compression=OpenEXR.ZIP_COMPRESSION, type=OpenEXR.scanlineimage)


def read_channels(path):
    """From names to (H,W) arrays, of the file's first part."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: channel.pixels.copy() for name, channel in file.channels().items()}


def read(path):
    """A plain R,G,B file as (H,W,3) float32; fails for other types and channels."""
    channels = read_channels(path)
    assert sorted(channels) == ["B", "G", "R"]
    assert all(pixels.dtype == np.float32 for pixels in channels.values())
    return np.stack([channels[c] for c in "RGB"], -1)


def read_any_rgb(path):
    """R,G,B of any type as (H,W,3) float64."""
    channels = read_channels(path)
    return np.stack([channels[c].astype(np.float64) for c in "RGB"], -1)


def read_blender(path):
    """Color and normal of a Blender multilayer file, as (H,W,3) float32."""
    channels = read_channels(path)

    def stack(prefix, names):
        return np.stack([channels[f"{prefix}.{c}"].astype(np.float32) for c in names], -1)

    return {"color": stack("ViewLayer.Combined", "RGB"), "normal": stack("ViewLayer.Denoising Normal", "XYZ")}
