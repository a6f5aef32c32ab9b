"""What wfview hands out of a view: command lines that show it again, values of panes, settings."""

import shlex

import numpy as np
import OpenEXR
import pytest
from frames import FRAMES, write
from pictures import load
from test_window import display, seen, window  # noqa: F401 (fixtures)

STUDIO = FRAMES / "studio"
DRAWN = ["--backend", "cpu", "--kernel-size", 3, "--timing-placeholders"]

VIEWS = {
    "plain": [],
    "tone": ["--exposure", "-1.25", "--offset", "0.01", "--tone", "gamma", "--gamma", "1.8", "--channel-shown", "green",
             "--mark-clipped"],
    "panes": ["--panes", "noisy,gather-splat:absolute@2,albedo", "--columns", 1, "--view", "100.5,60,3"],
    "solo": ["--solo", 2, "--size", "800x500"],
    "wipe": ["--wipe", "0.3", "--pixel", "14,11"],
    "measured": ["--measure", "gather-noisy", "--region", "10,20,30,40"],
    "toggles": ["--do", "panels,together,first-row,zoom-in,zoom-in"],
    "inspector": ["--pixel", "14,11", "--pixel", "3,5", "--do", "inspector"],
}


def copied(result):
    """The command line that a run printed."""
    lines = [line for line in result.done().output.splitlines() if line.startswith("wfview ")]
    assert len(lines) == 1, result.output
    return shlex.split(lines[0])[1:]


@pytest.mark.parametrize("name", VIEWS)
def test_a_copied_command_line_shows_the_view(wfview, tmp_path, name):
    """Its words, without those that name the screenshot, make the same picture of the frame that was shown; and so does
    the command line of that."""
    arguments = [*DRAWN, *VIEWS[name], "--headless", STUDIO / "studio.0002.exr"]
    words = copied(wfview(*arguments, "--do", "copy-command-line", "--screenshot", tmp_path / "first.png"))
    assert words[words.index("--screenshot") + 1] == str(tmp_path / "first.png")
    words[words.index("--screenshot") + 1] = str(tmp_path / "second.png")
    again = copied(wfview(*words, "--do", "copy-command-line"))
    first, second = (load(tmp_path / f"{which}.png") for which in ("first", "second"))
    assert first.shape == second.shape
    panes = slice(0, first.shape[0] - 25)  # below, the status bar says what was copied
    assert (first[panes] == second[panes]).all()
    assert again == words


def test_odd_names_are_quoted(wfview, tmp_path):
    odd = tmp_path / "it's a frame; $HOME.exr"
    odd.write_bytes((STUDIO / "studio.0002.exr").read_bytes())
    words = copied(wfview("--headless", *DRAWN, "--do", "copy-command-line", odd))
    assert words[-1] == str(odd)


def values(path):
    channels = OpenEXR.File(str(path)).channels()
    if "RGB" in channels:
        return channels["RGB"].pixels
    return np.stack([channels[c].pixels for c in "RGB"], -1)


@pytest.mark.parametrize("pane,name", [("gather", "gather"), ("splat-gather:absolute@3", "splat-gather.absolute"),
                                       ("gather-splat", "gather-splat"), ("gather-noisy:smape", "gather-noisy.smape")])
def test_values_of_a_pane(wfview, tmp_path, pane, name):
    """Those of the files that --save writes, compared as the pane compares."""
    result = wfview("--headless", *DRAWN, "--panes", f"{pane},noisy", "--do", "save-pane,copy-command-line", "--save",
                    "out", STUDIO / "studio.0002.exr", cwd=tmp_path).done()
    assert f"saved wfview.{name}.exr" in result.output.splitlines()
    pictures = {layer: values(tmp_path / "out" / f"{layer}.0002.exr") for layer in ("gather", "splat")}
    noisy = OpenEXR.File(str(STUDIO / "studio.0002.exr")).channels()
    combined = next(channel.pixels for key, channel in noisy.items() if "Combined" in key)
    pictures["noisy"] = combined[..., :3].astype(np.float32)
    first, _, rest = pane.partition("@")[0].partition("-")
    other, _, measure = rest.partition(":")
    expected = pictures[first]
    if other:
        difference = expected - pictures[other]
        sizes = np.abs(expected) + np.abs(pictures[other]) + np.float32(0.01)
        expected = {"": difference, "absolute": np.abs(difference), "smape": np.abs(difference) / sizes}[measure]
    np.testing.assert_allclose(values(tmp_path / f"wfview.{name}.exr"), expected, rtol=1e-6, atol=1e-7)


def test_a_pane_without_its_layer_is_not_saved(wfview, tmp_path):
    sentence = wfview("--headless", *DRAWN, "--panes", "noisy-reference", "--do", "save-pane",
                      STUDIO / "studio.0002.exr", cwd=tmp_path).sentence()
    assert sentence == "wfview: wfview.noisy-reference.exr: this frame has not all layers of the pane"


def test_values_of_a_region(wfview, tmp_path):
    """A table of what files have, of all layers that panes show."""
    result = wfview("--headless", *DRAWN, "--panes", "gather-splat,depth", "--measure", "gather-splat", "--region",
                    "7,5,4,3", "--do", "copy-region", "--save", "out", STUDIO / "studio.0002.exr", cwd=tmp_path).done()
    lines = result.output.splitlines()
    start = lines.index("x,y,gather.R,gather.G,gather.B,splat.R,splat.G,splat.B,depth.Z")
    table = np.array([[float(word) for word in line.split(",")] for line in lines[start + 1 : start + 13]], np.float32)
    assert [tuple(row) for row in table[:, :2]] == [(x, y) for y in range(5, 8) for x in range(7, 11)]
    for i, layer in enumerate(("gather", "splat")):
        expected = values(tmp_path / "out" / f"{layer}.0002.exr")[5:8, 7:11].reshape(12, 3)
        np.testing.assert_array_equal(table[:, 2 + 3 * i : 5 + 3 * i], expected)


def test_a_region_is_needed_to_copy_one(wfview):
    sentence = wfview("--headless", *DRAWN, "--do", "copy-region", STUDIO / "studio.0002.exr").sentence()
    assert sentence == "wfview: no region is chosen: drag one with Shift while the metrics are open, or give --region"


def test_a_region_that_is_too_large_to_copy(wfview, tmp_path):
    np.save(tmp_path / "w.npy", np.ones((1, 513, 512), np.float32))
    write(tmp_path / "a.exr", color=np.zeros((513, 512, 3)))
    sentence = wfview("--headless", "--backend", "cpu", "--weights", "w.npy", "--region", "0,0,512,513", "--measure",
                      "gather", "--do", "copy-region", "a.exr", cwd=tmp_path).sentence()
    assert sentence == "wfview: the region of 512x513 pixels is too large to copy: at most 262144"


# ---- Settings, in a window -------------------------------------------------------------------------------------------

ARGUMENTS = ["--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO / "studio.0002.exr"]


def test_settings_are_kept(window, tmp_path):  # noqa: F811
    settings = tmp_path / "config" / "wfview" / "settings"
    opened = window(*ARGUMENTS)
    before = seen(opened)
    opened.key("l")
    opened.key("y")
    opened.until(lambda: (seen(opened) != before).mean() > 0.1)
    opened.quits("q")
    assert settings.read_text() == "--tone\ngamma\n--do\nfirst-row\n"
    opened = window(*ARGUMENTS)
    opened.until(lambda: (seen(opened) != before).mean() > 0.1)
    opened.key("l")
    opened.key("y", "y", "y")
    opened.until(lambda: (seen(opened) == before).all())
    opened.quits("q")
    assert settings.read_text() == ""


def test_settings_that_are_not_understood(window, tmp_path):  # noqa: F811
    settings = tmp_path / "config" / "wfview" / "settings"
    settings.parent.mkdir(parents=True)
    settings.write_text("--tone\nmauve\n")
    opened = window(*ARGUMENTS)
    seen(opened)
    opened.key("q")
    _, errors = opened.process.communicate(timeout=60)
    assert opened.process.returncode == 0
    assert errors.decode().startswith(f"wfview: warning: {settings}: not used: --tone mauve: expected srgb, ")
    assert settings.read_text() == ""


def test_headless_runs_have_no_settings(wfview, tmp_path):
    settings = tmp_path / "wfview" / "settings"
    settings.parent.mkdir()
    settings.write_text("--tone\nmauve\n")
    wfview("--headless", *DRAWN, STUDIO / "studio.0002.exr", XDG_CONFIG_HOME=str(tmp_path)).done()
    assert settings.read_text() == "--tone\nmauve\n"
