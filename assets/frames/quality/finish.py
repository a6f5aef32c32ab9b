"""Makes the committed test frames of what render.py and mitsuba_scenes.py wrote (needs PyPI OpenEXR and numpy).

    python finish.py RAW_DIR OUT_DIR SCENE...

SCENE_Nspp.exr keep their channels' names and are packed by ../pack.py; SCENE_ref.exr is the mean of the parts SCENE_ref.N.exr.
Printed: how many parts, and the PSNR at which the reference's own remaining noise stands, from the difference of the means of
odd and even parts.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import pack  # noqa: E402  (of the folder above)


def display(radiance):
    clamped = np.clip(radiance, 0, 1)
    return np.where(clamped <= 0.0031308, 12.92 * clamped, 1.055 * clamped ** (1 / 2.4) - 0.055)


def reference(files):
    """The mean of the parts' R, G, B (3,H,W), and the PSNR of its own noise, None where there is one part."""
    parts = [np.stack([pack.read(str(file))[name].astype(np.float64) for name in "RGB"]) for file in files]
    mean = sum(parts) / len(parts)
    if len(parts) < 2:
        return mean, None
    odd, even = (sum(parts[first::2]) / len(parts[first::2]) for first in (0, 1))
    return mean, -10 * np.log10(np.mean((display(odd) - display(even)) ** 2) / 4)


def main():
    raw, out, scenes = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    for scene in scenes:
        for file in sorted(raw.glob(f"{scene}_*spp.exr")):
            pack.write(str(out / file.name), pack.read(str(file)))
        parts = sorted(raw.glob(f"{scene}_ref.*.exr"))
        mean, noise = reference(parts)
        pack.write(str(out / f"{scene}_ref.exr"), dict(zip("RGB", mean.astype(np.float32))))
        print(f"{scene}: {len(parts)} parts" + (f", noise at {noise:.1f} dB" if noise else ""))


if __name__ == "__main__":
    main()
