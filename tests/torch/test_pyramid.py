"""The kernel pyramid against numpy in float64, its gradients, its errors."""

import network_reference
import numpy as np
import pytest
import torch
from weighted_filter import KernelPyramid, gather, kernel_pyramid, splat
from weighted_filter.pyramid import down, up


def levels(height, width, sizes, dtype=torch.float64, device="cpu", batch=1):
    """Random image, logits and alphas; sizes are the kernels', finest first."""
    shapes = [(height, width)]
    for _ in sizes[1:]:
        shapes.append(tuple((side + 1) // 2 for side in shapes[-1]))
    options = {"dtype": dtype, "device": device}
    image = torch.rand(batch, 3, height, width, **options)
    weights = [2 * torch.randn(batch, k * k, *shape, **options) for k, shape in zip(sizes, shapes)]
    alphas = [torch.rand(batch, 1, *shape, **options) for shape in shapes[:-1]]
    return image, weights, alphas


SIZES = [(1, 1), (1, 6), (7, 1), (2, 2), (3, 5), (8, 8), (13, 22), (17, 9)]


@pytest.mark.parametrize("height, width", SIZES)
def test_down_and_up(height, width, device):
    image = torch.rand(2, 3, height, width, dtype=torch.float64, device=device)
    small = down(image)
    assert small.shape[2:] == ((height + 1) // 2, (width + 1) // 2)
    large = up(small, (height, width))
    for n in range(2):
        np.testing.assert_allclose(small[n].cpu(), network_reference.down(image[n].cpu().numpy()), atol=1e-14)
        np.testing.assert_allclose(large[n].cpu(), network_reference.up(small[n].cpu().numpy(), height, width),
                                   atol=1e-14)


@pytest.mark.parametrize("splats", [False, True])
@pytest.mark.parametrize("sizes", [(5,), (3, 5), (5, 3, 3), (3, 3, 2, 5, 1)])
@pytest.mark.parametrize("height, width", SIZES)
def test_against_numpy(height, width, sizes, splats, device):
    image, weights, alphas = levels(height, width, sizes, device=device, batch=2)
    output = kernel_pyramid(image, weights, alphas, splat=splats)
    for n in range(2):
        expected = network_reference.pyramid(image[n].cpu().numpy(), [w[n].cpu().numpy() for w in weights],
                                             [a[n].cpu().numpy() for a in alphas], splats)
        np.testing.assert_allclose(output[n].cpu(), expected, atol=1e-12)


@pytest.mark.parametrize("splats", [False, True])
def test_float32_with_16_bit_weights(splats, device):
    image, weights, alphas = levels(37, 45, (5, 5, 5), torch.float32, device)
    weights = [w.bfloat16() for w in weights]
    output = kernel_pyramid(image, weights, alphas, splat=splats)
    assert output.dtype == torch.float32
    expected = kernel_pyramid(image.double(), [w.double() for w in weights], [a.double() for a in alphas], splat=splats)
    torch.testing.assert_close(output.double(), expected, atol=1e-5, rtol=1e-5)


def test_constant_stays_constant(device):
    image, weights, alphas = levels(23, 31, (5, 3, 5), device=device)
    output = kernel_pyramid(torch.full_like(image, 7.5), weights, alphas)
    torch.testing.assert_close(output, torch.full_like(image, 7.5))


def test_one_level_is_the_filter():
    image, weights, _ = levels(9, 11, (5,))
    assert torch.equal(kernel_pyramid(image, weights, []), gather(image, weights[0], mode="softmax"))
    assert torch.equal(kernel_pyramid(image, weights, [], splat=True), splat(image, weights[0], mode="softmax"))


@pytest.mark.parametrize("splats", [False, True])
@pytest.mark.parametrize("height, width", [(1, 1), (3, 5), (4, 6)])
def test_gradients(height, width, splats):
    image, weights, alphas = levels(height, width, (3, 3, 2))
    tensors = [tensor.requires_grad_() for tensor in (image, *weights, *alphas)]

    def function(image, *rest):
        return kernel_pyramid(image, rest[:3], rest[3:], splat=splats)

    assert torch.autograd.gradcheck(function, tensors)
    assert torch.autograd.gradgradcheck(function, tensors)


def test_module():
    layer = KernelPyramid(3, 5, bias=True, splat=True, dtype=torch.float64)
    layer.bias.data.copy_(torch.tensor([1.0, 2.0, 3.0]))
    image, weights, alphas = levels(6, 7, (5, 5))
    expected = kernel_pyramid(image, weights, alphas, splat=True) + torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1)
    assert torch.equal(layer(image, weights, alphas), expected)
    assert repr(layer) == "KernelPyramid(3, kernel_size=(5, 5), splat=True)"


def test_errors():
    image, weights, alphas = levels(6, 7, (3, 3, 3))
    cases = [
        ((image[0], weights, alphas), "input has 3 dimensions, it needs 4 (N,C,H,W)"),
        ((image, [], []), "there are no weights, a pyramid has at least one level"),
        ((image, weights, alphas[:1]),
         "there are 1 alphas and 3 levels of weights: each level but the coarsest has one"),
        ((image, [weights[0], weights[2], weights[1]], alphas), "weights[1] is 2x2, level 1 of the image is 4x3"),
        ((image, weights, alphas[::-1]), "alphas[0] is 4x3, level 0 of the image is 7x6"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError) as error:
            kernel_pyramid(*arguments)
        assert str(error.value) == message
    with pytest.raises(ValueError) as error:
        KernelPyramid(4, 3)(image, weights, alphas)
    assert str(error.value) == "input has 3 channels, this layer has 4"


@pytest.mark.parametrize("arguments, options, error, message", [
    ((3, 5), {"bias": 5}, TypeError, "bias is 5 (int), it needs to be True or False"),
    ((3, 5), {"splat": "False"}, TypeError, "splat is 'False', it needs to be True or False"),
    ((0, 5), {}, ValueError, "in_channels is 0, it needs to be 1 to 2147483647"),
    ((3, 300), {}, ValueError, "kernel_size is (300, 300), its height and width need to be 1 to 255"),
])
def test_errors_of_the_module(arguments, options, error, message):
    with pytest.raises(error) as raised:
        KernelPyramid(*arguments, **options)
    assert str(raised.value) == message
