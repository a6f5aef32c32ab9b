"""Networks of other sizes: what may be dropped is dropped, what is added changes nothing."""

import dataclasses

import numpy as np
import pytest
import torch
from pairs import make_pairs
from weighted_filter.network import Architecture, Network, load_network, save_network
from weighted_filter.train import resize

OLD = Architecture(channels=(16, 32, 48), encoder=(2, 2, 1), decoder=(2, 2), kernels=(3, 3, 3), albedo_kernel=3)


@pytest.fixture
def network():
    network = Network(OLD)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_(0, 0.1)
    return network


@pytest.fixture
def planes():
    """Of 6 samples, whose sides are odd at several levels."""
    return torch.rand(6, OLD.planes, 45, 37)


def same_outputs(one, other, planes, tolerance):
    with torch.no_grad():
        outputs = [[torch.cat([part for part in level if part.numel()], 1) for level in network(planes)]
                   for network in (one, other)]
    for level, resized in zip(*outputs):
        assert (level - resized).square().mean() <= tolerance ** 2 * level.var()


def of_sizes(**sizes):
    return dataclasses.replace(OLD, **sizes)


def spare(network, level, copied, silent):
    """Of each convolution at a level, some last channels become copies of the first ones, those behind are silent."""
    count = OLD.channels[level]
    for layer in (*network.encoder[level], *network.decoder[level]):
        copies = slice(count - copied - silent, count - silent)
        for parameter in (layer.weight.data, layer.bias.data):
            parameter[copies] = parameter[:copied]
        layer.weight.data[count - silent:] = 0
        layer.bias.data[count - silent:] = -1


def test_channels_that_are_silent_or_double_are_dropped(network, planes):
    spare(network, 1, 6, 10)
    same_outputs(network, resize.resize(network, of_sizes(channels=(16, 16, 48)), planes), planes, 5e-3)


def test_dropping_others_costs_something(network, planes):
    spare(network, 1, 6, 10)
    small = resize.resize(network, of_sizes(channels=(16, 16, 16)), planes)
    same_outputs(network, small, planes, 0.5)
    with pytest.raises(AssertionError):
        same_outputs(network, small, planes, 5e-3)


@pytest.mark.parametrize("channels", [(16, 48, 48), (32, 32, 64)])
def test_more_channels_compute_the_same(channels, network, planes):
    large = resize.resize(network, of_sizes(channels=channels), planes)
    same_outputs(network, large, planes, 1e-5)
    for level, count in enumerate(channels):
        for layer in large.encoder[level]:
            assert (layer.weight[OLD.channels[level]:].abs().amax((1, 2, 3)) > 0).all()  # they see something


def test_fewer_in_one_level_and_more_in_another(network, planes):
    spare(network, 1, 6, 10)
    same_outputs(network, resize.resize(network, of_sizes(channels=(32, 16, 64)), planes), planes, 5e-3)


@pytest.mark.parametrize("part, sizes", [("encoder", {"encoder": (2, 1, 1)}), ("decoder", {"decoder": (2, 1)})])
def test_a_convolution_that_changes_nothing_is_dropped(part, sizes, network, planes):
    first, last = getattr(network, part)[1]
    first.bias.data += 20  # its ReLU does nothing
    last.weight.data.zero_()
    last.weight.data[range(32), range(32), 1, 1] = 1
    last.bias.data.zero_()
    small = resize.resize(network, of_sizes(**sizes), planes)
    assert len(getattr(small, part)[1]) == 1
    same_outputs(network, small, planes, 5e-2)


def test_it_is_the_same_every_time(network, planes):
    one, other = (resize.resize(network, of_sizes(channels=(16, 48, 32)), planes) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters()))


@pytest.mark.parametrize("architecture, message", [
    (of_sizes(kernels=(3, 3, 5)), "a network keeps its levels, kernels, features and epsilon"),
    (of_sizes(encoder=(2, 3, 1)), "encoder 1 of the network has 2 convolutions: 3 are more"),
])
def test_what_cannot_be(architecture, message, network, planes):
    with pytest.raises(ValueError, match=message):
        resize.resize(network, architecture, planes)


@pytest.fixture
def file(network, tmp_path):
    save_network(tmp_path / "old.safetensors", network, name="old", origin="here", licence="MIT")
    return tmp_path / "old.safetensors"


@pytest.fixture
def data(tmp_path):
    (tmp_path / "pairs").mkdir()
    np.save(tmp_path / "pairs" / "a.npy", make_pairs(4))
    return tmp_path / "pairs"


def test_command(file, data, tmp_path):
    out = tmp_path / "new.safetensors"
    arguments = [file, out, "--channels", "16,16,64", "--encoder", "2,1,1", "--data", data, "--pairs", 3]
    assert resize.main(list(map(str, arguments))) == 0
    network, about = load_network(out)
    assert network.architecture == of_sizes(channels=(16, 16, 64), encoder=(2, 1, 1))
    assert about == {"name": "old", "origin": "here", "licence": "MIT"}


@pytest.mark.parametrize("arguments, message", [
    (["--channels", "16,16"], "--channels has 2 levels, the network's has 3"),
    (["--channels", "16,20,48"], "the architecture's channels have 20, they are multiples of 16"),
    (["--decoder", "2,4"], "decoder 1 of the network has 2 convolutions: 4 are more"),
    (["--pairs", "0"], "--pairs is 0, it is at least 1"),
])
def test_command_says_what_is_wrong(arguments, message, file, data, tmp_path, capsys):
    assert resize.main([str(file), str(tmp_path / "new"), "--data", str(data), *arguments]) == 1
    assert capsys.readouterr().err == f"weighted_filter.train.resize: {message}\n"
    assert not (tmp_path / "new").exists()


def test_command_without_pairs(file, tmp_path, capsys):
    assert resize.main([str(file), str(tmp_path / "new"), "--data", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"weighted_filter.train.resize: {tmp_path}/none: has no training pairs\n"
