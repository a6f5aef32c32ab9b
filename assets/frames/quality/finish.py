"""Makes the committed test frames of what render.py and mitsuba_scenes.py wrote (needs PyPI OpenEXR and numpy).

    python finish.py RAW_DIR OUT_DIR SCENE...

SCENE_Nspp.exr keep their channels' names and are packed by ../pack.py; SCENE_ref.exr is the mean of the parts
SCENE_ref.SPP.SEED.exr. Printed: their samples, and the PSNR at which the reference's own remaining noise stands, from
the difference of two halves of the parts.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import pack  # noqa: E402  (of the folder above)


def display(radiance):
    clamped = np.clip(radiance, 0, 1)
    return np.where(clamped <= 0.0031308, 12.92 * clamped, 1.055 * clamped ** (1 / 2.4) - 0.055)


def mean(parts):
    """Of (samples, picture) pairs."""
    return sum(samples * picture for samples, picture in parts) / sum(samples for samples, _ in parts)


def reference(files):
    """The mean of the parts' R, G, B (3,H,W), their samples, and the PSNR of its own noise, None of a single part."""
    parts = [(int(file.stem.split(".")[1]), np.stack([pack.read(str(file))[name].astype(np.float64) for name in "RGB"]))
             for file in files]
    parts.sort(key=lambda part: -part[0])
    total = sum(samples for samples, _ in parts)
    if len(parts) < 2:
        return parts[0][1], total, None
    halves = [], []
    for part in parts:
        min(halves, key=lambda half: sum(samples for samples, _ in half)).append(part)
    shares = [sum(samples for samples, _ in half) / total for half in halves]
    error = np.mean((display(mean(halves[0])) - display(mean(halves[1]))) ** 2) * shares[0] * shares[1]
    return mean(parts), total, -10 * np.log10(error)


def main():
    raw, out, scenes = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    for scene in scenes:
        for file in sorted(raw.glob(f"{scene}_*spp.exr")):
            pack.write(str(out / file.name), pack.read(str(file)))
        picture, samples, noise = reference(sorted(raw.glob(f"{scene}_ref.*.exr")))
        pack.write(str(out / f"{scene}_ref.exr"), dict(zip("RGB", picture.astype(np.float32))))
        print(f"{scene}: {samples} samples" + (f", noise at {noise:.1f} dB" if noise else ""))


if __name__ == "__main__":
    main()
