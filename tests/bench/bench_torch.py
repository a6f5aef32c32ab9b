"""Times the PyTorch layer beside other ways to compute the same in PyTorch, each verified before it is timed.

    python tests/bench/bench_torch.py [--device cuda] [--json FILE] [--quick] [--help]

Candidates: weighted_filter; unfold (torch's unfold or fold, and einsum); compiled (torch.compile of shift-and-add, tap
by tap); carafe (mmcv.ops.carafe, gather only, where mmcv is installed). NATTEN has no operator that takes weights any
more.

Every candidate's outputs, and its gradients, are compared at the measured size with sums in float64. Milliseconds are
medians, on a GPU of CUDA events around calls that follow each other without a wait. Memory is what a call takes at its
peak beyond what was there before it: on a GPU of PyTorch's allocator, on a CPU of the process, one for each
measurement.

The training crop, by itself with --training-crop: eager forward and backward, both gradients, as a loop in Python
enqueues them, against the same captured in a CUDA graph, which is what the kernels take by themselves, and against an
autograd function that only allocates its results, which is what PyTorch takes by itself. Twice: PyTorch runs a GPU's
backward passes on a thread of their own, and with torch.autograd.set_multithreading_enabled(False) on the caller's.
"""

import argparse
import concurrent.futures
import ctypes
import dataclasses
import datetime
import functools
import json
import multiprocessing
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import torch
from torch.nn.functional import fold, pad, unfold as patches_of

ROOT = pathlib.Path(__file__).resolve().parents[2]

DIRECTIONS = ("forward", "forward+backward")
OPERATORS = ("gather", "splat")
TRAINING_CROP = {"batch": 8, "channels": 3, "height": 128, "width": 128, "kernel": 17}


# ---- Candidates -----------------------------------------------------------------------------------------------------
# Each takes input (N,C,H,W), weight (N,K*K,H,W), linear, and K, odd.


def weighted_filter(operator, input, weight, kernel):
    import weighted_filter

    return getattr(weighted_filter, operator)(input, weight, kernel)


def unfold(operator, input, weight, kernel):
    batch, channels, height, width = input.shape
    if operator == "gather":
        patches = patches_of(input, kernel, padding=kernel // 2)
        return torch.einsum("nthw,ncthw->nchw", weight, patches.view(batch, channels, -1, height, width))
    patches = torch.einsum("nthw,nchw->ncthw", weight, input)
    return fold(patches.reshape(batch, -1, height * width), (height, width), kernel, padding=kernel // 2)


def shift_and_add(operator, input, weight, kernel):
    radius, output = kernel // 2, 0
    for tap in range(kernel * kernel):
        dy, dx = tap // kernel - radius, tap % kernel - radius
        if operator == "gather":
            output = output + weight[:, tap : tap + 1] * moved(input, -dy, -dx)
        else:
            output = output + moved(weight[:, tap : tap + 1] * input, dy, dx)
    return output


def compiled(operator, input, weight, kernel):
    return compiler()(operator, input, weight, kernel)


@functools.cache
def compiler():
    return torch.compile(shift_and_add, dynamic=False)


def carafe(operator, input, weight, kernel):
    from mmcv.ops import carafe

    return carafe(input, weight, kernel, 1, 1)


CANDIDATES = {function.__name__: function for function in (weighted_filter, unfold, compiled, carafe)}


def refusal(case, options):
    """Why a case is not measured, or None."""
    if case.candidate == "compiled" and case.kernel > options.compile_up_to:
        return f"{case.kernel**2} unrolled taps take long to compile: --compile-up-to is {options.compile_up_to}"
    if case.candidate == "carafe":
        if case.operator == "splat":
            return "CARAFE has no splat"
        if case.device == "cpu":
            return "CARAFE needs a GPU"
        try:
            import mmcv.ops  # noqa: F401
        except ImportError as error:
            return f"mmcv is not installed ({error})"
    return None


# ---- Cases ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    candidate: str
    operator: str
    direction: str
    device: str
    kernel: int
    width: int
    height: int
    channels: int
    batch: int

    def tensors(self):
        """input, weight and grad_output."""
        generator = torch.Generator(self.device).manual_seed(1)

        def uniform(channels):
            values = torch.empty(self.batch, channels, self.height, self.width, device=self.device)
            return values.uniform_(-1, 1, generator=generator)

        training = self.direction != "forward"
        return (uniform(self.channels).requires_grad_(training), uniform(self.kernel**2).requires_grad_(training),
                uniform(self.channels))

    def run(self, input, weight, grad):
        """The output and, where wanted, the gradients of input and weight."""
        output = CANDIDATES[self.candidate](self.operator, input, weight, self.kernel)
        if self.direction == "forward":
            return (output,)
        return output, *torch.autograd.grad(output, (input, weight), grad)


def moved(image, dy, dx):
    """image at p arrives at p + (dy,dx), which are smaller than the image; zeros elsewhere."""
    return pad(image, (dx, -dx, dy, -dy))


def verify(case, input, weight, grad, output, grad_input=None, grad_weight=None):
    """Raises ArithmeticError where a result is not what the formulas give, tap by tap in float64."""
    input, grad = input.detach().double(), grad.double()
    expected, expected_grad_input = torch.zeros_like(input), torch.zeros_like(input)
    radius, taps = case.kernel // 2, case.kernel**2
    for tap in range(taps):
        dy, dx = tap // case.kernel - radius, tap % case.kernel - radius
        values = weight[:, tap : tap + 1].detach().double()
        if case.operator == "gather":
            read = moved(input, -dy, -dx)
            expected += values * read
            expected_grad_input += moved(values * grad, dy, dx)
            tap_gradient = (grad * read).sum(1)
        else:
            read = moved(grad, -dy, -dx)
            expected += moved(values * input, dy, dx)
            expected_grad_input += values * read
            tap_gradient = (read * input).sum(1)
        if grad_weight is not None:
            close(case, "grad_weight", grad_weight[:, tap], tap_gradient, case.channels)
    close(case, "output", output.detach(), expected, taps)
    if grad_input is not None:
        close(case, "grad_input", grad_input, expected_grad_input, taps)


def close(case, name, actual, expected, terms):
    """Sums of so many terms of at most 1, in float32."""
    error = (actual - expected).abs().max().item()
    limit = 4 * terms * torch.finfo(torch.float32).eps
    if not error <= limit:
        raise ArithmeticError(f"{case}: {name} is off by {error:.3g}, {limit:.3g} is allowed")


# ---- Measuring ------------------------------------------------------------------------------------------------------


def resident(key):
    """Bytes: VmRSS now, VmHWM at most since reset_peak."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return 1024 * int(line.split()[1])
    raise RuntimeError(f"/proc/self/status has no {key}")


class Memory:
    """Bytes that a block takes at its peak beyond those before it, in `added`."""

    def __init__(self, device):
        self.cuda = device == "cuda"

    def __enter__(self):
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
            self.before = torch.cuda.memory_allocated()
        else:
            ctypes.CDLL(None).malloc_trim(0)  # what was freed before does not hide what is taken
            pathlib.Path("/proc/self/clear_refs").write_text("5")
            self.before = resident("VmRSS")
        return self

    def __exit__(self, *_):
        self.peak = torch.cuda.max_memory_allocated() if self.cuda else resident("VmHWM")
        self.added = self.peak - self.before


def seconds_each(device, function, count):
    """Of so many calls that follow each other."""
    if device == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
    else:
        began = time.perf_counter()
    for _ in range(count):
        function()
    if device != "cuda":
        return (time.perf_counter() - began) / count
    end.record()
    end.synchronize()
    return 1e-3 * start.elapsed_time(end) / count


def median_seconds(device, function, budget):
    """The median of 5 runs of calls, or of as many as the budget of seconds allows; at least one."""
    first = seconds_each(device, function, 1)
    count = max(1, min(100, int(budget / 5 / max(first, 1e-6))))
    repeats = max(1, min(5, int(budget / max(first, 1e-6))))
    return statistics.median(seconds_each(device, function, count) for _ in range(repeats))


def measure(case, options):
    """One row of the results."""
    row = {"candidate": case.candidate, "operator": case.operator, "direction": case.direction, "mode": "linear",
           "dtype": "float32", "weight_dtype": "float32", "kernel_height": case.kernel, "kernel_width": case.kernel,
           "width": case.width, "height": case.height, "batch": case.batch, "channels": case.channels,
           "milliseconds": None, "memory_bytes": None, "skipped": refusal(case, options)}
    if row["skipped"]:
        return row
    tensors = case.tensors()
    small = dataclasses.replace(case, width=2 * case.kernel, height=2 * case.kernel)
    warm_up = case if case.candidate == "compiled" else small
    warm_up.run(*warm_up.tensors())  # what is loaded or compiled once is no memory of the operator
    with Memory(case.device) as memory:
        results = case.run(*tensors)
    verify(case, *tensors, *results)
    del results
    return row | {"milliseconds": 1e3 * median_seconds(case.device, lambda: case.run(*tensors), options.budget),
                  "memory_bytes": memory.added}


def measure_apart(case, options):
    """measure in a process of its own, where the memory that others took before does not count."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as process:
        return process.submit(measure, case, options).result()


class Nothing(torch.autograd.Function):
    """An operator and its gradients, without what they compute."""

    @staticmethod
    def forward(ctx, input, weight):
        ctx.save_for_backward(input, weight)
        return torch.empty_like(input)

    @staticmethod
    def backward(ctx, grad):
        return tuple(map(torch.empty_like, ctx.saved_tensors))


def measure_training_crop(budget):
    crop = TRAINING_CROP
    rows = []
    for operator in OPERATORS:
        case = Case("weighted_filter", operator, "forward+backward", "cuda", crop["kernel"], crop["width"],
                    crop["height"], crop["channels"], crop["batch"])
        tensors = case.tensors()
        verify(case, *tensors, *case.run(*tensors))

        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            case.run(*tensors)
        torch.cuda.current_stream().wait_stream(side)
        captured, graph = 20, torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(captured):
                case.run(*tensors)
        alone = median_seconds("cuda", graph.replay, budget) / captured
        input, weight, grad = tensors
        for own_thread in (True, False):
            with torch.autograd.set_multithreading_enabled(own_thread):
                eager = median_seconds("cuda", lambda: case.run(*tensors), budget)
                nothing = median_seconds(
                    "cuda", lambda: torch.autograd.grad(Nothing.apply(input, weight), (input, weight), grad), budget)
            rows.append({"operator": operator, **crop, "backward_thread": "their own" if own_thread else "the caller's",
                         "eager_milliseconds": 1e3 * eager, "graph_milliseconds": 1e3 * alone,
                         "nothing_milliseconds": 1e3 * nothing, "ratio": eager / alone})
    return rows


# ---- Results --------------------------------------------------------------------------------------------------------


def device_and_driver(device):
    if device == "cuda":
        query = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"],
                               capture_output=True, text=True, check=False).stdout.split()
        driver = query[0] if query else "unknown"
        return torch.cuda.get_device_name(), f"NVIDIA driver {driver}, CUDA {torch.version.cuda}"
    names = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return names[0] if names else platform.machine(), f"{torch.get_num_threads()} threads"


def commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)

    head = git("rev-parse", "--short=10", "HEAD").stdout.strip()
    if not head:
        return "unknown"
    clean = git("diff", "--quiet", "HEAD", "--", "filter", "tests/bench/bench_torch.py").returncode == 0
    return head if clean else f"{head}-dirty"


def print_row(row):
    size = f"{row['batch']}x{row['channels']}x{row['height']}x{row['width']}"
    values = (f"{row['milliseconds']:10.3f} ms{row['memory_bytes'] / 1e6:12.1f} MB" if not row["skipped"]
              else f"  skipped: {row['skipped']}")
    print(f"{row['candidate']:16}{row['operator']:8}{row['direction']:18}{row['kernel_height']:3}  {size:18}{values}",
          flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--candidate", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    parser.add_argument("--operator", nargs="+", choices=OPERATORS, default=list(OPERATORS))
    parser.add_argument("--kernel-size", nargs="+", type=int, help="odd; default 3 5 7 11 17 21, on a CPU 5 11")
    parser.add_argument("--size", nargs=2, type=int, metavar=("W", "H"), default=(1920, 1080))
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--compile-up-to", type=int, default=5,
                        help="largest kernel that shift-and-add is compiled for")
    parser.add_argument("--budget", type=float, default=2, help="seconds to time each row for, at most 500 calls")
    parser.add_argument("--json", type=pathlib.Path, help="a file for the results")
    parser.add_argument("--training-crop", action="store_true", help="that alone; needs a GPU")
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works")
    options = parser.parse_args(arguments)
    if options.quick:
        options.kernel_size, options.size, options.budget = [3], (48, 32), 0
    if options.training_crop and options.device != "cuda":
        parser.error("--training-crop compares with a captured CUDA graph, it needs --device cuda")
    options.kernel_size = options.kernel_size or ([5, 11] if options.device == "cpu" else [3, 5, 7, 11, 17, 21])
    for kernel in options.kernel_size:
        if kernel < 1 or kernel % 2 == 0 or kernel > 2 * min(options.size):
            parser.error(f"the kernel size is {kernel}, needs to be odd and at most {2 * min(options.size) - 1}")
    return options


def main():
    options = parse(sys.argv[1:])
    name, driver = device_and_driver(options.device)
    results = {"device": name, "driver": driver, "backend": options.device, "torch": torch.__version__,
               "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": commit(),
               "rows": [], "training_crop": []}
    print(f"{name}, {driver}, PyTorch {torch.__version__}", flush=True)
    for kernel in () if options.training_crop else options.kernel_size:
        for operator in options.operator:
            for direction in DIRECTIONS:
                for candidate in options.candidate:
                    case = Case(candidate, operator, direction, options.device, kernel, *options.size, options.channels,
                                options.batch)
                    row = measure(case, options) if options.device == "cuda" else measure_apart(case, options)
                    results["rows"].append(row)
                    print_row(row)
    if options.training_crop:
        results["training_crop"] = measure_training_crop(options.budget)
        for row in results["training_crop"]:
            print(f"training crop, {row['operator']}, backward on {row['backward_thread']} thread: eager "
                  f"{row['eager_milliseconds']:.3f} ms, captured {row['graph_milliseconds']:.3f} ms, ratio "
                  f"{row['ratio']:.3f}; a function that does nothing {row['nothing_milliseconds']:.3f} ms")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
