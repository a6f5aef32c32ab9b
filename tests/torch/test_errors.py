"""Every sentence that the layer says to whoever gives it something wrong, with the numbers in it."""

import numpy as np
import pytest
import torch
import weighted_filter
from weighted_filter import WeightedFilter, gather, gather_splat, merge, operators, splat

IMAGE, WEIGHT = torch.zeros(1, 3, 4, 5), torch.zeros(1, 9, 4, 5)
SIXTEEN = "torch.float16 or torch.bfloat16"
DIMENSIONS = "both need 4 (N,C,H,W), or both 3 (C,H,W), or with samples both 5 (N,S,C,H,W)"
NUMBERS = "it needs to be an int, or two of them: (height, width)"


def said(error, function, *arguments, **options):
    with pytest.raises(error) as raised:
        function(*arguments, **options)
    assert type(raised.value) is error
    return str(raised.value)


# Of gather, splat and gather_splat: arguments, options, sentence.
TYPES = [
    ((None, WEIGHT), {}, "input is None, it needs to be a torch.Tensor"),
    ((IMAGE.tolist(), WEIGHT), {}, "input is of type list, it needs to be a torch.Tensor"),
    ((IMAGE, None), {}, "weight is None, it needs to be a torch.Tensor"),
    ((IMAGE, WEIGHT.numpy()), {}, "weight is of type numpy.ndarray, it needs to be a torch.Tensor"),
    ((IMAGE, WEIGHT), {"bias": 0.5}, "bias is 0.5 (float), it needs to be a torch.Tensor or None"),
    ((IMAGE, WEIGHT, 3.0), {}, f"kernel_size is 3.0 (float), {NUMBERS}"),
    ((IMAGE, WEIGHT, "3"), {}, f"kernel_size is '3', {NUMBERS}"),
    ((IMAGE, WEIGHT, True), {}, f"kernel_size is True, {NUMBERS}"),
    ((IMAGE, WEIGHT, (3, None)), {}, f"kernel_size is (3, None), {NUMBERS}"),
    ((IMAGE, WEIGHT, np.float32(3)), {}, f"kernel_size is np.float32(3.0) (numpy.float32), {NUMBERS}"),
    ((IMAGE, WEIGHT), {"dilation": 1.5}, "dilation is 1.5 (float), it needs to be an int"),
    ((IMAGE, WEIGHT), {"dilation": None}, "dilation is None, it needs to be an int"),
    ((IMAGE, WEIGHT), {"groups": "1"}, "groups is '1', it needs to be an int"),
    ((IMAGE, WEIGHT), {"groups": True}, "groups is True, it needs to be an int"),
    ((IMAGE.int(), WEIGHT), {},
     "input is torch.int32, it needs to be torch.float32, torch.float16, torch.bfloat16 or torch.float64"),
    ((IMAGE.to(torch.complex64), WEIGHT), {},
     "input is torch.complex64, it needs to be torch.float32, torch.float16, torch.bfloat16 or torch.float64"),
    ((IMAGE.half(), WEIGHT), {},
     "weight is torch.float32, with an input of torch.float16 it needs to be torch.float16"),
    ((IMAGE, WEIGHT.double()), {},
     f"weight is torch.float64, with an input of torch.float32 it needs to be torch.float32, {SIXTEEN}"),
    ((IMAGE, WEIGHT), {"bias": torch.zeros(3).double()},
     f"bias is torch.float64, with an input of torch.float32 it needs to be torch.float32, {SIXTEEN}"),
    ((IMAGE.to_sparse(), WEIGHT), {}, "input is a tensor of layout torch.sparse_coo, it needs to be a dense one"),
]

VALUES = [
    ((IMAGE, WEIGHT[:, :8]), {}, "weight has 8 channels, which fit no square kernel (4 for 2x2, 9 for 3x3): give "
                                 "kernel_size=(height, width)"),
    ((IMAGE, WEIGHT), {"groups": 2},
     "weight has 9 channels, which fit no 2 groups of square kernels (8 for 2x2, 18 for 3x3): "
                                     "give kernel_size=(height, width)"),
    ((IMAGE, WEIGHT[:, :0]), {},
     "weight has 0 channels, which fit no square kernel (1 for 1x1): give kernel_size=(height, width)"),
    ((IMAGE, WEIGHT), {"groups": 0}, "groups is 0, it needs to be 1 to 2147483647"),
    ((IMAGE, WEIGHT, 3), {"groups": 1 << 40}, "groups is 1099511627776, it needs to be 1 to 2147483647"),
    ((IMAGE, WEIGHT), {"dilation": 0}, "dilation is 0, it needs to be 1 to 65535"),
    ((IMAGE, WEIGHT), {"dilation": 65536}, "dilation is 65536, it needs to be 1 to 65535"),
    ((IMAGE, WEIGHT, (3, 300)), {}, "kernel_size is (3, 300), its height and width need to be 1 to 255"),
    ((IMAGE, WEIGHT, np.int64(0)), {}, "kernel_size is np.int64(0), its height and width need to be 1 to 255"),
    ((IMAGE, WEIGHT, (3, 3, 1)), {}, f"kernel_size is (3, 3, 1), {NUMBERS}"),
    ((IMAGE, WEIGHT), {"mode": "gaussian"}, "mode is 'gaussian', it needs to be 'linear', 'normalized' or 'softmax'"),
    ((IMAGE, WEIGHT), {"mode": None}, "mode is None, it needs to be 'linear', 'normalized' or 'softmax'"),
    ((IMAGE, WEIGHT[0]), {}, f"input has 4 dimensions and weight has 3, {DIMENSIONS}"),
    ((IMAGE[0, 0], WEIGHT[0, 0]), {}, f"input has 2 dimensions and weight has 2, {DIMENSIONS}"),
    ((IMAGE, WEIGHT), {"bias": torch.zeros(3, 1)}, "bias has 2 dimensions, it needs 1 (C)"),
]

# These depend on sizes, and are found without data, too.
SIZES = [
    ((IMAGE, WEIGHT, 5), {}, "weight has 9 channels, a 5x5 kernel needs 25"),
    ((IMAGE, WEIGHT, 3), {"groups": 2}, "weight has 9 channels, 2 groups of 3x3 kernels need 18"),
    ((IMAGE, WEIGHT[..., :4]), {},
     "input is (1, 3, 4, 5) and weight (1, 9, 4, 4): batch, height and width need to be the same"),
    ((IMAGE, WEIGHT.expand(2, -1, -1, -1)), {},
     "input is (1, 3, 4, 5) and weight (2, 9, 4, 5): batch, height and width need to be the same"),
    ((IMAGE[0], WEIGHT[0, :, :3]), {},
     "input is (1, 3, 4, 5) and weight (1, 9, 3, 5): batch, height and width need to be the same"),
    ((IMAGE, WEIGHT), {"bias": torch.zeros(2)}, "bias has 2 numbers, an input of 3 channels needs 3"),
    ((IMAGE[:, :0], WEIGHT), {}, "input is (1, 0, 4, 5): it has no channels"),
    ((IMAGE[:, :, :0], WEIGHT[:, :, :0]), {}, "input is (1, 3, 0, 5): it has no rows"),
    ((IMAGE[:0], WEIGHT[:0], 5), {}, "weight has 9 channels, a 5x5 kernel needs 25"),
]


@pytest.mark.parametrize("function", [gather, splat, gather_splat])
@pytest.mark.parametrize("error, table", [(TypeError, TYPES), (ValueError, VALUES), (ValueError, SIZES)],
                         ids=["types", "values", "sizes"])
def test_functions(function, error, table):
    for arguments, options, message in table:
        assert said(error, function, *arguments, **options) == message


def test_sizes_without_data():
    """Meta tensors and those of tracers have sizes only, and are told the same."""
    for function in (gather, splat):
        for arguments, options, message in SIZES:
            on_meta = [value.to("meta") if isinstance(value, torch.Tensor) else value for value in arguments]
            if "bias" in options:
                options = {"bias": options["bias"].to("meta")}
            assert said(ValueError, function, *on_meta, **options) == message
    narrow = WEIGHT[..., :4]
    with torch._subclasses.FakeTensorMode() as mode:
        fake = [mode.from_tensor(tensor) for tensor in (IMAGE, narrow)]
        assert said(ValueError, gather, *fake) == SIZES[2][2]


def test_gradients_without_data():
    operator = operators.splat
    image, weight, grad = IMAGE.to("meta"), WEIGHT.to("meta"), torch.zeros(1, 3, 4, 4, device="meta")
    message = "grad_output is (1, 3, 4, 4) and input (1, 3, 4, 5), they need to be the same"
    settings = (3, 3), "linear", 1, 1
    assert said(ValueError, operator.backward_operator, grad, image, weight, None, None, None, *settings,
                [True] * 3) == message
    assert said(ValueError, operator.grad_weight_operator, image, grad, (3, 3), 1, 1, torch.float32) == message
    tensors = torch.zeros(1, 3, 4, 4), IMAGE, WEIGHT  # and with data
    assert said(ValueError, operator.backward_operator, *tensors, None, None, None, *settings, [True] * 3) == message


@pytest.mark.parametrize("function", [gather, splat])
def test_export_checks_sizes(function):
    class Filter(torch.nn.Module):
        def forward(self, image, weight):
            return function(image, weight)

    with pytest.raises(Exception, match="batch, height and width need to be the same"):
        torch.export.export(Filter(), (torch.zeros(1, 3, 8, 8), torch.zeros(1, 9, 4, 4)))
    size = torch.export.Dim("size", min=2, max=64)
    program = torch.export.export(Filter(), (torch.zeros(1, 3, 8, 8), torch.zeros(1, 9, 8, 8)),
                                  dynamic_shapes=({2: size, 3: 8}, {2: size, 3: 8}))
    image, weight = torch.rand(1, 3, 6, 8), torch.rand(1, 9, 6, 8)
    assert torch.equal(program.module()(image, weight), function(image, weight))


@pytest.mark.parametrize("places", [("cpu", "meta"), ("meta", "cpu")])
def test_devices(places):
    """Half of the tensors without data: nothing is computed of what lies in memory by chance."""
    tensors = IMAGE.to(places[0]), WEIGHT.to(places[1])
    message = f"the tensors are on {places[0]} and on {places[1]}, they need to be on one device"
    for function in (gather, splat, gather_splat):
        assert said(ValueError, function, *tensors) == message
    for call in (operators.gather.filter_operator, operators.splat.coverage_operator):
        assert said(ValueError, call, *tensors, None, (3, 3), "linear", 1, 1) == message
    bias = torch.zeros(3, device=places[1])
    assert said(ValueError, gather, tensors[0], WEIGHT.to(places[0]), bias=bias) == message


def test_devices_of_a_gpu(gpu):
    message = "the tensors are on cuda:0 and on cpu, they need to be on one device"
    assert said(ValueError, gather, IMAGE.to(gpu), WEIGHT) == message


# ---- Coverage, samples, borders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, error, message", [
    ({"eps": 0}, ValueError, "eps is 0, it needs to be larger than 0"),
    ({"eps": float("nan")}, ValueError, "eps is nan, it needs to be larger than 0"),
    ({"eps": "1e-3"}, TypeError, "eps is '1e-3', it needs to be a float"),
    ({"padding_mode": "circular"}, ValueError,
     "padding_mode is 'circular', it needs to be 'zeros', 'replicate' or 'reflect'"),
    ({"return_coverage": 1}, TypeError, "return_coverage is 1 (int), it needs to be True or False"),
])
def test_options(options, error, message):
    assert said(error, gather, IMAGE, WEIGHT, **options) == message


def test_reflection_needs_pixels():
    message = ("padding_mode is 'reflect' and the kernel reaches 4 pixels beyond an image of height 4: it needs to "
               "reach less than that")
    assert said(ValueError, gather, IMAGE, torch.zeros(1, 81, 4, 5), padding_mode="reflect") == message


def test_samples():
    samples = IMAGE.expand(2, 4, -1, -1, -1)
    assert said(ValueError, gather, samples, WEIGHT.expand(2, 3, -1, -1, -1)) == \
        "input has 4 samples and weight has 3, they need to be as many"
    assert said(ValueError, gather, samples[:, :0], WEIGHT.expand(2, 0, -1, -1, -1)) == \
        "input is (2, 0, 3, 4, 5): it has no samples"
    assert said(ValueError, gather_splat, samples, WEIGHT.expand(2, 4, -1, -1, -1)) == \
        "input has 5 dimensions, gather_splat takes 4 (N,C,H,W) or 3 (C,H,W)"


def test_merge():
    assert said(ValueError, merge, []) == "there are no parts, merge needs at least one"
    assert said(ValueError, merge, [(IMAGE,
                                     IMAGE)],
                "mean") == "mode is 'mean', it needs to be 'linear', 'normalized' or 'softmax'"


# ---- The layer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, options, error, message", [
    ((3, 5), {"mode": "gaussian"}, ValueError,
     "mode is 'gaussian', it needs to be 'linear', 'normalized' or 'softmax'"),
    ((0, 5), {}, ValueError, "in_channels is 0, it needs to be 1 to 2147483647"),
    ((2.5, 5), {}, TypeError, "in_channels is 2.5 (float), it needs to be an int"),
    ((3, (5, -1)), {}, ValueError, "kernel_size is (5, -1), its height and width need to be 1 to 255"),
    ((3, 300), {}, ValueError, "kernel_size is (300, 300), its height and width need to be 1 to 255"),
    ((3, 5.0), {}, TypeError, f"kernel_size is 5.0 (float), {NUMBERS}"),
    ((3, True), {}, TypeError, f"kernel_size is True, {NUMBERS}"),
    ((3, 5), {"dilation": 0}, ValueError, "dilation is 0, it needs to be 1 to 65535"),
    ((3, 5), {"groups": 0}, ValueError, "groups is 0, it needs to be 1 to 2147483647"),
    ((3, 5), {"groups": 1.5}, TypeError, "groups is 1.5 (float), it needs to be an int"),
    ((3, 5), {"bias": 5}, TypeError, "bias is 5 (int), it needs to be True or False"),
    ((3, 5), {"splat": "False"}, TypeError, "splat is 'False', it needs to be True or False"),
    ((3, 5), {"eps": -1.0}, ValueError, "eps is -1.0, it needs to be larger than 0"),
    ((3, 5), {"padding_mode": "same"}, ValueError,
     "padding_mode is 'same', it needs to be 'zeros', 'replicate' or 'reflect'"),
    ((3, 5), {"channels": 3}, TypeError, "in_channels and channels mean the same, the layer needs one of them"),
    ((), {"kernel_size": 5}, TypeError, "the layer needs in_channels, or channels, which means the same"),
    ((3,), {}, TypeError, "the layer needs kernel_size: an int, or two of them: (height, width)"),
])
def test_layer(arguments, options, error, message):
    assert said(error, WeightedFilter, *arguments, **options) == message


def test_layer_is_applied():
    layer = WeightedFilter(3, 3)
    assert said(ValueError, layer, torch.ones(1, 4, 5, 5), torch.ones(1, 9, 5, 5)) == \
        "input has 4 channels, this layer has a bias for 3"
    sentence = said(ValueError, layer, torch.ones(5), torch.ones(9))
    assert sentence == f"input has 1 dimensions and weight has 1, {DIMENSIONS}"
    assert said(TypeError, layer, None, torch.ones(1, 9, 5, 5)) == "input is None, it needs to be a torch.Tensor"
    layer = weighted_filter.WeightedFilter(3, 3, bias=False)
    assert layer(torch.ones(1, 4, 5, 5), torch.ones(1, 9, 5, 5)).shape == (1, 4, 5, 5)
