"""Networks and their files against numpy alone, in float64."""

import json

import network_reference
import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from weighted_filter.network import (Architecture, Feature, Frame, Network, denoise, load_network, reference,
                                     save_network)
from weighted_filter.network.features import clean, exposure, features

SMALL = Architecture(channels=(16, 32, 48), encoder=(2, 1, 2), decoder=(1, 2), kernels=(5, 3, 3), albedo_kernel=3)
ARCHITECTURES = {
    "small": SMALL,
    "default": Architecture(),
    "single scale": Architecture(channels=(16, 32), encoder=(1, 1), decoder=(1,), kernels=(13,), albedo_kernel=5),
    "without albedo": Architecture(channels=(16,), encoder=(2,), decoder=(), kernels=(7,), albedo_kernel=0,
                                   features=(Feature("color", 0.5, 4.0), Feature("depth"))),
    "few kernel levels": Architecture(channels=(16, 16, 32, 32), encoder=(1,) * 4, decoder=(1,) * 3, kernels=(3, 5),
                                      albedo_kernel=1),
}


def lively(network):
    """Random parameters, biases too, whose kernels are far from flat."""
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_(0, 0.1)
        if name.startswith("head"):
            parameter.data *= 5
    return network


def write(path, architecture):
    save_network(path, lively(Network(architecture)), name="a name", origin="a test", licence="MIT")
    return path


def noisy_frame(height, width, dtype=torch.float64):
    color = torch.rand(1, 3, height, width, dtype=dtype) ** 4 * 5
    depth = torch.rand(1, 1, height, width, dtype=dtype) * 5 - 1
    return Frame(color, 1.2 * torch.rand_like(color), 2.2 * torch.rand_like(color) - 1.1, depth)


def arrays(frame):
    return [layer[0].cpu().double().numpy() for layer in frame]


# ---- Features ----


@pytest.mark.parametrize("height, width", [(1, 1), (16, 16), (17, 33), (40, 23)])
def test_exposure_and_planes(height, width, device):
    """Numbers that are none; blocks of 1e-6 count and of 1e-12 do not; depths on both sides of the farthest."""
    frame = noisy_frame(height, width)
    for begin in (16, 32):
        frame.color[:, :, begin:] *= 1e-6
    for depth in (0.9e9, 1.1e9):
        frame.depth[torch.rand_like(frame.depth) < 0.05] = depth
    for layer in frame:
        layer[torch.rand(1, *layer.shape[1:]) < 0.05] = torch.nan
        layer[torch.rand(1, *layer.shape[1:]) < 0.05] = torch.inf
        layer[torch.rand(1, *layer.shape[1:]) < 0.05] = -2e30
    cleaned = clean(Frame(*(layer.to(device) for layer in frame)))
    expected = network_reference.clean(*arrays(frame))
    for layer, array in zip(cleaned, expected):
        np.testing.assert_array_equal(layer[0].cpu(), array)
    factor = exposure(cleaned.color)
    assert factor.item() == pytest.approx(network_reference.exposure(expected[0]), rel=1e-12)
    planes = features(SMALL, cleaned, factor, 16)
    assert planes.shape == (1, 16, height, width) and not planes[:, 13:].any()
    description = json.loads(SMALL.to_json())
    np.testing.assert_allclose(planes[0, :13].cpu(), network_reference.features(description, *expected), rtol=1e-12,
                               atol=1e-12)


def test_exposure_of_known_images():
    flat = torch.full((2, 3, 20, 50), 0.5, dtype=torch.float64)
    flat[1] = 8
    assert exposure(flat).flatten().tolist() == pytest.approx([0.36, 0.0225])
    assert exposure(torch.zeros(1, 3, 20, 50)).item() == 1
    half = flat[:1].clone()
    half[..., 16:] = 0  # three of four columns of blocks: not counted
    assert exposure(half).item() == pytest.approx(0.36)


def test_a_firefly_hardly_moves_the_exposure():
    image = torch.rand(1, 3, 270, 480, dtype=torch.float64)
    before, mean = exposure(image).item(), image.mean()
    image[0, :, 100, 100] = 1e6
    assert 0.95 * before < exposure(image).item() < before
    assert image.mean() > 10 * mean


def test_exposure_of_extreme_images():
    for value in (1e-30, 1e6, 1e30, 3e38):
        color = torch.full((1, 3, 33, 33), value)
        factor = exposure(clean(Frame(color, color, color, color[:, :1])).color)
        assert torch.isfinite(factor).all() and factor.item() > 0


# ---- The whole network ----


@pytest.mark.parametrize("height, width", [(1, 1), (1, 9), (5, 3), (16, 16), (31, 45)])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_against_numpy(name, height, width, tmp_path, device):
    path = write(tmp_path / "network.safetensors", ARCHITECTURES[name])
    frame = noisy_frame(height, width, torch.float32)
    expected = network_reference.denoise(path, *arrays(frame))
    network, _ = load_network(path)
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        denoised = denoise(network.to(device, dtype), Frame(*(layer.to(device, dtype) for layer in frame)))
        for image, array in zip(denoised, expected):
            assert image.dtype == dtype
            np.testing.assert_allclose(image[0].cpu(), array, atol=tolerance, rtol=tolerance)


def test_reference_of_the_file(tmp_path):
    path = write(tmp_path / "network.safetensors", SMALL)
    _, metadata = network_reference.read_file(path)
    wanted = json.loads(metadata["reference"])
    k = np.arange(10 * wanted["height"] * wanted["width"], dtype=np.uint32)
    with np.errstate(over="ignore"):
        s = k * np.uint32(747796405) + np.uint32(2891336453)
        w = ((s >> ((s >> np.uint32(28)) + np.uint32(4))) ^ s) * np.uint32(277803737)
    v = (((w >> np.uint32(22)) ^ w) >> np.uint32(8)).reshape(10, wanted["height"], wanted["width"]) / 2.0 ** 24
    depth = np.where(v[9:] < 0.125, 0, 1 + 9 * v[9:])
    images = network_reference.denoise(path, 4 * v[:3] ** 4, v[3:6], 2 * v[6:9] - 1, depth)
    for name, image in zip(("gather", "splat", "albedo"), images):
        there = np.array([image[:, row, column] for column, row in wanted["points"]])
        np.testing.assert_allclose(there, wanted[name], rtol=1e-9)
    spread = np.ptp(wanted["gather"], axis=0)
    assert (spread > 0.1).all()  # points that are all alike would tell nothing


def test_extreme_frames_give_finite_images(device):
    network = lively(Network(SMALL)).to(device)
    shape = (1, 3, 33, 21)
    black = torch.zeros(shape, device=device)
    holes = torch.rand(shape, device=device)
    holes[:, :, ::3, ::2] = torch.nan
    cases = {"black": black, "constant": black + 0.7, "bright": black + 1e6, "holes": holes,
             "infinite": black + torch.inf, "huge": black + 1e30, "too large": black + 3e38}
    for name, color in cases.items():
        guides = holes if name == "holes" else black
        for image in denoise(network, Frame(color, guides, guides, guides[:, :1])):
            assert image.isfinite().all(), name
        if name == "constant":
            image = denoise(network, Frame(color, black, black, black[:, :1])).gather
            torch.testing.assert_close(image, color, rtol=1e-5, atol=1e-5)


# ---- Architecture ----


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architecture(name):
    architecture = ARCHITECTURES[name]
    assert Architecture.from_json(architecture.to_json()) == architecture
    network = Network(architecture)
    assert sum(parameter.numel() for parameter in network.parameters()) == architecture.parameters()
    if name == "single scale":
        first, second, up, head = 13 * 9 * 16, 16 * 9 * 32, 48 * 9 * 16, 16 * (2 * 169 + 25)
        assert architecture.flop_per_pixel() == 2 * (first + second / 4 + up + head)


def changed(**changes):
    return json.dumps({**json.loads(SMALL.to_json()), **changes})


BAD_ARCHITECTURES = [
    ("{", "the architecture is no JSON"),
    ("[]", "the architecture is no JSON object"),
    (changed(family="other"), "the architecture's family is 'other', it is 'kernel-pyramid-unet'"),
    (changed(more=1),
     "the architecture has albedo_kernel, channels, decoder, encoder, epsilon, features, kernels, more, it has "
     "albedo_kernel, channels, decoder, encoder, epsilon, features, kernels"),
    (changed(channels=16), "the architecture's channels are no list"),
    (changed(channels=[]), "the architecture's channels have 0 levels, there are 1 to 8"),
    (changed(channels=[16, 24, 32]), "the architecture's channels have 24, they are multiples of 16"),
    (changed(channels=[16, 32, 1024]), "the architecture's channels have 1024, they are integers of 16 to 512"),
    (changed(channels=[16, 32, True]), "the architecture's channels have True, they are integers of 16 to 512"),
    (changed(encoder=[1]), "the architecture's encoder have 1 levels, there are 3"),
    (changed(decoder=[1, 0]), "the architecture's decoder have 0, they are integers of 1 to 8"),
    (changed(kernels=[3, 3, 3, 3]), "the architecture's kernels have 4 levels, there are 1 to 3"),
    (changed(kernels=[22]), "the architecture's kernels have 22, they are integers of 1 to 21"),
    (changed(albedo_kernel=-1), "the architecture's albedo_kernel have -1, they are integers of 0 to 21"),
    (changed(epsilon=0), "the architecture's epsilon is 0, it is a number of 0.0001 to 1"),
    (changed(epsilon="x"), "the architecture's epsilon is 'x', it is a number of 0.0001 to 1"),
    (changed(features=[]), "the architecture has no features"),
    (changed(features=["color"]), "the architecture's features are no list of objects"),
    (changed(features=[{"name": "motion"}]),
     "the architecture has a feature 'motion', there are color, demodulated, albedo, normal, depth"),
    (changed(features=[{"name": "color"}, {"name": "color"}]), "the architecture has the feature color 2 times"),
    (changed(features=[{"name": "color", "scale": 1e9}]),
     "the architecture's scale of color is 1000000000.0, it is a number of 0.001 to 1000"),
    (changed(features=[{"name": "color", "curve": "pq"}]),
     'the architecture\'s feature {"name": "color", "curve": "pq"} has other than name, scale and gain'),
]


@pytest.mark.parametrize("text, message", BAD_ARCHITECTURES)
def test_bad_architectures(text, message):
    with pytest.raises(ValueError) as error:
        Architecture.from_json(text)
    assert str(error.value) == message


# ---- Files ----


def test_file_holds_float16_and_says_what_it_is(tmp_path):
    path = tmp_path / "network.safetensors"
    network = lively(Network(SMALL))
    save_network(path, network, name="a name", origin="where from", licence="CC0-1.0")
    tensors, metadata = network_reference.read_file(path)
    assert (metadata["format"], metadata["version"]) == ("weighted-filter-network", "1")
    assert set(tensors) == set(network.state_dict())
    read, texts = load_network(path)
    assert texts == {"name": "a name", "origin": "where from", "licence": "CC0-1.0"}
    assert read.architecture == SMALL
    for name, tensor in network.state_dict().items():
        assert torch.equal(read.state_dict()[name], tensor.half().float())
    again = path.read_bytes()
    save_network(path, network, name="a name", origin="where from", licence="CC0-1.0")
    assert path.read_bytes() == again
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_too_large_or_not_finite(tmp_path):
    path = tmp_path / "network.safetensors"
    with pytest.raises(ValueError, match=r"^the network has \d+ bytes, a file has at most 8388608$"):
        save_network(path,
                     Network(Architecture(channels=(64, 256, 512), encoder=(1, 1, 2), decoder=(1, 1), kernels=(5,))),
                     name="", origin="", licence="")
    network = Network(SMALL)
    network.encoder[0][1].bias.data[3] = 1e6
    with pytest.raises(ValueError) as error:
        save_network(path, network, name="", origin="", licence="")
    assert str(error.value) == "the network's encoder.0.1.bias has numbers that are not finite in float16"
    assert not path.exists()


def rewrite(path, tensors=None, **metadata):
    """The file with some tensors (None: without it) and metadata in others' places."""
    length = int.from_bytes(path.read_bytes()[:8], "little")
    texts = json.loads(path.read_bytes()[8:8 + length])["__metadata__"]
    texts = {name: text for name, text in {**texts, **metadata}.items() if text is not None}
    merged = {**load(path.read_bytes()), **(tensors or {})}
    path.write_bytes(save({name: tensor for name, tensor in merged.items() if tensor is not None}, texts))


BAD_FILES = [
    ({"format": None}, "its format is None, it is 'weighted-filter-network'"),
    ({"version": "2"}, "its version is '2', this reads '1'"),
    ({"architecture": None}, "it has no architecture"),
    ({"architecture": "{}"}, "the architecture's family is None, it is 'kernel-pyramid-unet'"),
    ({"architecture": changed(kernels=[5, 3])}, "its head.1.bias is 20, the architecture's is 18"),
    ({"tensors": {"extra": np.zeros(1, np.float16)}}, "it has a tensor 'extra', which its architecture has not"),
    ({"tensors": {"head.0.bias": None}}, "it has no tensor 'head.0.bias', which its architecture has"),
    ({"tensors": {"head.0.bias": np.zeros(5, np.float16)}}, "its head.0.bias is 5, the architecture's is 61"),
    ({"tensors": {"encoder.0.0.weight": np.zeros((16, 13, 3), np.float16)}},
     "its encoder.0.0.weight is 16x13x3, the architecture's is 16x13x3x3"),
    ({"tensors": {"head.0.bias": np.zeros(61, np.int32)}}, "its head.0.bias is int32, it is float16 or float32"),
    ({"tensors": {"head.0.bias": np.full(61, np.nan, np.float16)}}, "its head.0.bias has numbers that are not finite"),
]


@pytest.mark.parametrize("changes, message", BAD_FILES)
def test_bad_files(changes, message, tmp_path):
    path = write(tmp_path / "network.safetensors", SMALL)
    rewrite(path, **changes)
    with pytest.raises(ValueError) as error:
        load_network(path)
    assert str(error.value) == f"{path}: {message}"


def test_damaged_files(tmp_path):
    path = write(tmp_path / "network.safetensors", SMALL)
    good = path.read_bytes()
    for data in (b"", good[:5], good[:200], good[:-1], good + b"x", b"\xff" * 8 + good[8:], b"\x93NUMPY" + good[6:]):
        path.write_bytes(data)
        with pytest.raises(ValueError) as error:
            load_network(path)
        assert str(error.value).startswith(f"{path}: is no safetensors file: ") and "\n" not in str(error.value)
    path.write_bytes(good + bytes(8 << 20))
    with pytest.raises(ValueError, match=r"has \d+ bytes, a network file has at most 8388608$"):
        load_network(path)
    with pytest.raises(OSError):
        load_network(tmp_path / "none")
    random = np.random.default_rng(np.random.PCG64(int(torch.randint(1 << 30, ()))))
    for _ in range(200):  # a damaged header is refused or harmless, and never anything else
        damaged = bytearray(good)
        for place in random.integers(0, 3000, 3):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            load_network(path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)


def test_synthetic_frame():
    frame = reference.frame()
    assert frame.color.shape == (1, 3, 37, 45) and frame.depth.shape == (1, 1, 37, 45)
    assert frame.color.min() >= 0 and 3.5 < frame.color.max() < 4
    assert (frame.depth == 0).float().mean().item() == pytest.approx(1 / 8, abs=0.03)
