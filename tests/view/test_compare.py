"""--compare and --compare-report: what a renderer's own continuous integration asks."""

import base64
import json
import re
import shutil
import subprocess

import flip_evaluator
import numpy as np
import pytest
from frames import FRAMES
from pictures import load
from PIL import Image

VIEW = ["--headless", "--backend", "cpu", "--size", "400x240", "--kernel-size", "3", "--timing-placeholders"]
TERRACE = FRAMES / "terrace" / "terrace.0001.exr"
FIGURES = (r"FLIP has a mean of ([\d.]+) \(at most ([\d.e-]+)\) "
           r"and is above 0.2 at ([\d.]+) % of the pixels \(at most ([\d.e-]+) %\)")


@pytest.fixture(scope="module")
def golden(wfview, tmp_path_factory):
    """A view, and one of which a word is gone."""
    folder = tmp_path_factory.mktemp("golden")
    wfview(*VIEW, "--screenshot", folder / "right.png", "--report", folder / "report.json", TERRACE).done()
    picture = load(folder / "right.png").copy()
    picture[:25, :133] = picture[24, 0]
    Image.fromarray(picture).save(folder / "wrong.png")
    return folder


def test_same_view(wfview, golden, tmp_path):
    """Two runs draw the same pixels: nothing differs, and nothing but what was asked for is left."""
    run = wfview(*VIEW, "--screenshot", tmp_path / "s.png", "--compare", golden / "right.png", "--tolerance", "0,0",
                 TERRACE)
    said = re.search(f"s.png matches {golden / 'right.png'}: {FIGURES}\n", run.done().output)
    assert [float(figure) for figure in said.groups()] == [0, 0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["s.png"]


def test_other_view(wfview, golden, tmp_path):
    """One sentence with the figures that the authors' evaluator gives, and the three pictures."""
    run = wfview(*VIEW, "--screenshot", tmp_path / "s.png", "--compare", golden / "wrong.png", TERRACE)
    assert run.status == 1
    said = re.fullmatch(f"wfview: {tmp_path}/s.png differs from {golden}/wrong.png: {FIGURES}; see {tmp_path}/s"
                        r"\.expected\.png, \.actual\.png and \.difference\.png\n", run.errors)
    mean, most, share, most_share = map(float, said.groups())
    actual, expected = load(golden / "right.png"), load(golden / "wrong.png")
    flip = flip_evaluator.evaluate(*(np.float32(pixels) / 255
                                     for pixels in (expected, actual)), "LDR", applyMagma=False)[0]
    assert (most, most_share) == (0.002, 0.1)
    assert mean == pytest.approx(flip.mean(dtype=float), abs=1e-3)
    assert mean > most
    assert share == pytest.approx(100 * (flip > 0.2).mean(), abs=0.05)
    assert (load(tmp_path / "s.expected.png") == expected).all()
    assert (load(tmp_path / "s.actual.png") == actual).all()
    difference = load(tmp_path / "s.difference.png")
    assert (difference[100:] == [0, 0, 5]).all()  # the ramp's beginning: nothing differs there
    brightness = difference[:25, :133].astype(int).sum(-1)
    assert np.corrcoef(brightness.ravel(), flip.reshape(actual.shape[:2])[:25, :133].ravel())[0, 1] > 0.9


@pytest.mark.parametrize(("tolerance", "status"),
                         [("1,0.001", 1), ("0.002,1", 1), ("1", 1), ("0.1,0.1", 0), ("1,1", 0)])
def test_tolerance(wfview, golden, tmp_path, tolerance, status):
    """Each of the two counts by itself."""
    arguments = ["--screenshot", tmp_path / "s.png", "--compare", golden / "wrong.png", "--tolerance", tolerance]
    assert wfview(*VIEW, *arguments, TERRACE).status == status
    assert (tmp_path / "s.difference.png").exists() == (status == 1)


def page_of(wfview, golden, folder, name):
    wfview(*VIEW, "--screenshot", folder / "s.png", "--compare", golden / name, "--compare-html", folder / "page.html",
           TERRACE)
    return (folder / "page.html").read_text()


@pytest.mark.parametrize(("name", "result"), [("right.png", "matches"), ("wrong.png", "differs")])
def test_page(wfview, golden, tmp_path, name, result):
    """One file that needs no other, with all three pictures."""
    page = page_of(wfview, golden, tmp_path, name)
    pictures = dict(re.findall(r'(\w+): "data:image/png;base64,([A-Za-z0-9+/=]+)"', page))
    assert list(pictures) == ["expected", "actual", "difference"]
    assert base64.b64decode(pictures["expected"], validate=True) == (golden / name).read_bytes()
    assert base64.b64decode(pictures["actual"], validate=True) == (tmp_path / "s.png").read_bytes()
    (tmp_path / "difference.png").write_bytes(base64.b64decode(pictures["difference"], validate=True))
    assert load(tmp_path / "difference.png").shape == (240, 400, 3)
    assert re.search(f'<p class="{result}">{FIGURES}</p>', page)
    assert not re.search(r"\{\{|https?:|src=\"", page)


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
def test_page_in_a_browser(wfview, golden, tmp_path):
    """The slider moves: left of it the one picture, right of it the other, pixel by pixel."""
    page = page_of(wfview, golden, tmp_path, "wrong.png")
    expected, actual = load(tmp_path / "s.expected.png"), load(tmp_path / "s.actual.png")
    for percent in (10, 75):
        moved = page.replace("</script>", f"""find("slider").value = {percent};
            find("slider").dispatchEvent(new Event("input")); scrollTo(0, 0);
            document.body.style.margin = 0; document.body.prepend(find("frame"));</script>""")
        (tmp_path / "moved.html").write_text(moved)
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--window-size=800,600", "--force-color-profile=srgb", f"--user-data-dir={tmp_path / 'profile'}",
                   f"--screenshot={tmp_path / f'{percent}.png'}", (tmp_path / "moved.html").as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        shown, edge = load(tmp_path / f"{percent}.png")[:240, :400], 4 * percent
        assert (shown[:, :edge - 2] == expected[:, :edge - 2]).all()
        assert (shown[:, edge + 2:] == actual[:, edge + 2:]).all()
        assert (shown[:, edge] == 255).all()


def test_refusals(wfview, golden, tmp_path):
    """Before any work where that can be known."""
    (tmp_path / "text.png").write_text("no picture")
    Image.new("RGB", (64, 65)).save(tmp_path / "small.png")
    screenshot = ["--screenshot", tmp_path / "s.png"]

    def sentence(*arguments):
        return wfview(*VIEW, *arguments, TERRACE).sentence()

    assert sentence(*screenshot, "--compare", tmp_path / "none.png") == \
        f"wfview: {tmp_path}/none.png: cannot open: No such file or directory"
    assert sentence(*screenshot, "--compare", tmp_path / "text.png").startswith(f"wfview: {tmp_path}/text.png: ")
    assert sentence("--screenshot", "/dev/stdout", "--compare", golden / "right.png") == \
        f"wfview: --screenshot /dev/stdout: is not a regular file, which --compare {golden}/right.png reads"
    assert not (tmp_path / "s.png").exists()
    run = wfview(*VIEW, *screenshot, "--compare", tmp_path / "small.png", TERRACE)
    assert (run.status, run.errors) == (
        1, f"wfview: {tmp_path}/small.png: has 64x65 pixels, and {tmp_path}/s.png 400x240: these cannot be compared\n")


def scaled(report, factor, path):
    """A report of a run whose medians were so many times as long."""
    for stage in report["stages"]:
        stage["median"] *= factor
    path.write_text(json.dumps(report))
    return path


def test_slower(wfview, golden, tmp_path):
    report = json.loads((golden / "report.json").read_text())
    old = scaled(report, 1e-6, tmp_path / "old.json")
    run = wfview(*VIEW, "--compare-report", old, "--slower", "2.5", TERRACE)
    *stages, last = run.errors.splitlines()
    names = [stage["name"] for stage in report["stages"]]
    assert run.status == 1
    assert [re.fullmatch(rf"wfview: (.+): median [\d.]+ ms, [\d.]+ times the [\d.]+ ms of {old}", line)[1]
            for line in stages] \
        == names
    assert last == f"wfview: {len(names)} of {len(names)} stages have medians of more than 2.5 times those of {old}"


def test_not_slower(wfview, golden, tmp_path):
    report = json.loads((golden / "report.json").read_text())
    old = scaled(report, 1e6, tmp_path / "old.json")
    run = wfview(*VIEW, "--compare-report", old, TERRACE).done()
    assert f"no median of {len(report['stages'])} stages is more than 1.05 times that of {old}\n" in run.output


def test_other_work(wfview, golden, tmp_path):
    """What differs is said, once, and times are compared all the same; what a report does not know does not differ."""
    report = json.loads((golden / "report.json").read_text())
    other = {**report, "size": [64, 32], "predictor": "kpn (network)", "scene": "room.glb"}
    del other["mode"]
    old = scaled(other, 1e6, tmp_path / "old.json")
    run = wfview(*VIEW, "--compare-report", old, TERRACE)
    size = json.dumps(report["size"], separators=(",", ":"))
    assert (run.status, run.errors) == (0, (
        f'wfview: warning: {old} is of other work: predictor "kpn (network)", not "{report["predictor"]}"; size '
        f'[64,32], not {size}; '
        'scene "room.glb", not null\n'))
    assert "no median of" in run.output


def test_one_slower_stage(wfview, golden, tmp_path):
    """That one is named; the screenshot differs, too, and both are said."""
    report = json.loads((golden / "report.json").read_text())
    for stage in report["stages"]:
        stage["median"] *= 1e-6 if stage["name"] == "gather" else 1e6
    (tmp_path / "old.json").write_text(json.dumps(report))
    run = wfview(*VIEW, "--compare-report", tmp_path / "old.json", "--screenshot", tmp_path / "s.png", "--compare",
                 golden / "wrong.png", TERRACE)
    lines = run.errors.splitlines()
    assert run.status == 1
    assert [line.split(" ")[1] for line in lines] == ["gather:", "1", f"{tmp_path}/s.png"]


def test_reports_that_are_none(wfview, tmp_path):
    for text, reason in (("{", 'is not what --report writes: it has no array "stages"'),
                         ('{"stages": 3}', 'is not what --report writes: it has no array "stages"')):
        (tmp_path / "old.json").write_text(text)
        assert wfview(*VIEW, "--compare-report", tmp_path / "old.json", TERRACE).sentence() == \
            f"wfview: {tmp_path}/old.json: {reason}"
    assert wfview(*VIEW, "--compare-report", tmp_path / "none.json", TERRACE).sentence() == \
        f"wfview: {tmp_path}/none.json: cannot open: No such file or directory"
    (tmp_path / "old.json").write_text('{"stages": [{"name": "other", "median": 1}, 7, {"name": "gather"}]}')
    run = wfview(*VIEW, "--compare-report", tmp_path / "old.json", TERRACE)
    assert (run.status, run.errors) == (1, f"wfview: {tmp_path}/old.json: has no stage of this run to compare with\n")
