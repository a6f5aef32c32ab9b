"""gather and splat: values, shapes, types, strides, errors."""

import threading

import numpy as np
import pytest
import torch
import weighted_filter
from operator_cases import CASES, MODES, OPERATORS, TYPES, Case, apply, close, tensors
from operator_reference import literal, reference
from weighted_filter import gather, library, splat


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("kernel_size, dilation", [((3, 3), 1), ((2, 4), 1), ((3, 2), 2)])
def test_reference_is_the_formula(operator, mode, kernel_size, dilation):
    case = Case(size=(1, 1, 4, 5), kernel_size=kernel_size, dilation=dilation)
    input, weight, _, _ = tensors(case, mode)
    expected = literal(operator, input[0, 0].tolist(), weight[0].tolist(), kernel_size, mode, dilation)
    actual = reference(operator, input, weight, kernel_size, mode=mode, dilation=dilation)
    np.testing.assert_allclose(actual[0, 0].detach(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values(device, case, operator, mode, types):
    input, weight, bias, _ = tensors(case, mode, types, device)
    output = apply(operator, case, mode, input, weight, bias)
    assert output.shape == input.shape and output.dtype == input.dtype and output.device == input.device
    expected = reference(operator, input, weight, case.kernel_size, bias, mode, **case.options)
    close(output, expected, terms=case.kernel_size[0] * case.kernel_size[1])


@pytest.mark.parametrize("operator", OPERATORS)
def test_normalized_near_zero(device, operator):
    """Sums of weights are divided by as if they were at least 1e-6 away from 0, with their sign."""
    input = torch.ones(1, 1, 3, 3, dtype=torch.float64, device=device)
    center = torch.zeros(1, 9, 3, 3, dtype=torch.float64, device=device)
    for value in (1e-9, -1e-9, 2e-6, -2e-6):
        center[:, 4] = value
        divisor = np.copysign(max(abs(value), 1e-6), value)
        output = getattr(weighted_filter, operator)(input, center, mode="normalized")
        torch.testing.assert_close(output, torch.full_like(input, value / divisor))
    assert not getattr(weighted_filter, operator)(input, 0 * center, mode="normalized").any()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_unbatched(device, operator, mode):
    input, weight, bias, grad = tensors(Case(size=(1, 3, 4, 6)), mode, device=device)
    batched = apply(operator, Case(), mode, input, weight, bias)
    output = apply(operator, Case(), mode, input[0], weight[0], bias)
    assert output.shape == (3, 4, 6)
    assert torch.equal(output, batched[0])
    output.backward(grad[0])
    assert input.grad.shape == input.shape and weight.grad.abs().sum() > 0


def test_kernel_size_of_the_taps():
    input, weight = torch.ones(1, 4, 5, 5), torch.ones(1, 2 * 25, 5, 5)
    assert torch.equal(gather(input, weight, groups=2), gather(input, weight, (5, 5), groups=2))
    assert torch.equal(gather(input, weight, 5, groups=2), gather(input, weight, (5, 5), groups=2))


def test_bias_types():
    """16-bit images take a bias of 16 or of 32 bits, which is what a layer in half precision has."""
    input, weight = torch.ones(1, 2, 3, 3).half(), torch.ones(1, 9, 3, 3).half()
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        bias = torch.tensor([1, 2], dtype=dtype, requires_grad=True)
        gather(input, weight, bias=bias).sum().backward()
        assert bias.grad.dtype == dtype and (bias.grad == 9).all()
    assert torch.equal(gather(input, weight, bias=torch.ones(1).half().expand(2)), gather(input, weight) + 1)
    bias = torch.rand(2).bfloat16()  # a layer that was converted, as autocast would promote it
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(gather(input.to(dtype), weight.to(dtype), bias=bias),
                           gather(input.to(dtype), weight.to(dtype), bias=bias.to(dtype)))


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("mode", MODES)
def test_no_images(device, mode, operator):
    """A batch of none gives one of none, and gradients of 0, as torch.nn.Conv2d does."""
    case = Case(size=(0, 3, 5, 7))
    input, weight, bias, _ = tensors(case, mode, device=device)
    for graph in (False, True):
        output = apply(operator, case, mode, input, weight, bias)
        gradients = torch.autograd.grad(output.sum(), (input, weight, bias), create_graph=graph)
        assert output.shape == input.shape and [g.shape for g in gradients] == [input.shape, weight.shape, bias.shape]
        assert not gradients[2].any()


def test_numbers_of_numpy():
    input, weight = torch.rand(1, 2, 5, 5), torch.rand(1, 18, 5, 5)
    expected = gather(input, weight, 3, dilation=2, groups=2)
    actual = gather(input, weight, np.int64(3), dilation=np.uint8(2), groups=np.int32(2))
    assert torch.equal(actual, expected)
    assert torch.equal(gather(input, weight, [np.int64(3), 3], dilation=2, groups=2), expected)


# ---- Memory ----------------------------------------------------------------------------------------------------------


def channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last)


def in_a_larger_one(tensor):
    batch, channels, height, width = tensor.shape
    larger = tensor.new_zeros(batch, channels + 2, height + 3, 2 * width)
    larger[:, 1:-1, 2:-1, ::2] = tensor
    return larger[:, 1:-1, 2:-1, ::2]


def transposed(tensor):
    return tensor.mT.contiguous().mT


def expanded(tensor):
    return tensor[:1].expand_as(tensor)


LAYOUTS = (channels_last, in_a_larger_one, transposed, expanded)


@pytest.fixture
def seen(monkeypatch):
    """{(address, strides)} of every tensor that the library was given."""
    seen = set()
    original = library._addresses

    def addresses(*given):
        seen.update((tensor.data_ptr(), tensor.stride()) for tensor in given if tensor is not None)
        return original(*given)

    monkeypatch.setattr(library, "_addresses", addresses)
    return seen


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides(device, layout, operator, mode, seen):
    """Tensors are read and written where they lie, and the results are those of dense ones."""
    case = Case()
    dense = tensors(case, mode, device=device)
    input, weight, grad = (layout(tensor.detach()) for tensor in (dense[0], dense[1], dense[3]))
    bias = dense[2].detach()
    assert not input.is_contiguous()

    leaves = input.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()
    output = apply(operator, case, mode, *leaves)
    gradients = torch.autograd.grad(output, leaves, grad)
    for tensor in (input, weight, grad, output, *gradients):
        assert (tensor.data_ptr(), tensor.stride()) in seen

    copies = [tensor.detach().contiguous().requires_grad_() for tensor in leaves]
    expected = apply(operator, case, mode, *copies)
    torch.testing.assert_close(output, expected)
    for actual, wanted in zip(gradients, torch.autograd.grad(expected, copies, grad.contiguous())):
        torch.testing.assert_close(actual, wanted)


def test_memory_format_is_kept(device):
    input, weight = torch.ones(2, 3, 5, 6, device=device), torch.ones(2, 9, 5, 6, device=device)
    assert gather(input, weight).is_contiguous()
    assert gather(channels_last(input), weight).is_contiguous(memory_format=torch.channels_last)
    for layout in (in_a_larger_one, expanded):
        assert gather(layout(input), weight).is_contiguous()


# ---- Autocast --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast(device, dtype):
    """Weights keep the type that a network under autocast gives them, and images do not get fewer bits."""
    input, weight = torch.rand(1, 3, 4, 5, device=device), torch.rand(1, 9, 4, 5, device=device)
    bias = torch.rand(3, device=device)
    with torch.autocast(device, dtype):
        mixed = gather(input, weight.to(dtype), bias=bias)
        widened = gather(input.to(dtype), weight, bias=bias)
        kept = gather(input.to(dtype), weight.to(dtype), bias=bias)
    assert mixed.dtype == torch.float32 and torch.equal(mixed, gather(input, weight.to(dtype), bias=bias))
    assert widened.dtype == torch.float32 and torch.equal(widened, gather(input.to(dtype).float(), weight, bias=bias))
    assert kept.dtype == dtype


def test_autocast_network(device):
    """A convolution under autocast predicts 16-bit weights; every gradient arrives in its tensor's own type."""
    network = torch.nn.Conv2d(3, 9, 3, padding=1, device=device)
    input = torch.rand(1, 3, 6, 5, device=device, requires_grad=True)
    with torch.autocast(device, torch.bfloat16):
        weight = network(input)
        output = splat(input, weight, mode="softmax")
    assert weight.dtype == torch.bfloat16 and output.dtype == torch.float32
    output.square().mean().backward()
    assert network.weight.grad.abs().sum() > 0 and input.grad.abs().sum() > 0


# ---- Threads ---------------------------------------------------------------------------------------------------------


def test_threads(device):
    """Each thread calls the library with arguments and devices of its own."""
    case = Case(size=(1, 3, 16, 16))
    work = [tensors(case, mode, device=device) for mode in MODES]
    alone = [apply("gather", case, mode, *arguments[:3]) for mode, arguments in zip(MODES, work)]
    wrong = []

    def repeat(index):
        for _ in range(20):
            output = apply("gather", case, MODES[index], *work[index][:3])
            gradient = torch.autograd.grad(output, work[index][1], work[index][3])[0]
            if not torch.equal(output, alone[index]) or not gradient.any():
                wrong.append(index)

    threads = [threading.Thread(target=repeat, args=(index,)) for index in range(len(MODES))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_number_of_threads():
    """PyTorch's, in a thread that PyTorch has not worked in yet, too."""
    before, seen = torch.get_num_threads(), []

    def work():
        gather(torch.zeros(1, 3, 4, 5), torch.zeros(1, 9, 4, 5))
        seen.append(library._openmp(library._library).omp_get_max_threads())

    torch.set_num_threads(before + 1)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        torch.set_num_threads(before)
    assert seen == [before + 1]
