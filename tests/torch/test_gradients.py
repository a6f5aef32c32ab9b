"""Gradients of every order, against autograd through the reference and against finite differences."""

import itertools

import pytest
import torch
import weighted_filter
from operator_cases import CASES, MODES, OPERATORS, TYPES, Case, apply, close, tensors, uniform
from operator_reference import reference
from weighted_filter import operators


def reference_gradients(operator, case, mode, input, weight, bias, grad):
    variables = [tensor.detach().double().requires_grad_() for tensor in (input, weight, bias) if tensor is not None]
    output = reference(operator, variables[0], variables[1], case.kernel_size, variables[2] if case.bias else None,
                       mode, **case.options)
    return torch.autograd.grad(output, variables, grad.double())


@pytest.mark.parametrize("graph", [False, True], ids=["fused", "composed"])
@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values(device, case, operator, mode, types, graph):
    input, weight, bias, grad = tensors(case, mode, types, device)
    variables = [tensor for tensor in (input, weight, bias) if tensor is not None]
    output = apply(operator, case, mode, input, weight, bias)
    actual = torch.autograd.grad(output, variables, grad, create_graph=graph)
    expected = reference_gradients(operator, case, mode, input, weight, bias, grad)

    channels, taps, pixels = case.size[1], case.kernel_size[0] * case.kernel_size[1], input[:, 0].numel()
    # The fused gradients of weights are computed from the output as it was rounded to the image's type.
    rounding = 2 * channels * torch.finfo(input.dtype).eps if mode != "linear" else 0
    close(actual[0], expected[0], taps)
    close(actual[1], expected[1], channels * taps, rounding)
    if case.bias:
        close(actual[2], expected[2], pixels)
    for gradient, variable in zip(actual, variables):
        assert gradient.dtype == variable.dtype and gradient.shape == variable.shape


@pytest.mark.parametrize("graph", [False, True], ids=["fused", "composed"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_only_those_that_are_asked_for(device, operator, mode, graph):
    case = Case()
    *every, grad = tensors(case, mode, device=device)
    names = ("input", "weight", "bias")
    all_gradients = dict(zip(names, torch.autograd.grad(apply(operator, case, mode, *every), every, grad)))
    for count in (1, 2):
        for wanted in itertools.combinations(names, count):
            variables = {name: tensor.detach().requires_grad_(name in wanted) for name, tensor in zip(names, every)}
            output = apply(operator, case, mode, *variables.values())
            gradients = torch.autograd.grad(output, [variables[name] for name in wanted], grad, create_graph=graph)
            for name, gradient in zip(wanted, gradients):
                torch.testing.assert_close(gradient, all_gradients[name])


@pytest.mark.parametrize("operator", OPERATORS)
def test_saved(device, operator):
    """A linear filter whose input needs no gradient does not keep the weights alive, which are by far the largest."""
    input, weight, _, _ = tensors(Case(), "linear", device=device)
    saved = []

    def pack(tensor):
        saved.append(tensor.shape)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        getattr(weighted_filter, operator)(input.detach(), weight)
        assert saved == [input.shape]
        saved.clear()
        getattr(weighted_filter, operator)(input, weight.detach())
        assert saved == [weight.shape]


# ---- Finite differences ----------------------------------------------------------------------------------------------

SMALL = (
    Case(size=(1, 2, 3, 4)),
    Case(size=(2, 1, 2, 3), kernel_size=(2, 4)),
    Case(size=(1, 3, 3, 3), kernel_size=(3, 2), dilation=2, groups=2, bias=False),
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("case", SMALL, ids=str)
def test_gradcheck(device, case, operator, mode):
    input, weight, bias, _ = tensors(case, mode, device=device)
    variables = (input, weight, bias) if case.bias else (input, weight)

    def function(input, weight, bias=None):
        return apply(operator, case, mode, input, weight, bias)

    assert torch.autograd.gradcheck(function, variables, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, variables, fast_mode=True, check_fwd_over_rev=True)


def test_gradgradcheck_in_full():
    """Once without the random projections of the fast mode, of the operator that has most to it."""
    case = Case(size=(1, 2, 2, 3), kernel_size=(2, 3))
    assert torch.autograd.gradgradcheck(lambda *variables: apply("splat", case, "softmax", *variables),
                                        tensors(case, "softmax")[:3])


@pytest.mark.parametrize("operator", OPERATORS)
def test_third_order(device, operator):
    """The gradient of a gradient of a gradient, of weights that were computed from the image."""
    case = Case(size=(1, 2, 3, 3), bias=False)
    input, weight, _, _ = tensors(case, "softmax", device=device)

    def third(function):
        result = function(input, weight * input[:, :1]).pow(4).sum()
        for _ in range(3):
            result = torch.autograd.grad(result, input, create_graph=True)[0].pow(2).sum()
        return result

    for mode in MODES:
        actual = third(lambda *variables: apply(operator, case, mode, *variables, None))
        expected = third(lambda *variables: reference(operator, *variables, case.kernel_size, mode=mode))
        torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("operator", OPERATORS)
def test_normalized_near_zero(device, operator):
    """Where the sum of weights is smaller than 1e-6 it is a constant divisor, for first and second derivatives."""
    input = uniform((1, 2, 4, 4), -1, 1, torch.float64, device)
    scale = torch.full((1, 1, 4, 4), 1e-8, dtype=torch.float64, device=device)
    scale[..., 2:] = 1
    weight = (uniform((1, 9, 4, 4), 0.5, 1.5, torch.float64, device).detach() * scale).requires_grad_()
    grad = uniform(input.shape, -1, 1, torch.float64, device)

    def derivatives(function):
        first = torch.autograd.grad(function(input, weight), (input, weight), grad, create_graph=True)
        fused = torch.autograd.grad(function(input, weight), (input, weight), grad.detach())
        return *fused, *first, *torch.autograd.grad([(value * value).sum() for value in first], (input, weight, grad))

    actual = derivatives(lambda *variables: apply(operator, Case(), "normalized", *variables, None))
    expected = derivatives(lambda *variables: reference(operator, *variables, (3, 3), mode="normalized"))
    for a, b in zip(actual, expected):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9 * b.abs().max().item())


# ---- Registration ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["linear", "softmax"])
@pytest.mark.parametrize("name", OPERATORS)
def test_opcheck(device, name, mode):
    case = Case(size=(2, 4, 4, 5), groups=2)
    input, weight, bias, grad = tensors(case, mode, device=device)
    operator = getattr(operators, name)
    settings = ((3, 3), mode, 1, 2)
    torch.library.opcheck(operator.filter_operator, (input, weight, bias, *settings))
    torch.library.opcheck(operator.coverage_operator, (input, weight, bias, *settings))
    torch.library.opcheck(operator.grad_weight_operator, (input, grad.requires_grad_(), (3, 3), 1, 2, torch.float64))
    constants = [tensor.detach() for tensor in (grad, input, weight, bias)]
    outputs = operator.coverage_operator(*constants[1:], *settings) if mode != "linear" else (None, None)
    torch.library.opcheck(operator.backward_operator, (*constants, *outputs, *settings, (True, True, True)))


def squares(function):
    """Of both operators in all modes, with work for a compiler in between."""
    def run(input, weight, bias):
        output = function("gather", torch.sin(input), weight, bias, "softmax")
        output = function("splat", output, weight.abs() + 0.5, None, "normalized")
        output = function("gather", output, weight, None, "linear") + function("splat", input, weight, bias, "linear")
        return torch.cos(output)
    return run


@pytest.mark.parametrize("dynamic, backend", [(False, "inductor"), (True, "aot_eager")])
def test_compile(device, dynamic, backend):
    """One graph, whose results are those of eager mode."""
    run = squares(lambda operator, input, weight, bias, mode: apply(operator, Case(), mode, input, weight, bias))
    compiled = torch.compile(run, fullgraph=True, dynamic=dynamic, backend=backend)
    variables = [tensor.detach().requires_grad_() for tensor in tensors(Case(), "softmax", "float32", device)[:3]]
    outputs = run(*variables), compiled(*variables)
    expected, actual = (torch.autograd.grad(output.square().sum(), variables) for output in outputs)
    torch.testing.assert_close(outputs[1], outputs[0])
    for a, b in zip(actual, expected):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)
