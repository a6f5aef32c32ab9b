"""Coverage, parts that merge, samples, borders, eps: against the reference, and their gradients."""

import numpy as np
import pytest
import torch
import weighted_filter
from operator_cases import CASES, MODES, OPERATORS, Case, close, tensors, uniform
from operator_reference import arriving, combine, offsets, reference
from weighted_filter import gather_splat, merge

SMALL = Case(size=(2, 3, 3, 4), kernel_size=(2, 3), groups=2)


def function(name):
    return getattr(weighted_filter, name)


def check_gradients(call, variables):
    """To the second order, in both modes."""
    assert torch.autograd.gradcheck(call, variables, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(call, variables, fast_mode=True, check_fwd_over_rev=True)


# ---- Coverage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("types", ["float64", "float16", "bfloat16 weights"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_coverage(device, operator, mode, types):
    for case in CASES:
        input, weight, bias, grad = tensors(case, mode, types, device)
        output, coverage = function(operator)(input, weight, case.kernel_size, bias=bias, mode=mode,
                                              return_coverage=True, **case.options)
        parts = arriving(operator, input.double(), weight.double(), case.kernel_size, case.dilation, case.groups)
        expected = combine(*parts, mode)[1]
        assert coverage.shape == (case.size[0], case.groups, *case.size[2:])
        assert coverage.dtype == (torch.float64 if types == "float64" else torch.float32)
        close(coverage, expected, case.kernel_size[0] * case.kernel_size[1])
        assert torch.equal(output,
                           function(operator)(input, weight, case.kernel_size, bias=bias, mode=mode, **case.options))

        grad = torch.rand_like(coverage)  # of coverage alone, and without a graph
        gradient = torch.autograd.grad(coverage, weight, grad)[0]
        close(gradient, torch.autograd.grad(expected, weight, grad.to(expected.dtype))[0], 1,
              torch.finfo(weight.dtype).eps)


def test_coverage_of_one_image(device):
    output, coverage = weighted_filter.splat(torch.rand(3, 4, 5, device=device), torch.rand(18, 4, 5, device=device),
                                             groups=2, return_coverage=True)
    assert output.shape == (3, 4, 5) and coverage.shape == (2, 4, 5)


# ---- Parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 3e-6)])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_tiles_of_taps(device, operator, mode, dtype, tolerance):
    """Of eight, each with the other taps left out; logits to +-100, near which a coverage in float32 is rounded by up
    to 2^-18 = 3.8e-6. So are its part's share and, with values within +-1, the merged output."""
    if mode == "softmax" and dtype == torch.float32:
        tolerance = 2**-18 + 1e-6
    case = Case(size=(2, 4, 9, 8), kernel_size=(5, 5), groups=2)
    input = uniform(case.size, -1, 1, dtype, device, requires_grad=False)
    low, high = {"linear": (-1, 1), "normalized": (0.5, 1.5), "softmax": (-100, 100)}[mode]
    weight = uniform((2, 50, 9, 8), low, high, dtype, device, requires_grad=False)
    whole = function(operator)(input, weight, mode=mode, groups=2, return_coverage=True)

    def parts():
        tile = torch.arange(50, device=device) % 25 // 3 % 8
        for i in range(8):
            others = (tile != i).view(1, -1, 1, 1)
            part = weight.masked_fill(others, -1e30 if mode == "softmax" else 0)
            yield function(operator)(input, part, mode=mode, groups=2, return_coverage=True)

    for actual, expected in zip(merge(parts(), mode), whole):
        assert actual.dtype == dtype
        torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("operator", OPERATORS)
def test_tiles_of_taps_with_small_logits(device, operator):
    """Outputs as float32 holds them, where no coverage is large."""
    input = uniform((2, 3, 9, 8), -1, 1, torch.float32, device)
    logits = uniform((2, 25, 9, 8), -8, 8, torch.float32, device)
    tile = torch.arange(25, device=device).view(1, -1, 1, 1) % 8
    parts = (function(operator)(input, logits.masked_fill(tile != i, -1e30), mode="softmax", return_coverage=True)
             for i in range(8))
    torch.testing.assert_close(merge(parts)[0], function(operator)(input, logits, mode="softmax"), rtol=0, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_merged_gradients(mode):
    case = Case(size=(1, 2, 3, 3), bias=False)
    first, second = (tensors(case, mode)[:2] for _ in range(2))
    check_gradients(lambda *v: merge([weighted_filter.splat(*v[:2], mode=mode, return_coverage=True),
                                      weighted_filter.gather(*v[2:], mode=mode, return_coverage=True)], mode),
                    (*first, *second))


def test_equal_parts_stay_as_they_are():
    part = torch.full((1, 3, 2, 2), 0.1), torch.rand(1, 1, 2, 2)
    assert torch.equal(merge([part] * 7)[0], part[0])


# ---- Samples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_samples(device, operator, mode):
    """Normalised over samples and taps together; eight samples, logits to +-100."""
    samples, kernel_size, scale = 8, (3, 2), 100 if mode == "softmax" else 1
    input = uniform((2, samples, 5, 4, 6), -1, 1, torch.float64, device)
    weight = uniform((2, samples, 12, 4, 6), 0.2 if mode == "normalized" else -scale, scale, torch.float64, device)
    bias = uniform(5, -1, 1, torch.float64, device)
    output, coverage = function(operator)(input, weight, kernel_size, bias=bias, mode=mode, groups=2,
                                          return_coverage=True)
    parts = zip(*(arriving(operator, input[:, s], weight[:, s], kernel_size, 1, 2) for s in range(samples)))
    expected, expected_coverage = combine(*map(torch.cat, parts), mode)
    torch.testing.assert_close(output, expected + bias.view(-1, 1, 1), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(coverage, expected_coverage, rtol=1e-10, atol=1e-10)
    assert torch.equal(function(operator)(input, weight, kernel_size, bias=bias, mode=mode, groups=2), output)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_gradients_of_samples(operator, mode):
    variables = uniform((1, 2, 2, 2, 3), -1, 1, torch.float64), uniform((1, 2, 4, 2, 3), 0.5, 1.5, torch.float64)
    check_gradients(lambda input, weight: function(operator)(input, weight, (1, 2), dilation=2, groups=2, mode=mode,
                                                             return_coverage=True), variables)


def test_vmap_of_samples():
    """And of borders: what is made of the operators is transformed with them."""
    inputs, weights = torch.rand(3, 1, 2, 3, 4, 5).double(), torch.rand(3, 1, 2, 9, 4, 5).double()

    def call(input, weight):
        return weighted_filter.splat(input, weight, mode="softmax", padding_mode="reflect")

    actual = torch.func.vmap(call)(inputs, weights)
    torch.testing.assert_close(actual, torch.stack([call(*pair) for pair in zip(inputs, weights)]))


def test_samples_are_not_copied(device, monkeypatch):
    """One image with several kernels a pixel is read where it lies, as are the kernels."""
    seen = set()
    original = weighted_filter.library._addresses
    monkeypatch.setattr(weighted_filter.library, "_addresses", lambda *tensors: (
        seen.update(tensor.data_ptr() for tensor in tensors if tensor is not None), original(*tensors))[1])
    image, weight = torch.rand(2, 3, 4, 5, device=device), torch.rand(2, 4, 9, 4, 5, device=device)
    output = weighted_filter.gather(image[:, None].expand(-1, 4, -1, -1, -1), weight, mode="softmax")
    assert {image.data_ptr(), *(weight[:, s].data_ptr() for s in range(4))} <= seen
    folded = weighted_filter.gather(image.repeat_interleave(4, 0).view(2, 4, 3, 4, 5), weight, mode="softmax")
    assert torch.equal(output, folded)


# ---- Borders ---------------------------------------------------------------------------------------------------------


def continued(index, length, mode):
    """Which pixel is at an index outside the image."""
    if mode == "replicate":
        return np.clip(index, 0, length - 1)
    return (length - 1) - np.abs((length - 1) - np.abs(index))


@pytest.mark.parametrize("padding_mode", ["replicate", "reflect"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("kernel_size, dilation", [((3, 3), 1), ((4, 2), 1), ((3, 1), 2)])
def test_padding(device, operator, mode, padding_mode, kernel_size, dilation):
    case = Case(size=(2, 3, 4, 5), kernel_size=kernel_size, dilation=dilation)
    input, weight, bias, _ = tensors(case, mode, device=device)
    output, coverage = function(operator)(input, weight, kernel_size, bias=bias, mode=mode, dilation=dilation,
                                          padding_mode=padding_mode, return_coverage=True)
    rows, columns = np.mgrid[:4, :5]
    values, weights = [], []
    for t, (dy, dx) in enumerate(offsets(kernel_size, dilation)):
        sign = 1 if operator == "gather" else -1
        y, x = continued(rows + sign * dy, 4, padding_mode), continued(columns + sign * dx, 5, padding_mode)
        values.append(input[:, :, y, x])
        weights.append(weight[:, t:t + 1] if operator == "gather" else weight[:, t:t + 1, y, x])
    values, weights = torch.stack(values), torch.stack(weights)
    expected = combine(values, weights, torch.ones_like(weights[:, :1], dtype=torch.bool), mode)
    torch.testing.assert_close(output, expected[0] + bias.view(-1, 1, 1))
    torch.testing.assert_close(coverage, expected[1])


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("padding_mode, mode",
                         [("replicate", "softmax"), ("reflect", "linear"), ("replicate", "normalized")])
def test_gradients_of_padding(operator, padding_mode, mode):
    input, weight, bias, _ = tensors(Case(size=(1, 2, 3, 2), kernel_size=(3, 2)), mode)
    check_gradients(lambda *v: function(operator)(*v[:2], (3, 2), bias=v[2], mode=mode, padding_mode=padding_mode),
                    (input, weight, bias))


def test_padding_of_samples():
    input, weight = torch.rand(1, 2, 3, 5, 6), torch.rand(1, 2, 9, 5, 6)
    output = weighted_filter.gather(input, weight, padding_mode="replicate")
    each = [weighted_filter.gather(input[:, s], weight[:, s], padding_mode="replicate") for s in range(2)]
    torch.testing.assert_close(output, each[0] + each[1])


# ---- eps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS)
def test_eps(device, operator):
    """Sums of either sign, to both sides of it."""
    input = uniform(SMALL.size, -1, 1, torch.float64, device)
    weight = uniform((2, 12, 3, 4), -1, 1, torch.float64, device)
    bias = uniform(3, -1, 1, torch.float64, device)
    parts = arriving(operator, input, weight, (2, 3), 1, 2)
    expected, coverage = combine(*parts, "normalized", eps=0.5)
    assert 0 < (coverage.abs() > 0.5).sum() < coverage.numel()

    def call(input, weight, bias):
        return function(operator)(input, weight, (2, 3), bias=bias, mode="normalized", groups=2, eps=0.5)

    torch.testing.assert_close(call(input, weight, bias), expected + bias.view(-1, 1, 1))
    check_gradients(call, (input, weight, bias))
    half = [tensor.detach().half() for tensor in (input, weight, bias)]
    assert call(*half).dtype == torch.float16


# ---- Both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_gather_splat(device, mode):
    case = Case(size=(2, 4, 5, 7), kernel_size=(3, 5), dilation=2, groups=2)
    *variables, grad = tensors(case, mode, device=device)
    expected = [reference(operator, *variables[:2], (3, 5), variables[2], mode, 2, 2) for operator in OPERATORS]
    detached = [variable.detach() for variable in variables]
    for given in (variables, detached):
        outputs = gather_splat(*given[:2], (3, 5), bias=given[2], mode=mode, dilation=2, groups=2)
        for actual, wanted in zip(outputs, expected):
            torch.testing.assert_close(actual, wanted)
            assert actual.requires_grad == (given is variables)
    one = gather_splat(detached[0][0], detached[1][0], (3, 5), bias=detached[2], mode=mode, dilation=2, groups=2)
    assert torch.equal(one[1], outputs[1][0])
    outputs = gather_splat(*variables[:2], (3, 5), bias=variables[2], mode=mode, dilation=2, groups=2)
    actual = torch.autograd.grad((outputs[0] + outputs[1] * 2).sum(), variables)
    for a, b in zip(actual, torch.autograd.grad((expected[0] + expected[1] * 2).sum(), variables)):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("mode", ["linear", "softmax"])
def test_gradients_of_both(mode):
    input, weight, bias, _ = tensors(Case(size=(1, 2, 3, 3)), mode)
    check_gradients(lambda *v: gather_splat(*v[:2], bias=v[2], mode=mode), (input, weight, bias))


def test_both_read_the_weights_once(monkeypatch):
    """By one call of the library, forward."""
    calls = []
    for name in ("gather_splat", "apply"):
        original = getattr(weighted_filter.library, name)
        monkeypatch.setattr(weighted_filter.library, name,
                            lambda *arguments, name=name, original=original: (calls.append(name), original(*arguments)))
    input, weight, _, _ = tensors(Case(), "linear")
    gather_splat(input, weight)
    gather_splat(input.detach(), weight.detach(), mode="softmax")
    assert calls == ["gather_splat"] * 2


# ---- Compiled --------------------------------------------------------------------------------------------------------


def test_compile(device):
    """All of it in one graph, of sizes that may change."""
    def run(image, weight, samples, kernels):
        part = weighted_filter.gather(image, weight, mode="softmax", return_coverage=True)
        output, _ = merge([part, weighted_filter.splat(image, weight, mode="softmax", return_coverage=True)])
        gathered, splatted = gather_splat(image, weight)
        padded = weighted_filter.splat(samples, kernels, mode="softmax", padding_mode="reflect")
        normalized = weighted_filter.gather(image, weight, mode="normalized", eps=1e-3)
        return output + gathered * splatted + padded + normalized + part[1]

    sizes = (2, 3, 6, 7), (2, 9, 6, 7), (2, 2, 3, 6, 7), (2, 2, 9, 6, 7)
    variables = [uniform(size, 0.1, 1, torch.float64, device) for size in sizes]
    compiled = torch.compile(run, fullgraph=True, dynamic=True, backend="aot_eager")
    outputs = run(*variables), compiled(*variables)
    torch.testing.assert_close(outputs[1], outputs[0])
    gradients = [torch.autograd.grad(output.square().sum(), variables) for output in outputs]
    for a, b in zip(*gradients):
        torch.testing.assert_close(a, b)
