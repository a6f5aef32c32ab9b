"""torch.func and forward mode: against loops, and the two modes against each other."""

import weakref

import pytest
import torch
import weighted_filter
from operator_cases import MODES, OPERATORS, Case, tensors
from torch import func

CASES = (Case(size=(1, 2, 3, 3)), Case(size=(2, 3, 2, 3), kernel_size=(2, 3), dilation=2, groups=2))


def outputs_of(operator, mode, case):
    def call(input, weight, bias):
        return getattr(weighted_filter, operator)(input, weight, case.kernel_size, bias=bias, mode=mode,
                                                  return_coverage=True, **case.options)
    return call


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_vmap(device, operator, mode, case):
    """Every argument with a batch of its own or without one."""
    call = outputs_of(operator, mode, case)
    batches = [torch.stack(values).detach()
               for values in zip(*(tensors(case, mode, device=device)[:3] for _ in range(3)))]
    for batched in ((1, 1, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1), (1, 0, 1), (0, 0, 1)):
        dims = tuple(0 if has else None for has in batched)
        arguments = [values if has else values[0] for values, has in zip(batches, batched)]
        actual = func.vmap(call, dims)(*arguments)
        for i in range(3):
            expected = call(*(values[i] if has else values for values, has in zip(arguments, batched)))
            for a, b in zip(actual, expected):
                torch.testing.assert_close(a[i], b)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_per_sample_gradients(device, operator, mode, case):
    call = outputs_of(operator, mode, case)
    inputs, weights = (torch.stack(values).detach()
                       for values in zip(*(tensors(case, mode, device=device)[:2] for _ in range(3))))

    def loss(input, weight):
        output, coverage = call(input, weight, None)
        return output.sin().sum() + coverage.square().sum()

    gradients = func.vmap(func.grad(loss, (0, 1)))(inputs, weights)
    for i in range(3):
        variables = [inputs[i].requires_grad_(), weights[i].requires_grad_()]
        for a, b in zip(gradients, torch.autograd.grad(loss(*variables), variables)):
            torch.testing.assert_close(a[i], b)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_jacobians(device, operator, mode):
    """Reverse and forward mode, and the second derivatives that they make of each other."""
    case = CASES[0]
    call = outputs_of(operator, mode, case)
    arguments = [tensor.detach() for tensor in tensors(case, mode, device=device)[:3]]
    reverse = func.jacrev(call, (0, 1, 2))(*arguments)
    torch.testing.assert_close(func.jacfwd(call, (0, 1, 2))(*arguments), reverse)

    tangents = tuple(torch.rand_like(argument) for argument in arguments)
    _, forward = func.jvp(call, tuple(arguments), tangents)
    cotangents = tuple(torch.rand_like(tangent) for tangent in forward)
    _, pull = func.vjp(call, *arguments)
    torch.testing.assert_close(sum((a * b).sum() for a, b in zip(forward, cotangents)),
                               sum((a * b).sum() for a, b in zip(tangents, pull(cotangents))))

    def loss(weight):
        return call(arguments[0], weight, arguments[2])[0].pow(3).sum()

    torch.testing.assert_close(func.hessian(loss)(arguments[1]), torch.autograd.functional.hessian(loss, arguments[1]))


def test_network():
    """Per-sample gradients of a network's parameters, through the layer."""
    network = torch.nn.Conv2d(3, 9, 3, padding=1).double()
    parameters = dict(network.named_parameters())
    layer = weighted_filter.WeightedFilter(3, 3, splat=True, mode="softmax", dtype=torch.float64)
    images = torch.rand(3, 3, 5, 6, dtype=torch.float64)

    def loss(parameters, image):
        return layer(image, func.functional_call(network, parameters, image)).square().mean()

    gradients = func.vmap(func.grad(loss), (None, 0))({name: value.detach() for name, value in parameters.items()},
                                                      images)
    for i in range(3):
        expected = torch.autograd.grad(loss(parameters, images[i]), parameters.values())
        for a, b in zip(gradients.values(), expected):
            torch.testing.assert_close(a[i], b)


def test_batched_gradients(device):
    """torch.autograd.grad(is_grads_batched=True)."""
    *variables, _ = tensors(Case(), "softmax", device=device)
    output = weighted_filter.gather(*variables[:2], bias=variables[2], mode="softmax")
    grads = torch.rand(4, *output.shape, dtype=output.dtype, device=device)
    batched = torch.autograd.grad(output, variables, grads, is_grads_batched=True, retain_graph=True)
    for i in range(4):
        for a, b in zip(batched, torch.autograd.grad(output, variables, grads[i], retain_graph=True)):
            torch.testing.assert_close(a[i], b)


def test_forward_mode_keeps_nothing():
    """A linear filter whose image needs no gradient does not keep the weights for a tangent that nobody asks for."""
    for image_needs_gradient in (False, True):
        weight = torch.rand(1, 9, 4, 5, requires_grad=True) * 1
        kept = weakref.ref(weight)
        output = weighted_filter.gather(torch.rand(1, 3, 4, 5, requires_grad=image_needs_gradient), weight)
        del weight
        assert (kept() is not None) == image_needs_gradient and output.requires_grad
