"""WeightedFilter: made, used and kept as torch.nn.Conv2d is."""

import copy
import io
import pickle

import pytest
import torch
from operator_cases import MODES, Case, tensors
from weighted_filter import WeightedFilter, gather, splat


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", [gather, splat])
def test_is_the_function(device, function, mode):
    case = Case(size=(2, 4, 5, 6), kernel_size=(3, 2), dilation=2, groups=2)
    input, weight, bias, _ = tensors(case, mode, device=device)
    layer = WeightedFilter(4, (3, 2), splat=function is splat, mode=mode, dilation=2, groups=2, device=device,
                           dtype=torch.float64)
    layer.bias.data.copy_(bias)
    expected = function(input, weight, (3, 2), bias=bias, mode=mode, dilation=2, groups=2)
    assert torch.equal(layer(input, weight), expected)


def test_bias():
    layer = WeightedFilter(3, 5)
    assert layer.bias.shape == (3,) and layer.bias.requires_grad and not layer.bias.any()
    layer.bias.data.fill_(1)
    layer.reset_parameters()
    assert not layer.bias.any()
    assert [name for name, _ in WeightedFilter(3, 5, bias=False).named_parameters()] == []
    assert WeightedFilter(3, 5, bias=False).bias is None


def test_device_and_dtype(device):
    layer = WeightedFilter(3, 5, device=device, dtype=torch.float16)
    assert layer.bias.device.type == device and layer.bias.dtype == torch.float16
    assert WeightedFilter(3, 5, device="meta").bias.is_meta
    assert layer.float().bias.dtype == torch.float32
    half = WeightedFilter(3, 3).half().to(device)
    ones = torch.ones(1, 3, 4, 4, device=device).half()
    assert half(ones, torch.ones(1, 9, 4, 4, device=device).half()).dtype == torch.float16


def test_kept():
    layer = WeightedFilter(3, (3, 5), splat=True, mode="softmax", dilation=2)
    layer.bias.data.copy_(torch.rand(3))
    other = WeightedFilter(3, (3, 5), splat=True, mode="softmax", dilation=2)
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    assert str(other.load_state_dict(torch.load(file))) == "<All keys matched successfully>"
    input, weight = torch.rand(1, 3, 4, 4), torch.rand(1, 15, 4, 4)
    for copied in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(copied) == repr(layer) and torch.equal(copied(input, weight), layer(input, weight))


def test_repr():
    assert repr(WeightedFilter(3, 5)) == "WeightedFilter(3, kernel_size=(5, 5))"
    assert (repr(WeightedFilter(4, (3, 2), bias=False, splat=True, mode="softmax", dilation=2, groups=2))
            == "WeightedFilter(4, kernel_size=(3, 2), splat=True, mode='softmax', dilation=2, groups=2, bias=False)")


@pytest.mark.parametrize("make, message", [
    (lambda: WeightedFilter(3, 5, mode="gaussian"), "mode is 'gaussian', it is one of 'linear', 'normalized', 'softmax'"),
    (lambda: WeightedFilter(0, 5), "in_channels is 0, it is at least 1"),
    (lambda: WeightedFilter(3, (5, -1)), "kernel_size is -1, it is at least 1"),
    (lambda: WeightedFilter(3, 5, dilation=0), "dilation is 0, it is at least 1"),
    (lambda: WeightedFilter(3, 5, groups=0), "groups is 0, it is at least 1"),
    (lambda: WeightedFilter(3, 3)(torch.ones(1, 4, 5, 5), torch.ones(1, 9, 5, 5)), "input has 4 channels, this layer has 3"),
    (lambda: WeightedFilter(3, 3)(torch.ones(5), torch.ones(9)),
     "input has 1 dimensions and weight has 1, both need 4 (N,C,H,W) or both 3 (C,H,W)"),
])
def test_errors(make, message):
    with pytest.raises(ValueError) as raised:
        make()
    assert str(raised.value) == message


@pytest.mark.parametrize("options, message", [
    ({"kernel_size": 5.0}, "kernel_size is 5.0, it is an int"),
    ({"kernel_size": 5, "groups": 1.5}, "groups is 1.5, it is an int"),
])
def test_no_integers(options, message):
    with pytest.raises(TypeError) as raised:
        WeightedFilter(3, **options)
    assert str(raised.value) == message
