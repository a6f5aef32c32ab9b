"""What other tools make of the operators: ONNX, FLOPs, profiles, DTensor."""

import pathlib
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
import weighted_filter
from operator_cases import CASES, MODES, OPERATORS, Case, tensors
from torch.utils.flop_counter import FlopCounterMode
from weighted_filter.decomposition import decompose


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_decomposition(device, operator, mode):
    for case in CASES:
        input, weight, bias, _ = tensors(case, mode, device=device)
        arguments = input, weight, bias, case.kernel_size, mode, case.dilation, case.groups
        expected = getattr(weighted_filter, operator)(input, weight, case.kernel_size, bias=bias, mode=mode,
                                                      return_coverage=True, **case.options)
        for actual, wanted in zip(decompose(operator == "splat", *arguments), expected):
            torch.testing.assert_close(actual, wanted)


class Denoiser(torch.nn.Module):
    """A network, its filter, and one of every other kind behind it."""

    def __init__(self):
        super().__init__()
        self.network = torch.nn.Conv2d(3, 6, 3, padding=1)
        self.layer = weighted_filter.WeightedFilter(3, (2, 3), mode="softmax", splat=True)

    def forward(self, image):
        weight = self.network(image.log1p())
        image = self.layer(image, weight)
        image = weighted_filter.gather(image, weight.abs() + 0.1, (2, 3), mode="normalized", padding_mode="replicate")
        return weighted_filter.splat(image, weight, (1, 3), dilation=2, groups=2, return_coverage=True)


def test_onnx(tmp_path):
    """ONNX Runtime's output on a rendered frame is ours; exported from another size."""
    pytest.importorskip("onnxscript")
    onnxruntime, openexr = pytest.importorskip("onnxruntime"), pytest.importorskip("OpenEXR")
    frame = pathlib.Path(__file__).parents[2] / "assets" / "frames" / "quality" / "room_4spp.exr"
    channels = openexr.File(str(frame), separate_channels=True).channels()
    image = np.stack([channels[f"ViewLayer.Combined.{letter}"].pixels for letter in "RGB"]).astype(np.float32)[None]
    model = Denoiser().eval()
    size = {2: torch.export.Dim("height", min=16), 3: torch.export.Dim("width", min=16)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.rand(1, 3, 20, 24),), tmp_path / "model.onnx", dynamo=True,
                          dynamic_shapes=(size,), verbose=False)
        expected = model(torch.from_numpy(image))
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for actual, wanted in zip(session.run(None, {session.get_inputs()[0].name: image}), expected):
        np.testing.assert_allclose(actual, wanted.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_flops(operator, mode):
    """A multiplication and an addition for each channel, tap and pixel, as many for each gradient."""
    case = Case(size=(2, 4, 5, 7), kernel_size=(3, 5), groups=2, bias=False)
    input, weight, _, _ = tensors(case, mode)
    expected = 2 * 4 * (3 * 5) * 5 * 7 * 2
    with FlopCounterMode(display=False) as forward:
        output = getattr(weighted_filter, operator)(input, weight, (3, 5), groups=2, mode=mode)
    with FlopCounterMode(display=False) as backward:
        output.sum().backward()
    assert forward.get_total_flops() == expected and backward.get_total_flops() == 2 * expected


def test_profiler():
    input, weight, _, _ = tensors(Case(), "softmax")
    with torch.profiler.profile() as profile:
        weighted_filter.gather(input, weight).sum().backward()
        weighted_filter.splat(input, weight, mode="softmax").sum().backward()
    names = {event.key for event in profile.key_averages()}
    assert {f"weighted_filter::{name}" for name in ("gather", "gather_backward", "splat", "splat_backward")} <= names


def test_double_backward_of_compiled():
    """PyTorch has none, and says so; nothing is dropped."""
    input, weight, _, _ = tensors(Case(), "softmax", "float32")
    compiled = torch.compile(lambda *variables: weighted_filter.gather(*variables, mode="softmax").square().sum(),
                             backend="aot_eager")
    gradient = torch.autograd.grad(compiled(input, weight), weight, create_graph=True)[0]
    with pytest.raises(RuntimeError,
                       match="torch.compile with aot_autograd does not currently support double backward"):
        torch.autograd.grad(gradient.sum(), input)


def test_transforms_of_compiled():
    input, weight = (tensor.detach() for tensor in tensors(Case(), "softmax", "float32")[:2])
    gradient = torch.func.grad(lambda image: weighted_filter.splat(image, weight, mode="softmax").pow(3).sum())
    torch.testing.assert_close(torch.compile(gradient, backend="aot_eager")(input), gradient(input))


SHARDED = """
import sys, torch, torch.distributed as dist
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor, init_device_mesh
import weighted_filter

torch.set_num_threads(1)
dist.init_process_group("gloo", store=dist.FileStore(sys.argv[2], 2), rank=int(sys.argv[1]), world_size=2)
mesh = init_device_mesh("cpu", (2,))
torch.manual_seed(0)
for operator in (weighted_filter.gather, weighted_filter.splat):
    for mode in ("linear", "normalized", "softmax"):
        whole = [torch.rand(4, 4, 5, 6).double(), torch.rand(4, 18, 5, 6).double() + 0.5, torch.rand(4).double()]
        parts = [distribute_tensor(tensor, mesh, [place]).requires_grad_()
                 for tensor, place in zip(whole, (Shard(0), Shard(0), Replicate()))]
        whole = [tensor.requires_grad_() for tensor in whole]
        output, expected = (operator(image, weight, bias=bias, groups=2, mode=mode)
                        for image, weight, bias in (parts, whole))
        assert isinstance(output, DTensor) and output.placements == (Shard(0),) and output.to_local().shape[0] == 2
        torch.testing.assert_close(output.full_tensor(), expected)
        output.pow(2).sum().backward()
        expected.pow(2).sum().backward()
        for part, tensor in zip(parts, whole):
            torch.testing.assert_close(part.grad.full_tensor(), tensor.grad)
dist.destroy_process_group()
"""


def test_sharded_batch(tmp_path):
    """Two processes, each with half of a DTensor's batch: values and gradients."""
    processes = [subprocess.Popen([sys.executable, "-c", SHARDED, str(rank), str(tmp_path / "store")],
                                  stderr=subprocess.PIPE, text=True) for rank in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
