"""The test frames: where they are, and their layers.

A scene's frames are SCENE_Nspp.exr beside SCENE_ref.exr, or SCENE.NNNN.exr with a file of the same name in a folder
"reference" beside it. Two crops of every scene are for looking at.

    python -m weighted_filter.train.frames OUT_DIR $(python tests/quality/renders.py)

makes .npz files of them, for training to validate on. Never train on them.
"""

import dataclasses
import pathlib

import numpy as np
import OpenEXR

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAMES = ROOT / "assets" / "frames"

LAYERS = {
    "color": (("ViewLayer.Noisy Image.{}", "RGB"), ("ViewLayer.Combined.{}", "RGB"), ("{}", "RGB")),
    "albedo": (("ViewLayer.Denoising Albedo.{}", "RGB"), ("albedo.{}", "RGB")),
    "normal": (("ViewLayer.Denoising Normal.{}", "XYZ"), ("nn.{}", "XYZ"), ("normal.{}", "XYZ")),
    "depth": (("ViewLayer.Denoising Depth.{}", "Z"), ("dd.{}", "T"), ("{}", "Z")),
}
CROP = 96  # pixels, each way
CROPS = {  # left and top of each of the two
    "studio": ((150, 110), (270, 60)),
    "terrace": ((70, 40), (230, 120)),
    "room": ((110, 120), (270, 110)),
    "figure": ((0, 10), (96, 12)),
    "bulbs": ((45, 40), (250, 160)),
    "carafes": ((120, 60), (240, 100)),
    "cellar": ((200, 90), (330, 70)),
    "colonnade": ((80, 60), (360, 80)),
    "fur": ((80, 60), (310, 150)),
    "meadow": ((270, 40), (20, 150)),
    "street": ((275, 110), (20, 60)),
    "workbench": ((190, 20), (190, 130)),
    "quay": ((350, 30), (60, 100)),
    "m_gallery": ((80, 80), (290, 90)),
    "m_pond": ((90, 85), (335, 80)),
}
ELSEWHERE = ((100, 90), (290, 120))


@dataclasses.dataclass(frozen=True)
class Render:
    name: str
    frame: pathlib.Path
    reference: pathlib.Path

    @property
    def crops(self):
        return CROPS.get(self.name.rsplit("_", 1)[0].split(".")[0], ELSEWHERE)

    def layers(self):
        """color, albedo, normal (H,W,3), depth (H,W), reference (H,W,3), float32; None: the file has no such layer."""
        layers = {**read(self.frame), "reference": read(self.reference)["color"]}
        for name in ("color", "reference"):
            if layers[name] is None:
                raise ValueError(f"{self.frame if name == 'color' else self.reference}: has no color")
        if layers["color"].shape != layers["reference"].shape:
            raise ValueError(f"{self.reference}: is {size(layers['reference'])}, the frame is {size(layers['color'])}")
        return layers


def size(image):
    return f"{image.shape[1]}x{image.shape[0]}"


def read(path):
    """The layers of one file."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = {name: channel.pixels.astype(np.float32) for name, channel in file.channels().items()}
    layers = dict.fromkeys(LAYERS)
    for name, patterns in LAYERS.items():
        for pattern, letters in patterns:
            names = [pattern.format(letter) for letter in letters]
            if all(channel in channels for channel in names):
                planes = [channels[channel] for channel in names]
                layers[name] = planes[0] if len(planes) == 1 else np.stack(planes, -1)
                break
    return layers


def reference_of(frame):
    """The reference that belongs to a frame by its name, or None."""
    frame = pathlib.Path(frame)
    for candidate in (frame.parent / f"{frame.stem.rsplit('_', 1)[0]}_ref.exr",
                      frame.parent / "reference" / frame.name):
        if candidate.is_file() and candidate != frame:
            return candidate
    return None


def find(folders=(FRAMES,)):
    """Every frame below the folders that has a reference, in the order of their names."""
    renders = []
    for folder in map(pathlib.Path, folders):
        for frame in sorted(folder.rglob("*.exr")):
            reference = reference_of(frame)
            if reference and not frame.stem.endswith("_ref") and frame.parent.name != "reference":
                renders.append(Render(frame.stem, frame, reference))
    return sorted(renders, key=lambda render: render.name)


if __name__ == "__main__":
    print("\n".join(f"{render.frame}={render.reference}" for render in find()))
