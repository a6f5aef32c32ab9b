"""Further layers of a frame take its kernels: --also, against the operator in numpy on the frame's own pixels."""

import json

import numpy as np
import OpenEXR
import pytest
import reference
from frames import read_channels, write_channels

RANDOM = np.random.default_rng(29)
HEIGHT, WIDTH = 13, 17
OPERATORS = ("gather", "splat")


def noise(dtype=np.float32, height=HEIGHT, width=WIDTH):
    return RANDOM.lognormal(0, 1, (height, width)).astype(dtype)


def write_parts(path, parts, headers=()):
    headers = dict(headers)
    written = [OpenEXR.Part(headers.get(name, {}), dict(channels), name) for name, channels in parts.items()]
    OpenEXR.File(written).write(str(path))
    return path


def weights_file(tmp_path, kernel=5):
    weights = RANDOM.random((kernel * kernel, HEIGHT, WIDTH), np.float32)
    np.save(tmp_path / "w.npy", weights)
    return weights


def check_filtered(written, channels, renamed, operator, weights, mode):
    """renamed: from names in the file that was written to those of the frame."""
    size = int(len(weights) ** 0.5)
    picture = np.stack([channels[name].astype(np.float64) for name in renamed.values()], -1)
    expected = reference.apply(operator, picture, weights, (size, size), mode)
    for i, name in enumerate(renamed):
        assert written[name].dtype == np.float32
        np.testing.assert_allclose(written[name], expected[..., i], rtol=2e-5, err_msg=name)


def blender_frame():
    groups = {"Combined": "RGBA", "DiffDir": "RGB", "GlossInd": "RGB", "Emit": "RGB", "Mist": "Z",
              "Denoising Albedo": "RGB"}
    return {f"ViewLayer.{group}.{c}": noise(np.float16 if group == "Emit" else np.float32)
            for group, letters in groups.items() for c in letters}


COLOR = {c: f"ViewLayer.Combined.{c}" for c in "RGBA"}
FURTHER = [f"ViewLayer.{group}.{c}" for group in ("DiffDir", "Emit") for c in "RGB"] + ["ViewLayer.Mist.Z"]


@pytest.mark.parametrize("mode", ["linear", "normalized", "softmax"])
@pytest.mark.parametrize("together", [True, False])
def test_values(wfview, backend, tmp_path, mode, together):
    """Names with the view layer's and without, a layer of one channel, half floats; the same weights for both
    operators, or not."""
    channels, weights = blender_frame(), {"gather": weights_file(tmp_path)}
    weights["splat"] = weights["gather"]
    own = []
    if not together:
        weights["splat"] = RANDOM.random((9, HEIGHT, WIDTH), np.float32)
        np.save(tmp_path / "splat.npy", weights["splat"])
        own = ["--splat-weights", tmp_path / "splat.npy"]
    frame = write_channels(tmp_path / "a.exr", channels)
    result = wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", *own, "--weight-mode", mode,
                    "--save", tmp_path / "out", "--report", tmp_path / "r.json", "--also", "ViewLayer.DiffDir,Emit",
                    "--also", "Mist.Z", frame).done()
    taken = {"ViewLayer.DiffDir": "ViewLayer.DiffDir.R,G,B", "Emit": "ViewLayer.Emit.R,G,B",
             "Mist.Z": "ViewLayer.Mist.Z"}
    assert taken.items() <= result.taken[0][1].items()
    assert taken.items() <= json.loads((tmp_path / "r.json").read_text())["layers"].items()
    for operator in OPERATORS:
        written = read_channels(tmp_path / "out" / f"{operator}.exr")
        assert sorted(written) == sorted([*COLOR, *FURTHER])
        check_filtered(written, channels, {**COLOR, **{name: name for name in FURTHER}}, operator, weights[operator],
                       mode)


def test_keep_channels(wfview, tmp_path):
    """In the place of the frame's; what is not named stays as it is, to the bit."""
    channels, weights = blender_frame(), weights_file(tmp_path)
    wfview("--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--save", tmp_path / "out",
           "--keep-channels", "--also", "DiffDir,Emit,Mist.Z", write_channels(tmp_path / "a.exr", channels)).done()
    filtered = {name: name for name in [*COLOR.values(), *FURTHER]}
    for operator in OPERATORS:
        written = read_channels(tmp_path / "out" / f"{operator}.exr")
        assert sorted(written) == sorted(channels)
        check_filtered(written, channels, filtered, operator, weights, "linear")
        for name in set(channels) - set(filtered):
            assert written[name].tobytes() == channels[name].tobytes(), name


@pytest.mark.parametrize("keep", [False, True])
def test_parts(wfview, tmp_path, keep):
    parts = {"rgba": {c: noise() for c in "RGBA"}, "diffuse": {c: noise(np.float16) for c in "RGB"},
             "specular": {c: noise() for c in "RGB"}, "N": {c: noise() for c in "XYZ"}}
    weights = weights_file(tmp_path)
    wfview("--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--save", tmp_path / "out", "--also",
           "diffuse,specular", *["--keep-channels"] * keep, write_parts(tmp_path / "a.exr", parts)).done()
    everything = {f"{part}.{name}": pixels for part, channels in parts.items() for name, pixels in channels.items()}
    for operator in OPERATORS:
        file = OpenEXR.File(str(tmp_path / "out" / f"{operator}.exr"), separate_channels=True)
        written = {f"{part.name()}.{name}": channel.pixels for part in file.parts
                   for name, channel in part.channels.items()}
        names = {name: name for name in everything if not name.startswith("N.")}
        if not keep:
            assert len(file.parts) == 1
            written = {name: channel.pixels for name, channel in file.parts[0].channels.items()}
            names = {name.removeprefix("rgba."): name for name in names}
        assert sorted(written) == sorted([*names, *(["N.X", "N.Y", "N.Z"] if keep else [])])
        check_filtered(written, everything, names, operator, weights, "linear")


def network(root):
    return ["--network", root / "tests" / "network" / "networks" / "tiny.safetensors"]


@pytest.mark.parametrize("predictor", ["bilateral", "kpn"])
def test_layers_add_up(wfview, backend, root, tmp_path, predictor):
    """Filters are linear: what adds up to the color still does, the albedo by which the network divides included."""
    layers = {name: {c: noise() for c in "RGB"} for name in ("diffuse", "specular", "emission")}
    channels = {f"{name}.{c}": pixels for name, layer in layers.items() for c, pixels in layer.items()}
    channels |= {c: sum(layer[c] for layer in layers.values()) for c in "RGB"}
    channels |= {f"albedo.{c}": RANDOM.random((HEIGHT, WIDTH), np.float32) for c in "RGB"}
    wfview("--headless", "--backend", backend, "--predictor", predictor,
           *(network(root) if predictor == "kpn"
             else []), "--save", tmp_path / "out", "--also", "diffuse,specular,emission",
           write_channels(tmp_path / "a.exr", channels)).done()
    for operator in OPERATORS:
        written = read_channels(tmp_path / "out" / f"{operator}.exr")
        for c in "RGB":
            total = sum(written[f"{name}.{c}"].astype(np.float64) for name in layers)
            np.testing.assert_allclose(total, written[c], rtol=1e-4 if predictor == "bilateral" else 5e-3)
            assert np.std(written[f"diffuse.{c}"]) < np.std(channels[f"diffuse.{c}"])


def test_plain_layers(wfview, backend, root, tmp_path):
    """Kernels whose taps sum to 1 leave a layer of ones alone, but not one that is divided by a noisy albedo on the
    way; alpha is never divided."""
    ones = np.ones((HEIGHT, WIDTH), np.float32)
    channels = {f"{name}.{c}": ones for name in ("one", "same", "DiffDir") for c in "RGB"}
    channels |= {c: noise() for c in "RGB"} | {"A": ones}
    channels |= {f"albedo.{c}": RANDOM.random((HEIGHT, WIDTH), np.float32) for c in "RGB"}
    wfview("--headless", "--backend", backend, "--predictor", "kpn", *network(root), "--save", tmp_path / "out",
           "--also", "one=plain,same,DiffDir", write_channels(tmp_path / "a.exr", channels)).done()
    for operator in OPERATORS:
        written = read_channels(tmp_path / "out" / f"{operator}.exr")
        for name in ("one.R", "one.G", "one.B", "DiffDir.R", "DiffDir.G", "DiffDir.B", "A"):
            np.testing.assert_allclose(written[name], 1, atol=2e-3, err_msg=name)
        assert np.abs(written["same.R"] - 1).max() > 0.02


def test_sequence(wfview, tmp_path):
    """Each frame's own layers, also where they are in other places, and where only some frames have alpha."""
    weights, frames = weights_file(tmp_path), {}
    for number in (1, 2, 3):
        names = [*"RGB", *[f"diffuse.{c}" for c in "RGB"], *(["A"] if number == 2 else [])]
        frames[number] = {name: noise() for name in names}
        write_channels(tmp_path / f"a.{number}.exr", frames[number])
    wfview("--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--save", tmp_path / "out", "--also",
           "diffuse", tmp_path).done()
    for number, channels in frames.items():
        for operator in OPERATORS:
            written = read_channels(tmp_path / "out" / f"{operator}.{number}.exr")
            assert sorted(written) == sorted(channels)
            check_filtered(written, channels, {name: name for name in channels}, operator, weights, "linear")


def test_list(wfview, tmp_path):
    frame = write_channels(tmp_path / "a.exr", blender_frame())
    assert "Emit from ViewLayer.Emit.R,G,B (--also)\n" in wfview("--list", frame, "--also", "Emit").done().output


def test_bad_pixels_are_mended(wfview, tmp_path):
    channels = blender_frame()
    channels["ViewLayer.Emit.G"][2, 3] = np.inf
    result = wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--save", tmp_path / "out", "--also", "Emit",
                    write_channels(tmp_path / "a.exr", channels))
    assert result.status == 0
    assert "1 values of its Emit are NaN or infinite, the first at pixel x=3 y=2; mended" in result.errors
    assert np.isfinite(read_channels(tmp_path / "out" / "gather.exr")["ViewLayer.Emit.G"]).all()


# ---- Errors ----------------------------------------------------------------------------------------------------------


def refused(wfview, frame, names, status=1):
    return wfview("--headless", "--backend", "cpu", "--also", names, frame).sentence(status)


def test_unknown_layers(wfview, tmp_path):
    frame = write_channels(tmp_path / "a.exr", {name: noise() for name in (*"RGB", "diffuse.R", "diffuse.G")})
    for name in ("specular", "diffuse"):
        assert refused(wfview, frame,
                       name) == f"wfview: {frame}: --also {name}: no such layer among B, G, R, diffuse.G, diffuse.R"


def test_pictures_have_no_further_layers(wfview, tmp_path):
    path = tmp_path / "a.pfm"
    path.write_bytes(b"PF\n3 2\n-1\n" + np.ones((2, 3, 3), np.float32).tobytes())
    assert refused(wfview, path,
                   "diffuse") == f"wfview: {path}: PFM has no channels by names, --also diffuse cannot be in it"


def test_layers_elsewhere(wfview, tmp_path):
    small = {c: noise(height=7, width=9) for c in "RGB"}
    display = np.array([0, 0], np.int32), np.array([WIDTH - 1, HEIGHT - 1], np.int32)
    data = np.array([2, 3], np.int32), np.array([10, 9], np.int32)
    path = write_parts(tmp_path / "a.exr", {"rgba": {c: noise() for c in "RGB"}, "diffuse": small},
                       {"diffuse": {"displayWindow": display, "dataWindow": data}}.items())
    assert refused(wfview, path,
                   "diffuse") == f"wfview: {path}: --also diffuse: has 9x7 pixels at 2,3, the color 17x13 at 0,0"


def test_subsampled_layers(wfview, tmp_path):
    channels = {c: noise(height=12, width=16) for c in "RGB"}
    channels |= {f"half.{c}": OpenEXR.Channel(noise(height=12, width=16), 2, 2) for c in "RGB"}
    path = write_channels(tmp_path / "a.exr", channels)
    assert refused(wfview, path, "half") == f"wfview: {path}: --also half: channel half.R has a sample for 2x2 pixels"


def test_ids(wfview, tmp_path):
    """Cryptomattes are known by their attributes, in one part and in parts of their own; other ids by their type."""
    cryptomatte = {"cryptomatte/1a2b3c4/name": "ViewLayer.CryptoObject", "cryptomatte/5d6e7f8/name": "Material"}
    channels = blender_frame()
    channels |= {f"ViewLayer.CryptoObject{rank}.{c}": noise() for rank in ("", "00", "01") for c in "rgba"}
    channels |= {f"CryptoObjects.{c}": noise() for c in "RGB"}
    channels |= {"Id": np.ones((HEIGHT, WIDTH), np.uint32)}
    path = tmp_path / "a.exr"
    OpenEXR.File(cryptomatte, channels).write(str(path))
    mixed = "which a filter would mix; --keep-channels leaves them as they are"
    for name in ("CryptoObject00", "CryptoObject01", "ViewLayer.CryptoObject"):
        said = f"wfview: {path}: --also {name}: has the ids of cryptomatte ViewLayer.CryptoObject, {mixed}"
        assert refused(wfview, path, name) == said
    said = f"wfview: {path}: --also Id: channel Id has whole numbers, as ids are, {mixed}"
    assert refused(wfview, path, "Id") == said
    wfview("--headless", "--backend", "cpu", "--also", "CryptoObjects", path).done()

    parts = {"rgba": {c: noise() for c in "RGB"}, "Material00": {c: noise() for c in "RGBA"}}
    path = write_parts(tmp_path / "b.exr", parts, {"Material00": cryptomatte})
    assert refused(wfview, path,
                   "Material00") == f"wfview: {path}: --also Material00: has the ids of cryptomatte Material, {mixed}"


def test_layers_twice(wfview, tmp_path):
    path = write_channels(tmp_path / "a.exr", blender_frame())
    assert refused(wfview, path, "Emit,Emit", 2) == "wfview: --also Emit: twice"
    for also, name, layer in (("Combined", "Combined", "color"), ("Emit,ViewLayer.Emit", "ViewLayer.Emit", "Emit")):
        said = f"wfview: {path}: --also {name}: has the channels of the frame's {layer}"
        assert refused(wfview, path, also) == said


def test_names_that_are_taken(wfview, tmp_path):
    """A layer's channel that is called as the picture's are in the saved file."""
    path = write_channels(tmp_path / "a.exr", {name: noise() for name in (*"RGB", "Beauty.R", "Beauty.G", "Beauty.B")})
    sentence = wfview("--headless", "--backend", "cpu", "--channel", "color=Beauty", "--also", "R", "--save",
                      tmp_path / "out", path).sentence()
    assert sentence == f"wfview: {tmp_path}/out/gather.exr: two of the channels to write are called R"


def test_usage(wfview, tmp_path):
    path = write_channels(tmp_path / "a.exr", blender_frame())
    many = ",".join(f"layer{i}" for i in range(17))
    assert refused(wfview, path, many, 2) == "wfview: --also layer16: more than 16 layers"
    for names in (",Emit", "Emit,", "Emit=other", "=plain", "a" * 400):
        assert refused(wfview, path, names, 2) == (f"wfview: --also {names}: expected names of layers with commas "
                                                   "between them, each perhaps with =plain behind")
    scene = wfview("--headless", "--scene", "room.glb", "--also", "Emit").sentence(2)
    assert "--also" in scene
