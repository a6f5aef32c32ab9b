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


# ---- Code that was written for the layer of Munkberg and Hasselgren 2020 (NVlabs/layerdenoise) -----------------------


def test_keyword_channels():
    layer = WeightedFilter(channels=3, kernel_size=17, bias=False, splat=True)
    assert layer.in_channels == layer.out_channels == 3 and layer.splat is True
    assert repr(layer) == repr(WeightedFilter(3, 17, bias=False, splat=True))


@pytest.mark.parametrize("splat", [False, True])
def test_other_numbers_of_channels(splat):
    """Weights filter a single channel, too, to divide by; without a bias nothing depends on the layer's channels."""
    layer = WeightedFilter(channels=3, kernel_size=5, bias=False, splat=splat)
    radiance, weights = torch.rand(2, 3, 9, 8), torch.rand(2, 25, 9, 8)
    sums = layer(torch.ones(2, 1, 9, 8), weights)
    filtered = layer(radiance.contiguous(), weights.contiguous()) / sums
    normalized = WeightedFilter(3, 5, bias=False, splat=splat, mode="normalized")
    torch.testing.assert_close(filtered, normalized(radiance, weights))
    assert layer(torch.rand(2, 7, 9, 8), weights).shape == (2, 7, 9, 8)


def test_usage_example():
    """The lines of its manual, but for the import: the layer, a network's weights, the loss, back-propagation."""
    in_channels, kernel_size = 3, 5

    class Network(torch.nn.Module):
        def __init__(self, out_channels):
            super().__init__()
            self.convolution = torch.nn.Conv2d(6, out_channels, 3, padding=1)

        def forward(self, color, guide):
            return self.convolution(torch.cat((color, guide), dim=1))

    network = Network(out_channels=kernel_size * kernel_size)
    kpn_layer = WeightedFilter(in_channels, kernel_size, bias=False, splat=False)
    color, guide, target = (torch.rand(1, 3, 12, 10) for _ in range(3))
    kpn_weights = network(color, guide)
    out = kpn_layer(color, kpn_weights)
    loss = torch.nn.MSELoss()(out, target)
    loss.backward()
    patches = torch.nn.functional.unfold(color, 5, padding=2).view(1, 3, 25, 12, 10)
    torch.testing.assert_close(out, (patches * kpn_weights[:, None]).sum(2))
    assert network.convolution.weight.grad.abs().sum() > 0
