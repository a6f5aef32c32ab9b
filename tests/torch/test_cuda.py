"""What only a GPU has: streams and graphs."""

import subprocess
import sys

import pytest
import torch
from operator_cases import MODES, OPERATORS, Case, apply, tensors

CASE = Case(size=(2, 3, 64, 64), kernel_size=(5, 5))


def run(operator, mode, variables, grad):
    output = apply(operator, CASE, mode, *variables)
    return output, *torch.autograd.grad(output, variables, grad)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_stream(gpu, operator, mode):
    """Work goes to the current stream: after what is there already, and without the host waiting for it."""
    *variables, grad = tensors(CASE, mode, "float32", gpu)
    expected = run(operator, mode, variables, grad)
    stream = torch.cuda.Stream()

    def run_late():
        """Whether the stream was still busy when all was enqueued: a busy host may be slow once, one that waits always
        is."""
        late = [torch.zeros_like(tensor, requires_grad=True) for tensor in variables]
        late_grad = torch.zeros_like(grad)
        torch.cuda.synchronize()
        with torch.cuda.stream(stream):
            torch.cuda._sleep(500_000_000)  # cycles
            with torch.no_grad():
                for to, value in zip((*late, late_grad), (*variables, grad)):
                    to.copy_(value)
            actual = run(operator, mode, late, late_grad)
            busy = not stream.query()
        stream.synchronize()
        for a, b in zip(actual, expected):
            assert torch.equal(a, b)
        return busy

    assert any(run_late() for _ in range(4)), "the host waits for the stream"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_graph(gpu, operator, mode):
    """Forward and backward captured once, replayed on new data."""
    *variables, grad = tensors(CASE, mode, "float32", gpu)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        run(operator, mode, variables, grad)
    torch.cuda.current_stream().wait_stream(side)

    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = run(operator, mode, variables, grad)
    for _ in range(2):
        *fresh, fresh_grad = tensors(CASE, mode, "float32", gpu)
        with torch.no_grad():
            for to, value in zip((*variables, grad), (*fresh, fresh_grad)):
                to.copy_(value)
        graph.replay()
        for a, b in zip(captured, run(operator, mode, fresh, fresh_grad)):
            assert torch.equal(a, b)


def test_first_call_in_a_capture(gpu):
    """Without a call before, that opens the device and loads the kernel."""
    code = ("import torch, weighted_filter as w; x, k = torch.ones(1, 1, 8, 8).cuda(), torch.ones(1, 9, 8, 8).cuda(); "
            "graph = torch.cuda.CUDAGraph(); context = torch.cuda.graph(graph); context.__enter__(); y = w.gather(x, "
            "k); context.__exit__(None, None, None); x.fill_(2); graph.replay(); print(y[0, 0, 4, 4].item())")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)
    assert result.stdout == "18.0\n", result.stderr


def test_no_synchronization(gpu):
    """PyTorch's own check of calls that wait."""
    *variables, grad = tensors(CASE, "softmax", "float32", gpu)
    run("splat", "softmax", variables, grad)
    torch.cuda.set_sync_debug_mode("error")
    try:
        run("splat", "softmax", variables, grad)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_every_device(gpu):
    """Tensors on a GPU that is not the current one."""
    for index in range(torch.cuda.device_count()):
        *variables, grad = tensors(CASE, "softmax", "float32", f"cuda:{index}")
        output, *gradients = run("gather", "softmax", variables, grad)
        assert output.device.index == index and all(gradient.device.index == index for gradient in gradients)
        assert torch.cuda.current_device() == 0
