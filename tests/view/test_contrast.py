"""The colors of words against what they are on: at least 4.5, as WCAG 2 asks for at level AA."""

import re

import pytest

LEAST = 4.5
WORDS = ("text", "soft", "dim", "accent", "amber")
POPUP = (32, 32, 33)  # ImGuiCol_PopupBg of look.cpp


def luminance(color):
    """Of sRGB in 0 ... 255, as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (channel / 255 for channel in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colors(root):
    pattern = r"const ImU32 (\w+) = IM_COL32\((\d+), (\d+), (\d+), 255\)"
    found = re.findall(pattern, (root / "app" / "ui" / "parts.h").read_text())
    return {name: tuple(map(int, channels)) for name, *channels in found}


@pytest.mark.parametrize("name", WORDS)
def test_words_can_be_read(root, name):
    found = colors(root)
    assert contrast(found[name], found["ground"]) >= LEAST
    assert contrast(found[name], POPUP) >= LEAST


def test_contrast_can_be_too_low(root):
    """The values of black on white, and a color that is for lines alone."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast(colors(root)["faint"], colors(root)["ground"]) < LEAST
