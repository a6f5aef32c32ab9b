"""libwf, as Python calls it: PyTorch's tensors are handed over where they lie, with their strides, on PyTorch's stream.

The library is plain C behind ctypes, so that it needs no PyTorch to be built and runs with any version. The environment
variable WEIGHTED_FILTER_LIBRARY names a libwf.so to load instead of the one in this package.

A wf_device may be used by one thread at a time, and ctypes lets other threads run during a call: so each thread has
devices and argument structs of its own.
"""

from __future__ import annotations

import ctypes
import functools
import os
import pathlib
import struct
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import NoReturn

import torch  # first: libwf then shares PyTorch's OpenMP runtime and its threads, where that has the usual name
from torch import Tensor

DTYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2, torch.float64: 3}
MODES = {"linear": 0, "normalized": 1, "softmax": 2}
GATHER, SPLAT = 0, 1
MAX_KERNEL = 255  # WF_MAX_KERNEL
MAX_DILATION = 65535  # WF_MAX_DILATION
MIN_SUM = 1e-6  # WF_MIN_SUM

_VERSION = "0.2."  # of libwf, whose other versions' functions may take other arguments
_BACKENDS = {"cpu": 0, "cuda": 2}
_INVALID_ARGUMENT = 1
_NOT_BUILT = 3
_WORKSPACE_ALIGNMENT = 256

_LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)


class _Log(ctypes.Structure):
    _fields_ = [("callback", _LogCallback), ("user", ctypes.c_void_p)]


class _DeviceOptions(ctypes.Structure):
    _fields_ = [("backend", ctypes.c_int), ("ordinal", ctypes.c_int), ("log", _Log)]


class _Filter(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("kernel_height", "kernel_width", "dilation", "mode", "groups")]


# wf_tensor: data, dtype, size[4], stride[4]. wf_gradients: nine tensors and the workspace. Packed, which is faster than
# setting the fields of a ctypes.Structure.
_TENSOR = struct.Struct("@Pi8q")
_GRADIENTS = struct.Struct("@10P")


def _find() -> str:
    """The package has one folder, or two where pip installed it editable: sources, and what was built."""
    files = [pathlib.Path(folder) / "libwf.so" for folder in sys.modules[__package__].__path__]
    return os.environ.get("WEIGHTED_FILTER_LIBRARY") or str(next(filter(pathlib.Path.exists, files), files[0]))


def _openmp(library: ctypes.CDLL) -> ctypes.CDLL:
    """With the functions of the OpenMP runtime that libwf uses: its own or, in a wheel, PyTorch's."""
    return library if hasattr(library, "omp_set_num_threads") else ctypes.CDLL(None)


def _load() -> ctypes.CDLL:
    integer, pointer = ctypes.c_int, ctypes.c_void_p
    try:
        library = ctypes.CDLL(_find())
        for name, result, arguments in (
            ("wf_create", integer, [pointer] * 2),
            ("wf_destroy", None, [pointer]),
            ("wf_version", ctypes.c_char_p, []),
            ("wf_backend_built", integer, [integer]),
            ("wf_apply", integer, [pointer] * 2 + [integer] + [pointer] * 6),
            ("wf_gather_splat", integer, [pointer] * 8),
            ("wf_backward", integer, [pointer] * 2 + [integer] + [pointer] * 2),
            ("wf_backward_workspace", ctypes.c_size_t, [pointer, integer] + [pointer] * 2),
            ("wf_grad_weight", integer, [pointer] * 2 + [integer] + [pointer] * 4),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        set_threads = _openmp(library).omp_set_num_threads
        set_threads.restype, set_threads.argtypes = None, [integer]
    except (OSError, AttributeError) as error:
        raise ImportError(f"weighted_filter cannot load its library: {error}") from None
    version = library.wf_version().decode()
    if not version.startswith(_VERSION):
        raise ImportError(f"weighted_filter cannot use its library: {library._name} is version {version}, "
                          f"it needs {_VERSION}x")
    return library


_library = _load()
_set_threads = _openmp(_library).omp_set_num_threads
VERSION: str = _library.wf_version().decode()


def backends() -> tuple[str, ...]:
    """What this build works on: ("cpu", "cuda"), or ("cpu",) where it was built without CUDA."""
    return tuple(name for name, index in _BACKENDS.items() if _library.wf_backend_built(index))


def sum_dtype(dtype: torch.dtype) -> torch.dtype:
    """The type of sums, coverage and bias for images of this type."""
    return torch.float64 if dtype == torch.float64 else torch.float32


class _Thread(threading.local):
    """What each thread has of its own."""

    def __init__(self) -> None:
        self.message = ""  # the library's last sentence
        self.devices: dict[int, ctypes.c_void_p] = {}  # from Tensor.get_device()
        self.tensors = ctypes.create_string_buffer(9 * _TENSOR.size)
        self.gradients = ctypes.create_string_buffer(_GRADIENTS.size)
        first = ctypes.addressof(self.tensors)
        self.places = [(offset, first + offset) for offset in range(0, len(self.tensors), _TENSOR.size)]


_thread = _Thread()


@_LogCallback
def _keep_message(_user: int, _level: int, message: bytes) -> None:
    _thread.message = message.decode()


def _fail(result: int) -> NoReturn:
    """Raises what the library said."""
    raise (ValueError if result == _INVALID_ARGUMENT else RuntimeError)(_thread.message)


class _Device(ctypes.c_void_p):
    """A wf_device; destroyed with its thread."""


def _open(device: torch.device) -> _Device:
    options = _DeviceOptions(_BACKENDS[device.type], device.index or 0, _Log(_keep_message, None))
    opened = _Device()
    result = _library.wf_create(ctypes.byref(options), ctypes.byref(opened))
    if result == _NOT_BUILT:
        raise RuntimeError(f"the tensors are on {device} and this build of weighted_filter is for "
                           f"{', '.join(backends())} only: nvcc was not found when it was installed")
    if result:
        _fail(result)
    weakref.finalize(opened, _library.wf_destroy, opened.value).atexit = False  # daemon threads may be at work then
    return opened


def _addresses(first: Tensor, *others: Tensor | None) -> list[int]:
    """A wf_tensor of each tensor (N,C,H,W) or bias (C), 0 for None. They are valid until this thread calls again."""
    buffer, places = _thread.tensors, _thread.places
    device = first.device
    addresses = []
    for tensor, (offset, address) in zip((first, *others), places):
        if tensor is None:
            addresses.append(0)
            continue
        if tensor.device != device:
            raise ValueError(f"the tensors are on {device} and on {tensor.device}, they need to be on one device")
        shape: Sequence[int] = tensor.shape
        stride: Sequence[int] = tensor.stride()
        if len(shape) == 1:
            shape, stride = (1, *shape, 1, 1), (0, *stride, 0, 0)
        _TENSOR.pack_into(buffer, offset, tensor.data_ptr(), DTYPES[tensor.dtype], *shape, *stride)
        addresses.append(address)
    return addresses


Settings = Sequence  # kernel_size (Kh, Kw), mode, dilation, groups


@functools.lru_cache(maxsize=None)
def _filter(kernel_height: int, kernel_width: int, mode: str, dilation: int, groups: int) -> _Filter:
    return _Filter(kernel_height, kernel_width, dilation, MODES[mode], groups)


def _start(operator: int, settings: Settings, input: Tensor) -> tuple:
    """The arguments that every operation begins with: device, stream, operator, filter."""
    (kernel_height, kernel_width), mode, dilation, groups = settings
    ordinal = input.get_device()
    device = _thread.devices.get(ordinal)
    if device is None:
        device = _thread.devices[ordinal] = _open(input.device)
    if ordinal >= 0:
        stream = torch._C._cuda_getCurrentRawStream(ordinal)  # of torch.cuda.current_stream, sooner
    else:
        stream = None
        _set_threads(torch.get_num_threads())  # OpenMP has a number for each thread that calls
    return device, stream, operator, ctypes.byref(_filter(kernel_height, kernel_width, mode, dilation, groups))


def apply(operator: int, settings: Settings, input: Tensor, weight: Tensor, bias: Tensor | None, output: Tensor,
          coverage: Tensor | None = None) -> None:
    """wf_apply: writes output and, where given, coverage."""
    result = _library.wf_apply(*_start(operator, settings, input), *_addresses(input, weight, bias, output, coverage))
    if result:
        _fail(result)


def gather_splat(settings: Settings, input: Tensor, weight: Tensor, bias: Tensor | None, gathered: Tensor,
                 splatted: Tensor) -> None:
    """wf_gather_splat: writes the last two."""
    device, stream, _, filter = _start(GATHER, settings, input)
    result = _library.wf_gather_splat(device, stream, filter, *_addresses(input, weight, bias, gathered, splatted))
    if result:
        _fail(result)


def backward(operator: int, settings: Settings, input: Tensor, weight: Tensor, bias: Tensor | None,
             output: Tensor | None, coverage: Tensor | None, grad_output: Tensor, grad_input: Tensor | None,
             grad_weight: Tensor | None, grad_bias: Tensor | None) -> None:
    """wf_backward: writes those of the last three that are given."""
    device, stream, _, filter = _start(operator, settings, input)
    addresses = _addresses(input, weight, bias, output, coverage, grad_output, grad_input, grad_weight, grad_bias)
    gradients = _thread.gradients
    _GRADIENTS.pack_into(gradients, 0, *addresses, 0)
    size = _library.wf_backward_workspace(device, operator, filter, gradients)
    if size:
        workspace = torch.empty(size + _WORKSPACE_ALIGNMENT - 1, dtype=torch.uint8, device=input.device)
        start = -(-workspace.data_ptr() // _WORKSPACE_ALIGNMENT) * _WORKSPACE_ALIGNMENT
        _GRADIENTS.pack_into(gradients, 0, *addresses, start)
    result = _library.wf_backward(device, stream, operator, filter, gradients)
    if result:
        _fail(result)


def grad_weight(operator: int, settings: Settings, input: Tensor, grad_output: Tensor, grad_weight: Tensor) -> None:
    """wf_grad_weight: writes grad_weight."""
    result = _library.wf_grad_weight(*_start(operator, settings, input), *_addresses(input, grad_output, grad_weight))
    if result:
        _fail(result)
