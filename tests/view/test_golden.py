"""The headless view against pictures that someone has looked at.

WF_BLESS=1 makes what wfview draws now the golden pictures; look at them before you commit them. A picture that fails
leaves NAME.actual.png, NAME.expected.png and NAME.difference.png (16 times the difference) in the build folder's
golden/.
"""

import json
import os
import pathlib

import frames
import numpy as np
import pytest
from frames import FRAMES
from pictures import load
from PIL import Image
from scenes import SCENES

GOLDEN = pathlib.Path(__file__).parent / "golden"
BLESS = os.environ.get("WF_BLESS") == "1"

STUDIO = FRAMES / "studio" / "studio.0001.exr"
TERRACE = FRAMES / "terrace" / "terrace.0001.exr"

# What differs from machine to machine in the picture of the README, as left, top, right, bottom: the choice of backend,
# the figures of the timing panel, the status bar. The other pictures have placeholders there.
MACHINE = [(90, 482, 270, 504), (806, 482, 1280, 694), (0, 696, 1280, 720)]

CASES = {
    "studio": {"arguments": ["--size", "1280x720", STUDIO], "ignored": MACHINE},
    "sequence": {"arguments": ["--size", "1000x640", "--kernel-size", "5", "--timing-placeholders",
                               FRAMES / "terrace"]},
    "weights": {"arguments": ["--size", "1440x1200", "--weights", "{box}", "--timing-placeholders", TERRACE]},
    "tone": {"arguments": ["--size", "1280x560", "--kernel-size", "3", "--timing-placeholders", "--tone", "aces",
                           "--exposure", "1", "--mark-clipped", STUDIO]},
    "small": {"arguments": ["--size", "400x240", "--kernel-size", "3", "--timing-placeholders", TERRACE]},
}

# The inspector, of a detail: pictures and figures of weights, with the outlines of two pixels; of the network's
# pyramid.
PINNED = ["--pixel", "14,11", "--timing-placeholders", "--size", "1280x720"]
CASES["inspector"] = {"arguments": [*PINNED, "--pixel", "1,6", "--weights", "{kernels}", "--weight-mode", "softmax",
                                    "{detail}"]}
CASES["footprint"] = {"arguments": [*PINNED, "--do", "footprint", "--weights", "{kernels}", "--weight-mode", "softmax",
                                    "{detail}"]}
CASES["footprint-4k"] = {"arguments": [*PINNED, "--do", "footprint", "--size", "3840x2160", "{detail}"]}
CASES["pyramid"] = {"arguments": [*PINNED, "{detail}"]}

# Without the font that setup.sh installs, and without any.
FONTS = [*PINNED, "--size", "1440x720", "--panes", "noisy,gather-splat:relmse", "--measure", "noisy", "{detail}"]
CASES["other-font"] = {"arguments": FONTS, "without": "/roboto/"}
CASES["no-fonts"] = {"arguments": FONTS, "without": "/fonts/"}

# Text and controls twice as large, as displays of high resolution ask for.
CASES["large-text"] = {"arguments": ["--timing-placeholders", "--size", "2560x1440", "--scale", "2", "--pixel",
                                     "14,11", "--panes", "noisy,gather-splat", "--measure", "noisy", "{detail}"]}

# Metrics, statistics and the histogram of a region, with maps of what differs.
CASES["metrics"] = {"arguments": [
    "--size", "1280x720", "--kernel-size", "3", "--timing-placeholders", "--measure", "gather-reference", "--region",
    "180,60,140,120", "--panes", "noisy,gather,reference,gather-reference:flip,gather-reference:relmse,splat-gather",
    STUDIO]}

# Maps of the network's kernels: of one level, with the difference of two; and of all levels.
CASES["maps"] = {"arguments": [
    "--size", "1280x720", "--timing-placeholders", "--panes",
    "gather,gather-entropy/1,gather-radius/1,gather-own/1,gather-blend/1,splat-blend/1-gather-blend/1", STUDIO]}
CASES["levels"] = {"arguments": ["--size", "1280x720", "--timing-placeholders", "--panes",
                                 "gather,splat-radius/*,gather-entropy/*,gather-blend/1-gather-blend", STUDIO]}
CASES["levels-4k"] = {"arguments": [*CASES["levels"]["arguments"], "--size", "3840x2160"]}

# Two sequences beside each other, how they differ, and by how much.
CASES["beside"] = {"arguments": [
    "--size", "1280x720", "--kernel-size", "5", "--timing-placeholders", STUDIO, "--beside",
    FRAMES / "studio" / "studio.0005.exr", "--panes",
    "noisy,gather,gather-reference:flip,2:noisy,2:gather,gather-2:gather:flip", "--columns", "3", "--measure",
    "gather-2:gather"]}
CASES["beside-4k"] = {"arguments": [*CASES["beside"]["arguments"], "--size", "3840x2160"]}

# The network denoises where nothing else is asked for: recorded frames (studio), and live ones (glass).
# Live frames: what a pixel's noise is follows from its seed, on one device to the last bit.
for scene in ("room", "court", "glass"):
    CASES[scene] = {"arguments": ["--scene", SCENES / f"{scene}.glb", "--render-size", "256x144", "--size", "1000x640",
                                  "--timing-placeholders"]}
CASES["court"]["arguments"] += ["--environment", "sky"]
for scene in ("room", "court"):
    CASES[scene]["arguments"] += ["--predictor", "bilateral"]

# What lies over the view: help, the list of commands, the menu.
for over in ("help", "commands", "menu"):
    CASES[over] = {"arguments": ["--size", "1280x720", "--kernel-size", "3", "--timing-placeholders", "--do", over,
                                 STUDIO]}

# Panes: a dozen of them, two in a wipe, one page of the flip-book, false color, values in enlarged pixels; on a display
# of 4K, too.
SHOWN = ["--timing-placeholders", "--size", "1280x720", "--kernel-size", "3"]
LARGE_SHOWN = [*SHOWN, "--size", "3840x2160"]
DOZEN = ("noisy,gather,splat,gather-splat@3,reference,gather-reference:smape,gather-reference:absolute@1,"
         "gather-reference:relative,albedo@-1,normal,depth,motion")
FOUR = ["--panes", "noisy,gather,noisy-splat,normal"]
CASES["panes"] = {"arguments": [*SHOWN, "--panes", DOZEN, STUDIO]}
CASES["wipe"] = {"arguments": [*SHOWN, "--panes", "noisy,gather", "--wipe", "0.42", STUDIO]}
CASES["page"] = {"arguments": [*SHOWN, "--solo", "2", "--view", "300,140,5.5", STUDIO]}
CASES["false-color"] = {"arguments": [*SHOWN, "--panes", "gather,reference,gather-reference", "--tone", "false-color",
                                      "--do", "auto-exposure", STUDIO]}
CASES["values"] = {"arguments": [*SHOWN, *FOUR, "--view", "14.5,10,56", "{detail}"]}
CASES["values-4k"] = {"arguments": [*LARGE_SHOWN, *FOUR, "--view", "14.5,10,210", "{detail}"]}
CASES["wipe-4k"] = {"arguments": [*LARGE_SHOWN, "--panes", "noisy,gather", "--wipe", "0.6", "--tone", "false-color",
                                  "{detail}"]}

# Each stage's times, and the hand-over's state.
CASES["times"] = {"arguments": ["--size", "1280x720", "--kernel-size", "3", "--timing-placeholders", "--do", "times",
                                STUDIO],
                  "ignored": [(850, 610, 1280, 640)]}  # the backend's

LARGE = 12  # of 255: a difference that an eye may notice
MOST_LARGE = 0.002  # of all pixels
MOST_MEAN = 0.25  # of 255


def difference(actual, expected, ignored=()):
    """Per pixel the largest difference of a channel, 0 ... 255; pictures of different sizes differ everywhere."""
    if actual.shape != expected.shape:
        return np.full(actual.shape[:2], 255)
    result = np.abs(actual.astype(int) - expected.astype(int)).max(-1)
    for left, top, right, bottom in ignored:
        result[top:bottom, left:right] = 0
    return result


def matches(differences):
    return differences.mean() <= MOST_MEAN and (differences > LARGE).mean() <= MOST_LARGE


def make_inputs(folder):
    """What arguments name in braces."""
    made = {"{box}": folder / "box-3x3.npy", "{kernels}": folder / "kernels-5x5.npy", "{detail}": folder / "detail.exr"}
    np.save(made["{box}"], np.full((9, 270, 480), 1 / 9, np.float32))
    np.save(made["{kernels}"], np.random.RandomState(5).normal(0, 1.5, (25, 20, 28)).astype(np.float32))
    studio = frames.read_blender(STUDIO)
    frames.write(made["{detail}"], **{layer: studio[layer][120:140, 200:228] for layer in ("color", "normal")})
    return made


def show(wfview, folder, backend, arguments, **changes):
    """Runs wfview, which leaves a view's picture and report in the folder; changes to the environment."""
    made = make_inputs(folder)
    arguments = [made.get(str(argument), argument) for argument in arguments]
    return wfview("--headless", "--backend", backend, "--screenshot", folder / "actual.png", "--report",
                  folder / "report.json", *arguments, **changes)


def without(build, missing):
    """Changes to the environment: files whose paths have this in them are not there."""
    library = str(build / "tests" / "libwithout_files.so")
    return {"LD_PRELOAD": library, "WF_WITHOUT": missing, "ASAN_OPTIONS": "verify_asan_link_order=0"} if missing else {}


def shown(folder):
    return load(folder / "actual.png"), json.loads((folder / "report.json").read_text())


def draw(wfview, folder, backend, arguments):
    """The picture and the report of a view."""
    show(wfview, folder, backend, arguments).done()
    return shown(folder)


def bless(name, picture, report):
    GOLDEN.mkdir(exist_ok=True)
    Image.fromarray(picture).save(GOLDEN / f"{name}.png", optimize=True)
    made = {key: report[key] for key in ("version", "vulkan_device", "vulkan_driver")}
    (GOLDEN / f"{name}.json").write_text(json.dumps(made, indent=2) + "\n")


def keep(folder, name, actual, expected, differences):
    folder.mkdir(exist_ok=True)
    Image.fromarray(actual).save(folder / f"{name}.actual.png")
    Image.fromarray(expected).save(folder / f"{name}.expected.png")
    Image.fromarray(np.minimum(16 * differences, 255).astype(np.uint8)).save(folder / f"{name}.difference.png")


def check_view(wfview, backend, build, folder, name):
    """By difference in levels; and by FLIP, as --compare judges, of those that have no part to be ignored."""
    case, golden = CASES[name], GOLDEN / f"{name}.png"
    compared = ["--compare", golden] if backend == "cpu" and "ignored" not in case and not BLESS else []
    result = show(wfview, folder, backend, [*case["arguments"], *compared], **without(build, case.get("without")))
    assert (folder / "report.json").exists(), result.errors
    actual, report = shown(folder)
    if BLESS and backend == "cpu":
        bless(name, actual, report)
    expected = load(golden)
    differences = difference(actual, expected, case.get("ignored", ()))
    if not matches(differences):
        keep(build / "golden", f"{name}.{backend}", actual, expected, differences)
        made = json.loads((GOLDEN / f"{name}.json").read_text())
        pytest.fail(
            f"{name}: mean difference {differences.mean():.3f} (at most {MOST_MEAN}), "
            f"{(differences > LARGE).mean():.4%} of the pixels differ by more than {LARGE} (at most {MOST_LARGE:.2%}); "
            f"see {build / 'golden'}. The golden picture was drawn by {made['vulkan_driver']}, this one by "
            f"{report['vulkan_driver']}"
        )
    assert not compared or f"{folder / 'actual.png'} matches {golden}: FLIP has a mean of " in result.output
    result.done()


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith("-4k")])
def test_view(wfview, backend, build, tmp_path, name):
    check_view(wfview, backend, build, tmp_path, name)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("-4k")])
def test_view_of_4k(wfview, build, tmp_path, name):
    """What the backends make is in the smaller ones."""
    check_view(wfview, "cpu", build, tmp_path, name)


@pytest.mark.parametrize(
    "arguments",
    [["--kernel-size", "3", STUDIO], [FRAMES / "studio" / "studio.0005.exr"], ["--kernel-size", "13", STUDIO]],
    ids=["kernel 3", "other frame", "kernel 13"],
)
def test_other_views_do_not_match(wfview, tmp_path, arguments):
    """Proves that the comparison can fail."""
    actual, _ = draw(wfview, tmp_path, "cpu", ["--size", "1280x720", *arguments])
    assert not matches(difference(actual, load(GOLDEN / "studio.png"), MACHINE))


@pytest.mark.parametrize("arguments", [["--kernel-size", "5"], ["--exposure", "0.25"], ["--view", "240,135,1.7"]],
                         ids=lambda words: words[0])
def test_wfview_s_own_comparison_fails(wfview, tmp_path, arguments):
    golden = GOLDEN / "wipe.png"
    result = show(wfview, tmp_path, "cpu", [*CASES["wipe"]["arguments"], *arguments, "--compare", golden])
    assert result.status == 1
    assert f"{tmp_path / 'actual.png'} differs from {golden}: FLIP has a mean of " in result.errors
    written = {path.name for path in tmp_path.iterdir()}
    assert {"actual.expected.png", "actual.actual.png", "actual.difference.png"} <= written


@pytest.mark.parametrize(
    "arguments", [["--spp", "2"], ["--environment", "0.1,0.1,0.1"], ["--render-size", "256x143"]],
    ids=lambda words: words[0])
def test_other_live_frames_do_not_match(wfview, tmp_path, arguments):
    actual, _ = draw(wfview, tmp_path, "cpu", CASES["glass"]["arguments"] + arguments)
    assert not matches(difference(actual, load(GOLDEN / "glass.png")))


@pytest.mark.parametrize("arguments", [
    ["--pixel", "14,11", "--pixel", "2,6"],
    ["--pixel", "14,11"],
    ["--pixel", "1,6", "--pixel", "14,11"],
    ["--pixel", "14,11", "--pixel", "1,6", "--weight-mode", "linear"],
    ["--pixel", "14,11", "--pixel", "1,6", "--do", "footprint"],
], ids=["other pixel", "one pixel", "other order", "other mode", "with what is written"])
def test_other_kernels_do_not_match(wfview, tmp_path, arguments):
    others = ["--timing-placeholders", "--size", "1280x720", "--weights", "{kernels}", "--weight-mode", "softmax"]
    actual, _ = draw(wfview, tmp_path, "cpu", [*others, *arguments, "{detail}"])
    assert not matches(difference(actual, load(GOLDEN / "inspector.png")))


@pytest.mark.parametrize("arguments", [
    ["--wipe", "0.44"], ["--wipe", "0.42", "--exposure", "0.25"], ["--wipe", "0.42", "--view", "240,135,1.7"],
    ["--wipe", "0.42", "--panes", "noisy,splat"], ["--solo", "2"]], ids=lambda words: " ".join(words[-2:]))
def test_other_panes_do_not_match(wfview, tmp_path, arguments):
    actual, _ = draw(wfview, tmp_path, "cpu", [*SHOWN, "--panes", "noisy,gather", *arguments, STUDIO])
    assert not matches(difference(actual, load(GOLDEN / "wipe.png")))


@pytest.mark.parametrize("panes", ["gather,splat-radius/*,gather-entropy/*,gather-blend/2-gather-blend",
                                   "gather,gather-radius/*,gather-entropy/*,gather-blend/1-gather-blend"],
                         ids=["one other level", "other operator"])
def test_other_levels_do_not_match(wfview, tmp_path, panes):
    actual, _ = draw(wfview, tmp_path, "cpu", [*CASES["levels"]["arguments"], "--panes", panes])
    assert not matches(difference(actual, load(GOLDEN / "levels.png")))


@pytest.mark.parametrize("arguments",
                         [["--measure", "splat-reference"], ["--region", "180,60,140,121"], ["--measure", "gather"]],
                         ids=["other layer", "other region", "against nothing"])
def test_other_metrics_do_not_match(wfview, tmp_path, arguments):
    actual, _ = draw(wfview, tmp_path, "cpu", [*CASES["metrics"]["arguments"], *arguments])
    assert (actual[:476, 961:] != load(GOLDEN / "metrics.png")[:476, 961:]).any(-1).mean() > 0.001


@pytest.mark.parametrize("arguments", [["--beside", FRAMES / "studio" / "studio.0006.exr"], ["--beside", STUDIO]],
                         ids=["other frame", "same frame"])
def test_other_sequences_do_not_match(wfview, tmp_path, arguments):
    shown = CASES["beside"]["arguments"]
    replaced = [*shown[:shown.index("--beside")], *arguments, *shown[shown.index("--beside") + 2:]]
    actual, _ = draw(wfview, tmp_path, "cpu", replaced)
    assert not matches(difference(actual, load(GOLDEN / "beside.png")))


def test_the_comparison_notices_a_wrong_word():
    """A label of one pane gone, in a view of its own size."""
    expected = load(GOLDEN / "small.png")
    actual = expected.copy()
    actual[:25, :133] = actual[24, 0]
    assert not matches(difference(actual, expected))
