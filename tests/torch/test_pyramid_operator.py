"""libwf's pyramid (wf_pyramid.h) and the layer's, which has the gradients, are one formula."""

import ctypes

import pytest
import torch
from weighted_filter import kernel_pyramid, library


class Level(ctypes.Structure):
    _fields_ = [("filter", library._Filter), ("weight", ctypes.c_void_p), ("alpha", ctypes.c_void_p)]


def wf_tensor(tensor):
    """A wf_tensor's bytes."""
    return ctypes.create_string_buffer(
        library._TENSOR.pack(tensor.data_ptr(), library.DTYPES[tensor.dtype], *tensor.shape, *tensor.stride()))


def wf_pyramid(image, weights, alphas, kernels, splats):
    wf = library._library
    device = library._open(image.device)
    output, levels, kept = torch.empty_like(image), (Level * len(weights))(), []
    for level, (weight, alpha, kernel) in enumerate(zip(weights, [*alphas, None], kernels)):
        kept += [wf_tensor(weight), None if alpha is None else wf_tensor(alpha)]
        levels[level] = Level(library._Filter(kernel, kernel, 1, library.MODES["softmax"], 1),
                              ctypes.addressof(kept[-2]), None if alpha is None else ctypes.addressof(kept[-1]))
    wf.wf_pyramid_workspace.restype = ctypes.c_size_t
    size = wf.wf_pyramid_workspace(wf_tensor(image), len(weights))
    workspace = torch.empty(size + 256, dtype=torch.uint8, device=image.device)
    aligned = (workspace.data_ptr() + 255) // 256 * 256
    stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream if image.is_cuda else None)
    assert wf.wf_pyramid(device, stream, int(splats), levels, len(weights), wf_tensor(image), wf_tensor(output),
                         ctypes.c_void_p(aligned)) == 0
    return output


@pytest.mark.parametrize("splats", [False, True])
@pytest.mark.parametrize("height, width", [(1, 1), (7, 1), (3, 5), (23, 38), (64, 33)])
def test_same_as_the_layer(height, width, splats, device):
    kernels, shapes = (5, 3, 3, 2), [(height, width)]
    for _ in kernels[1:]:
        shapes.append(tuple((side + 1) // 2 for side in shapes[-1]))
    image = torch.rand(2, 3, height, width, device=device)
    weights = [2 * torch.randn(2, k * k, *shape, device=device) for k, shape in zip(kernels, shapes)]
    alphas = [torch.rand(2, 1, *shape, device=device) for shape in shapes[:-1]]
    expected = kernel_pyramid(image, weights, alphas, splat=splats)
    torch.testing.assert_close(wf_pyramid(image, weights, alphas, kernels, splats), expected, atol=1e-5, rtol=1e-5)
