#!/usr/bin/env python3
"""A contact sheet of a data set that `wfview --dataset OUT.npy` wrote: noisy | reference, with the number of each pair.

    python contact_sheet.py OUT.npy SHEET.png [--first N] [--count 64] [--columns 8] [--scale S] [--features]

With --features: a noisy buffer | the mean of all | the buffer's albedo | its normal | clean albedo | reference. An
unfinished OUT.npy.part works too, and a folder of slices. Colors are shown as wfview shows them: linear up to 1, in
sRGB. Pairs that look broken are printed, with the numbers that tell: values that are not finite, dark, bright or flat
references.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image, ImageDraw


def read(path):
    """The array; of an unfinished file, the records that are whole; of a folder, its slices' records, in order."""
    if path.is_dir():
        files = (*path.glob("*.npy"), *path.glob("*.npy.part"))
        slices = sorted(map(read, files), key=lambda pairs: pairs["index"][:1].tolist())
        return [pair for slice in slices for pair in slice]
    if path.suffix == ".npy":
        return np.load(path, mmap_mode="r")
    with open(path, "rb") as file:
        version = np.lib.format.read_magic(file)
        assert version == (1, 0)
        _, _, dtype = np.lib.format.read_array_header_1_0(file)
        start = file.tell()
    count = (path.stat().st_size - start) // dtype.itemsize
    return np.memmap(path, dtype, "r", start, (count,))


def to_image(color, scale):
    """(3,H,W) linear radiance as a picture."""
    color = np.clip(np.moveaxis(color, 0, 2), 0, 1)
    encoded = np.where(color <= 0.0031308, 12.92 * color, 1.055 * color ** (1 / 2.4) - 0.055)
    image = Image.fromarray((255 * encoded + 0.5).astype(np.uint8))
    return image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BOX)


def describe(pair):
    """What is wrong with a pair; empty: nothing."""
    faults = [name for name in pair.dtype.names[4:] if not np.isfinite(pair[name]).all()]
    luminance = np.tensordot([0.2126, 0.7152, 0.0722], pair["reference"].astype(np.float64), 1)
    lit = np.percentile(luminance, 90)
    if lit < 0.05:
        faults.append(f"dark: 90 of 100 pixels below {lit:.3g}")
    if np.percentile(luminance, 50) > 1:
        faults.append(f"bright: median {np.median(luminance):.3g}")
    if np.clip(luminance, 0, 1).std() < 0.02:
        faults.append("flat")
    return faults


def pictures(pair):
    """What is shown of a pair, beside each other: (3,H,W) each."""
    features = [pair["albedo"][0], 0.5 + 0.5 * pair["normal"][0].astype(np.float32), pair["reference_albedo"]]
    return [pair["color"][0], pair["color"].mean(0, dtype=np.float32), *features, pair["reference"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("sheet", type=pathlib.Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--features", action="store_true")
    arguments = parser.parse_args()
    pairs = read(arguments.data)[arguments.first : arguments.first + arguments.count]

    height, width = (int(side * arguments.scale) for side in pairs[0]["reference"].shape[1:])
    rows = -(-len(pairs) // arguments.columns)
    gap, across = 4, 6 if arguments.features else 2
    sheet = Image.new("RGB", (arguments.columns * (across * width + gap), rows * (height + gap)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, pair in enumerate(pairs):
        x, y = i % arguments.columns * (across * width + gap), i // arguments.columns * (height + gap)
        shown = pictures(pair) if arguments.features else [pair["color"][0], pair["reference"]]
        for k, picture in enumerate(shown):
            sheet.paste(to_image(picture.astype(np.float32), arguments.scale), (x + k * width, y))
        draw.text((x + 2, y + 2), str(pair["index"]), fill="white", stroke_width=1, stroke_fill="black")
        for fault in describe(pair):
            print(f"pair {pair['index']}: {fault}")
    sheet.save(arguments.sheet)


if __name__ == "__main__":
    main()
