"""A sheet of crops to look at: a row for each crop, a column for each method."""

import numpy as np
import picture_metrics
import renders
from methods import TITLES
from PIL import Image, ImageDraw

ZOOM, GAP, TOP, LEFT = 2, 4, 18, 130
KEY, MOST = 0.18, 16  # dark crops are shown brighter, to this mean at most that many times


def gain(reference):
    light = np.maximum(reference.mean(-1), 1e-5)
    return float(np.clip(KEY / np.exp(np.mean(np.log(light))), 1, MOST))


def crops(render, pictures, reference):
    """[(label, {method: (CROP,CROP,3) uint8})]"""
    rows = []
    height, width = reference.shape[:2]
    size = min(renders.CROP, width, height)
    for left, top in render.crops:
        left, top = min(left, width - size), min(top, height - size)
        area = (slice(top, top + size), slice(left, left + size))
        brighter = gain(reference[area])
        shown = {name: (255 * picture_metrics.display(brighter * picture[area]) + 0.5).astype(np.uint8)
                 for name, picture in {**pictures, "reference": reference}.items()}
        rows.append((f"{render.name}\n{left},{top}\nx{brighter:.1f}", shown))
    return rows


def write(path, rows):
    columns = list(rows[0][1])
    side = ZOOM * max(len(image) for _, shown in rows for image in shown.values()) + GAP
    sheet = Image.new("RGB", (LEFT + side * len(columns), TOP + side * len(rows)), (24, 24, 24))
    draw = ImageDraw.Draw(sheet)
    for column, name in enumerate(columns):
        draw.text((LEFT + column * side + 2, 2), TITLES[name], fill=(230, 230, 230))
    for row, (label, shown) in enumerate(rows):
        draw.text((4, TOP + row * side + 4), label, fill=(230, 230, 230))
        for column, name in enumerate(columns):
            image = Image.fromarray(shown[name])
            image = image.resize((ZOOM * image.width, ZOOM * image.height), Image.Resampling.NEAREST)
            sheet.paste(image, (LEFT + column * side, TOP + row * side))
    sheet.save(path)
