"""Maps of kernels: figures of every pixel's kernel, against numpy on files of weights, and against what the inspector
tells of single pixels of a pyramid."""

import json

import frames
import numpy as np
import pytest
import reference

RANDOM = np.random.default_rng(7)
HEIGHT, WIDTH = 17, 22
STUDIO = frames.FRAMES / "studio" / "studio.0001.exr"


def measure(wfview, folder, layer, *arguments):
    """What is said of a map's values."""
    wfview("--headless", "--report", folder / "r.json", "--measure", layer, *arguments).done()
    report = json.loads((folder / "r.json").read_text())
    return report["measured"][0]["channels"][0], report["inspect"]


def expected_maps(weights, size, mode, operator, alpha=0):
    """By figure, from each pixel's factors and where they read, or come from."""
    factors, squares = np.zeros(weights.shape), np.zeros(len(weights))
    inside = np.zeros(factors.shape, bool)
    for t, dy, dx in reference.taps(*size):
        p, q = reference.pairs(*weights.shape[1:], dy, dx)
        to, carrier = (p, p) if operator == "gather" else (q, p)
        factors[t][to], inside[t][to] = weights[t][carrier], True
        squares[t] = dy * dy + dx * dx
    if mode == "softmax":
        largest = np.where(inside, factors, -np.inf).max(0)
        factors = np.where(inside, np.exp(factors - largest), 0)
    total = reference.divisor(factors.sum(0)) if mode != "linear" else 1
    size_of = np.abs(factors)
    p = size_of / size_of.sum(0)
    center = (size[0] // 2) * size[1] + size[1] // 2
    return {"sum": factors.sum(0) / total, "own": factors[center] / total,
            "radius": np.sqrt((p * squares[:, None, None]).sum(0)),
            "entropy": -(p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(0),
            "blend": np.broadcast_to(alpha, weights.shape[1:])}


@pytest.mark.parametrize("mode, size, scale", [("linear", (3, 5), 1), ("normalized", (4, 2), 1),
                                               ("normalized", (4, 2), -1e-7), ("softmax", (5, 3), 1)])
def test_files(wfview, backend, tmp_path, mode, size, scale):
    """Statistics of the whole map, and a pixel at a border; of sums that are too small to divide by, too."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    weights = RANDOM.normal(0.4, 1, (size[0] * size[1], HEIGHT, WIDTH)).astype(np.float32)
    weights = np.float32(scale) * np.abs(weights) if mode == "normalized" else weights
    np.save(tmp_path / "w.npy", weights)
    words = ["--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode, "--kernel-size",
             f"{size[0]}x{size[1]}"]
    for operator, figure in (("gather", "own"), ("splat", "sum"), ("gather", "radius"), ("splat", "entropy")):
        values = expected_maps(weights.astype(np.float64), size, mode, operator)[figure]
        told, _ = measure(wfview, tmp_path, f"{operator}-{figure}", *words, tmp_path / "a.exr")
        for key, value in (("min", values.min()), ("max", values.max()), ("mean", values.mean()),
                           ("deviation", values.std())):
            assert told[key] == pytest.approx(value, rel=1e-4, abs=2e-5), (operator, figure, key)
    told, _ = measure(wfview, tmp_path, "splat-entropy", "--region", f"{WIDTH - 1},3,1,1", *words, tmp_path / "a.exr")
    assert told["min"] == told["max"] == pytest.approx(values[3, -1], rel=1e-4)


def own_factor(kernel):
    (x, y), (left, top), step = kernel["place"], kernel["first"], kernel["step"]
    return kernel["factors"][(y - top) // step][(x - left) // step]


def detail(folder):
    """Part of a real frame, as a file and as its layers: color and normal."""
    layers = {name: layer[100:171, 150:235] for name, layer in frames.read_blender(STUDIO).items()}
    frames.write(folder / "a.exr", **layers)
    return layers


@pytest.fixture(scope="module")
def predicted(root, tmp_path_factory):
    """By operator and level, every map of a real frame that PyTorch's kernels have, at full resolution."""
    torch = pytest.importorskip("torch")
    from weighted_filter.network import Frame, load_network
    from weighted_filter.network.features import clean, exposure, features

    layers = detail(tmp_path_factory.mktemp("predicted"))
    color, normal = (torch.from_numpy(layers[name].transpose(2, 0, 1).copy())[None] for name in ("color", "normal"))
    frame = clean(Frame(color, torch.zeros_like(color), normal, torch.zeros_like(color[:, :1])))
    network = load_network(root / "assets" / "networks" / "kpn.safetensors")[0]
    with torch.no_grad():
        levels = network(features(network.architecture, frame, exposure(frame.color)))
    maps = {}
    for level, kernels in enumerate(levels):
        for operator in ("gather", "splat"):
            weights, alpha = getattr(kernels, operator)[0].double().numpy(), getattr(kernels, f"{operator}_alpha")
            # Of the coarsest level there is none
            alpha = torch.sigmoid(alpha)[0, 0].double().numpy() if alpha.shape[1] else 0
            rows, columns = np.mgrid[0:71, 0:85] >> level
            of_level = expected_maps(weights, (5, 5), "softmax", operator, alpha)
            maps[operator, level] = {figure: values[rows, columns] for figure, values in of_level.items()}
    assert len(maps) == 10
    return maps


@pytest.mark.parametrize("panes",
                         [("gather-entropy/*", "splat-own/*"),
                          ("splat-radius/*", "gather-blend/*", "gather-own/1", "splat-blend"),
                          ("gather-radius/4", "splat-entropy/3", "splat-blend/2", "gather-sum/0")],
                         ids=lambda panes: panes[0][:-2])
def test_all_levels_at_once(wfview, backend, tmp_path, predicted, panes):
    """Whole maps of several levels, beside each other, are those of the kernels that PyTorch predicts."""
    detail(tmp_path)
    told = wfview("--headless", "--backend", backend, "--panes", ",".join(panes), "--measure", "gather", "--region",
                  "0,0,85,71", "--do", "copy-region", tmp_path / "a.exr").done().output
    names, *lines = told[told.index("x,y,"):].splitlines()
    table = dict(zip(names.split(","), np.loadtxt(lines[:71 * 85], delimiter=",").T.reshape(-1, 71, 85)))
    asked = set()
    for name in panes:
        (operator, figure), _, level = name.partition("/")[0].split("-"), *name.partition("/")[1:]
        for level in range(5) if level == "*" else [int(level or 0)]:
            column = f"{operator} {figure}" + (f"/{level}" if level else "") + ".Z"
            expected, tolerance = predicted[operator, level][figure], 1e-3 if backend == "cpu" else 2e-2
            assert np.abs(table[column] - expected).max() <= tolerance * max(1, expected.max()), column
            asked.add(column)
    assert set(table) == {"x", "y", *asked}


@pytest.mark.parametrize("level", [0, 2, 4])
def test_a_pyramid_s_levels(wfview, backend, tmp_path, level):
    """As the inspector has them."""
    detail(tmp_path)
    x, y = 41, 37
    keys = {"sum": lambda k: k["sum"], "entropy": lambda k: k["entropy"], "radius": lambda k: k["effective_radius"],
            "own": own_factor, "blend": lambda k: k["alpha"] or 0}
    for operator, figure in (("gather", "entropy"), ("splat", "own"), ("splat", "blend")):
        told, inspected = measure(wfview, tmp_path, f"{operator}-{figure}/{level}", "--region", f"{x},{y},1,1",
                                  "--pixel", f"{x},{y}", "--backend", backend, tmp_path / "a.exr")
        kernels = [kernel for kernel in inspected if kernel["operator"] == operator and kernel["level"] is not None]
        assert len(kernels) == 5
        expected = keys[figure](kernels[level])
        assert told["min"] == told["max"] == pytest.approx(expected, rel=1e-3, abs=1e-5), (operator, figure)


def test_a_level_that_is_not_there(wfview, tmp_path):
    """Is said where figures of it are wanted, and shown where a picture of it is."""
    detail(tmp_path)
    words = ["--headless", "--backend", "cpu", "--size", "640x360", tmp_path / "a.exr"]
    for more, levels in ((["--kernel-size", "3"], 1), ([], 5)):
        sentence = wfview(*words, *more, "--measure", f"splat-own/{levels}").sentence()
        assert sentence == f"wfview: --measure splat-own/{levels}: {tmp_path / 'a.exr'} has no splat own/{levels}"
        wfview(*words, *more, "--panes", f"splat-own/{levels - 1},splat-own/{levels}", "--screenshot",
               tmp_path / "s.png").done()
    sentence = wfview(*words, "--panes", "noisy,splat-own/*,gather-own/*,gather-sum,gather").sentence()
    assert sentence == "wfview: --panes noisy,splat-own/*,gather-own/*,gather-sum,gather: more than 12 panes"
    sentence = wfview(*words, "--kernel-size", "3", "--panes", "gather-own/*", "--solo", "2").sentence()
    assert sentence == "wfview: --solo 2: there are 1 panes"


def test_closed(wfview, tmp_path):
    """No stage runs for maps that nothing shows."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    words = ["--headless", "--backend", "cpu", "--kernel-size", 3, "--report", tmp_path / "r.json", "--size", "640x360"]
    for panes, there in (("noisy,gather", False), ("noisy,gather-own", True), ("splat-sum-gather-sum", True)):
        wfview(*words, "--panes", panes, tmp_path / "a.exr").done()
        stages = {stage["name"] for stage in json.loads((tmp_path / "r.json").read_text())["stages"]}
        assert ("inspect" in stages) == there
