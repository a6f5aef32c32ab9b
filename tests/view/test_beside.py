"""Sequences beside each other: which frame stands with which, what is shown and measured of both, and what is said
where there is none."""

import json

import frames
import numpy as np
import pytest
import reference
from pictures import load
from test_measure import check_channels, check_difference
from test_window import display, window  # noqa: F401

HEIGHT, WIDTH = 19, 26
RANDOM = np.random.default_rng(11)


@pytest.fixture()
def shots(tmp_path):
    """Folders of frames by their numbers, and kernels for all."""
    np.save(tmp_path / "w.npy", RANDOM.random((9, HEIGHT, WIDTH)).astype(np.float32))
    colors = {}
    for folder, name, numbers in (("a", "shot.{:04d}", (1, 2, 3, 4)), ("b", "v2_{:03d}", (2, 3)), ("c", "still", (0,))):
        (tmp_path / folder).mkdir()
        for number in numbers:
            colors[folder, number] = (RANDOM.random((HEIGHT, WIDTH, 3)) ** 2 + 0.01).astype(np.float32)
            frames.write(tmp_path / folder / f"{name.format(number)}.exr", color=colors[folder, number])
    return colors


def words(folder, *sequences):
    first, *others = sequences
    beside = [word for other in others for word in ("--beside", folder / other)]
    return ["--headless", "--backend", "cpu", "--weights", folder / "w.npy", folder / first, *beside]


def filtered(color, folder, operator):
    return reference.apply(operator, color, np.load(folder / "w.npy"), (3, 3)).astype(np.float32)


def report_of(wfview, folder, *files, beside):
    wfview("--headless", "--backend", "cpu", "--weights", folder / "w.npy", *(folder / file for file in files),
           "--beside", folder / beside, "--report", folder / "r.json")
    return (folder / "r.json").read_text()


def values_of(wfview, folder, panes, *arguments):
    """All values of what panes show, by the names of columns."""
    told = wfview(*arguments, "--panes", panes, "--measure", "noisy", "--region", f"0,0,{WIDTH},{HEIGHT}", "--do",
                  "copy-region").output
    names, *lines = told[told.index("x,y,"):].splitlines()
    return dict(zip(names.split(","), np.loadtxt(lines[:WIDTH * HEIGHT], delimiter=",").T.reshape(-1, HEIGHT, WIDTH),
                    strict=True))


def test_values(wfview, backend, tmp_path, shots):
    """What panes have of each sequence is what its file has, and what its filters make of that."""
    told = values_of(wfview, tmp_path, "noisy,2:noisy,2:gather,2:splat-3:gather", "--backend", backend,
                     *[word
                       for word in words(tmp_path, "a/shot.0003.exr", "b", "c") if word not in ("--backend", "cpu")])
    for layer, expected in (("noisy", shots["a", 3]), ("2:noisy", shots["b", 3]),
                            ("2:gather", filtered(shots["b", 3], tmp_path, "gather")),
                            ("2:splat", filtered(shots["b", 3], tmp_path, "splat")),
                            ("3:gather", filtered(shots["c", 0], tmp_path, "gather"))):
        actual = np.stack([told[f"{layer}.{channel}"] for channel in "RGB"], -1)
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5, err_msg=layer)


def test_frames_of_the_same_number(wfview, tmp_path, shots):
    """Each of a run's frames is measured against the one of its number; those that have none are said, and the run goes
    on."""
    run = wfview(*words(tmp_path, "a", "b"), "--measure", "gather-2:noisy", "--report", tmp_path / "r.json")
    b, a = tmp_path / "b", [tmp_path / "a" / f"shot.{number:04d}.exr" for number in (1, 4)]
    assert run.status == 0
    gap = f"--beside {b} has none of its 2 frames for 2 of 4, the first is {a[0]}"
    assert run.errors.splitlines() == [f"wfview: warning: {gap}", f"wfview: warning: {a[0]}: {b} has no frame 1",
                                       f"wfview: warning: {a[1]}: {b} has no frame 4"]
    report = json.loads((tmp_path / "r.json").read_text())
    assert gap in report["notes"]
    assert report["problems"] == [{"frame": str(path), "problem": f"{b} has no frame {number}", "skipped": False}
                                  for path, number in zip(a, (1, 4), strict=True)]
    whole = (0, 0, WIDTH, HEIGHT)
    assert [measured["frame"] for measured in report["measured"]] == [str(tmp_path / "a" / f"shot.{n:04d}.exr")
                                                                      for n in (2, 3)]
    for measured, number in zip(report["measured"], (2, 3), strict=True):
        assert (measured["layer"], measured["against"]) == ("gather", "2:noisy")
        gathered = filtered(shots["a", number], tmp_path, "gather")
        check_difference(measured["difference"], gathered, shots["b", number], whole)
        assert measured["channels"][0]["mean"] == pytest.approx(gathered[..., 0].mean(), rel=1e-4)


def test_all_are_compared_with_the_first_one_s_reference(wfview, tmp_path, shots):
    converged = RANDOM.random((HEIGHT, WIDTH, 3)).astype(np.float32)
    for number in (1, 2):
        frames.write(tmp_path / "a" / f"shot.000{number}.ref.exr", color=converged)
    first, second = json.loads(report_of(wfview, tmp_path, "a/shot.0001.exr", "a/shot.0002.exr", beside="b"))["metrics"]
    assert set(first) == {"frame", "noisy", "gather", "splat"}  # which has none beside it
    assert set(second) == {"frame",
                           *(prefix + layer for prefix in ("", "2:") for layer in ("noisy", "gather", "splat"))}
    for prefix, color in (("", shots["a", 2]), ("2:", shots["b", 2])):
        for layer in ("noisy", "gather", "splat"):
            picture = color if layer == "noisy" else filtered(color, tmp_path, layer)
            smape = (np.abs(picture - converged) / (np.abs(picture) + np.abs(converged) + 0.01)).mean()
            assert second[prefix + layer]["smape"] == pytest.approx(smape, rel=1e-4), prefix + layer


def test_a_layer_of_another_sequence_alone(wfview, tmp_path, shots):
    wfview(*words(tmp_path, "a/shot.0002.exr", "b"), "--measure", "2:noisy", "--report", tmp_path / "r.json").done()
    measured, = json.loads((tmp_path / "r.json").read_text())["measured"]
    check_channels(measured["channels"], shots["b", 2], (0, 0, WIDTH, HEIGHT))


def test_names_without_numbers_go_by_their_place(wfview, tmp_path, shots):
    for folder in ("d", "e"):
        (tmp_path / folder).mkdir()
        for i, name in enumerate(("one", "two", "three")[:3 if folder == "d" else 2]):
            frames.write(tmp_path / folder / f"{i}{name}.exr",
                         color=np.full((HEIGHT, WIDTH, 3), 1 + i + 10 * (folder == "e"), np.float32))
    run = wfview(*words(tmp_path, "d", "e"), "--measure", "2:noisy", "--report", tmp_path / "r.json")
    measured = json.loads((tmp_path / "r.json").read_text())["measured"]
    assert [of["channels"][0]["mean"] for of in measured] == [11, 12]
    assert f"{tmp_path / 'd' / '2three.exr'}: {tmp_path / 'e'} has only 2 frames" in run.errors


def test_frames_that_do_not_fit_or_cannot_be_read(wfview, tmp_path, shots):
    frames.write(tmp_path / "b" / "v2_002.exr", color=np.ones((HEIGHT, WIDTH + 1, 3)))
    (tmp_path / "b" / "v2_003.exr").write_bytes(b"nothing")
    for folder, name, x in (("a", "shot.0004.exr", 3), ("b", "v2_004.exr", 4)):
        windows = {name: (np.array([left, 0], np.int32), np.array([left + width - 1, HEIGHT - 1], np.int32))
                   for name, left, width in (("dataWindow", x, WIDTH), ("displayWindow", 0, 64))}
        frames.write_channels(tmp_path / folder / name, {c: np.ones((HEIGHT, WIDTH), np.float32) for c in "RGB"},
                              **windows)
    run = wfview(*words(tmp_path, "a", "b"), "--size", "640x360", "--screenshot", tmp_path / "s.png", "--report",
                 tmp_path / "r.json")
    assert run.status == 0
    problems = {entry["frame"][-8:-4]: entry["problem"]
                for entry in json.loads((tmp_path / "r.json").read_text())["problems"]}
    assert problems[
        "0002"] == f"{tmp_path / 'b' / 'v2_002.exr'} has 27x19 pixels, the frame that it stands beside has 26x19"
    assert problems[
        "0004"] == f"{tmp_path / 'b' / 'v2_004.exr'} has pixels from 4,0 on, the frame that it stands beside from 3,0"
    assert problems["0003"].startswith(f"{tmp_path / 'b' / 'v2_003.exr'}: ")


def test_another_predictor(wfview, tmp_path, shots):
    """Of the same frames, without --beside; of other ones, with it."""
    for first, sequences, frame in (("a/shot.0002.exr", [], "a/shot.0002.exr"), ("a", ["b"], "b/v2_003.exr")):
        arguments = words(tmp_path, first, *sequences)
        told = values_of(wfview, tmp_path, "gather,2:noisy,2:gather,2:splat", *arguments, "--beside-predictor",
                         "bilateral", "--kernel-size", 3, *(["--frames", 3] if sequences else []))
        wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--save", tmp_path / "{layer}.exr",
               tmp_path / frame).done()
        for operator in ("gather", "splat"):
            actual = np.stack([told[f"2:{operator}.{channel}"] for channel in "RGB"], -1)
            np.testing.assert_allclose(actual, frames.read(tmp_path / f"{operator}.exr"), rtol=1e-6)
        number = 3 if sequences else 2
        np.testing.assert_allclose(np.stack([told[f"gather.{c}"] for c in "RGB"], -1),
                                   filtered(shots["a", number], tmp_path, "gather"), rtol=1e-4)


def test_another_backend(wfview, tmp_path, shots):
    """Its filters give the same, but not to the last bit everywhere."""
    wfview(*words(tmp_path, "a/shot.0002.exr"), "--beside-backend", "vulkan", "--measure", "gather-2:gather",
           "--report", tmp_path / "r.json", "--panes", "2:gather,gather-2:gather:flip").done()
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["backend"] == "cpu"
    assert report["measured"][0]["difference"]["absolute"] < 1e-6


def test_kernels_and_networks_of_those_beside(wfview, root, tmp_path, shots):
    """Options that only those beside the first sequence need."""
    frame, network = tmp_path / "a" / "shot.0001.exr", root / "tests" / "network" / "networks" / "single.safetensors"
    for given in (["--predictor", "kpn", "--beside-predictor", "bilateral", "--kernel-size", "3x3"],
                  ["--predictor", "bilateral", "--kernel-size", "5x5", "--beside-predictor", "kpn", "--network",
                   network]):
        told = wfview("--headless", "--backend", "cpu", *given, "--panes", "2:gather", "--do", "copy-command-line",
                      frame).done().output
        for name, value in zip(given[::2], given[1::2], strict=True):
            assert f"{name} {value}" in told


def test_levels_of_each(wfview, tmp_path, shots):
    """Each sequence's maps are of as many levels as its own kernels have."""
    told = wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--beside-predictor", "kpn",
                  tmp_path / "a" / "shot.0001.exr", "--panes", "splat-own/*,2:splat-own/*", "--do",
                  "copy-command-line").done().output
    assert "--panes 'splat own,2:splat own,2:splat own/1,2:splat own/2,2:splat own/3,2:splat own/4'" in told
    assert "--beside-predictor kpn" in told


def test_a_window_scrubs_all_of_them(wfview, window, tmp_path, shots):  # noqa: F811
    """A step moves both; a key chooses a layer of the sequence that a pane shows; a file that changes is read anew, of
    either."""
    shown = ["--size", "900x500", "--panes", "2:noisy,gather-2:gather", "--weights", tmp_path / "w.npy", "--beside",
             tmp_path / "b"]
    files = [tmp_path / "a" / f"shot.000{number}.exr" for number in (2, 3)]

    def drawn(*arguments):
        wfview("--headless", "--backend", "cpu", *shown, *arguments, "--screenshot", tmp_path / "h.png").done()
        return load(tmp_path / "h.png")[:200]

    opened = window(*shown, *files)
    first, second = drawn(files[1], files[0]), drawn(*files)
    assert (first != second).any(-1).mean() > 0.2
    for key, expected in ((None, first), ("Right", second), ("Left", first)):
        if key:
            opened.key(key)
        opened.until(lambda: (opened.screenshot()[:200] == expected).all())  # noqa: B023
    opened.key("g")
    gathered = drawn(files[1], files[0], "--panes", "2:gather,gather-2:gather")
    opened.until(lambda: (opened.screenshot()[:200] == gathered).all())
    frames.write(tmp_path / "b" / "v2_002.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    changed = drawn(files[1], files[0], "--panes", "2:gather,gather-2:gather")
    opened.until(lambda: (opened.screenshot()[:200] == changed).all())
    opened.quits("q")


def test_the_same_frames_change_with_their_file(wfview, window, tmp_path, shots):  # noqa: F811
    frame = tmp_path / "a" / "shot.0001.exr"
    shown = ["--size", "500x400", "--kernel-size", "3", "--beside-predictor", "kpn", "--panes", "2:noisy,2:splat",
             frame]

    def drawn():
        wfview("--headless", "--backend", "cpu", *shown, "--screenshot", tmp_path / "h.png").done()
        return load(tmp_path / "h.png")[:120]

    before = drawn()
    opened = window(*shown)
    opened.until(lambda: (opened.screenshot()[:120] == before).all())
    frames.write(frame, color=RANDOM.random((HEIGHT, WIDTH, 3)))
    after = drawn()
    assert (before != after).any(-1).mean() > 0.2
    opened.until(lambda: (opened.screenshot()[:120] == after).all())
    opened.quits("q")


@pytest.mark.parametrize("arguments, status, sentence", [
    (["--panes", "2:noisy"], 2, "--panes 2:noisy: 2:noisy: there is one sequence, --beside gives more"),
    (["--beside", "b", "--panes", "noisy-3:noisy"], 2, "--panes noisy-3:noisy: 3:noisy: there are two sequences"),
    (["--beside", "b", "--beside", "c", "--measure", "4:gather"], 2,
     "--measure 4:gather: 4:gather: there are three sequences"),
    (["--beside", ""], 2, "--beside: expected a value"),
    (["--beside", "b"] * 4, 2, "--beside b: more than 3 sequences beside the first one"),
    (["--beside", "x"], 1, "x: cannot open: No such file or directory"),
    (["--beside-predictor", "magic"], 2, "--beside-predictor magic: expected kpn or bilateral"),
    (["--beside-backend", "auto"], 2, "--beside-backend auto: expected cpu, vulkan or cuda"),
    (["--beside-backend", "cpu", "--panes", "3:noisy"], 2, "--panes 3:noisy: 3:noisy: there are two sequences"),
    (["--beside", "b", "--measure", "gather-2:gather:flip"], 2,
     "--measure gather-2:gather:flip: expected LAYER or LAYER-LAYER"),
], ids=lambda words: words[-1] if isinstance(words, list) else None)
def test_errors(wfview, tmp_path, shots, arguments, status, sentence):
    assert wfview("--headless", "a", *arguments, cwd=tmp_path).sentence(status) == f"wfview: {sentence}"


def test_other_runs_have_none(wfview):
    assert wfview("--headless", "--scene", "s.glb", "--beside",
                  "b").sentence(2) == "wfview: --beside: not together with --scene"
    assert wfview("--headless", "--ipc", "127.0.0.1:1", "--beside",
                  "b").sentence(2) == "wfview: --beside: not together with --ipc"


def test_a_copied_command_line_has_them(wfview, tmp_path, shots):
    told = wfview(*words(tmp_path, "a/shot.0002.exr", "b",
                         "c"), "--do", "next-sequence,copy-command-line").done().output
    line = told.splitlines()[0]
    assert f"--beside {tmp_path / 'b'} --beside {tmp_path / 'c'}" in line
    assert "--panes 2:noisy,gather,splat,2:noisy,2:gather,2:splat,3:noisy,3:gather,3:splat" in line
