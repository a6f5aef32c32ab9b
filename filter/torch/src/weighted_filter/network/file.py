"""Network files: safetensors, float16, with everything in the metadata that a reader in C needs.

    format         "weighted-filter-network"
    version        "1"
    architecture   JSON, see architecture.py
    reference      JSON, see reference.py
    name, origin, licence   text: what a viewer shows, who trained it on what, under which licence it is

A file has at most 8 MB (MAX_BYTES).
"""

from __future__ import annotations

import json
import os
import pathlib

import torch

from . import reference
from .architecture import Architecture
from .unet import Network

FORMAT, VERSION = "weighted-filter-network", "1"
MAX_BYTES = 8 << 20
_TEXTS = ("name", "origin", "licence")


def state(network: Network) -> dict[str, torch.Tensor]:
    """The file's tensors: float16, on the CPU."""
    tensors = {name: value.detach().to("cpu", torch.float16).contiguous()
               for name, value in network.state_dict().items()}
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(f"the network's {name} has numbers that are not finite in float16")
    return tensors


def save_network(path: str | os.PathLike, network: Network, *, name: str, origin: str, licence: str) -> None:
    """Writes the file, at once or not at all. ValueError: it would be too large, or a parameter is not finite."""
    from safetensors.torch import save

    tensors = state(network)
    rounded = Network(network.architecture)
    rounded.load_state_dict(tensors)
    metadata = {"format": FORMAT, "version": VERSION, "architecture": network.architecture.to_json(),
                "reference": json.dumps(reference.answer(rounded)), "name": name, "origin": origin, "licence": licence}
    data = _in_order(save(tensors, metadata))
    if len(data) > MAX_BYTES:
        raise ValueError(f"the network has {len(data)} bytes, a file has at most {MAX_BYTES}")
    part = pathlib.Path(f"{os.fspath(path)}.part")
    part.write_bytes(data)
    part.replace(path)


def _in_order(data: bytes) -> bytes:
    """The same safetensors file with its header in the order of names, which the library leaves to chance."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:8 + length]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length:]


def load_network(path: str | os.PathLike) -> tuple[Network, dict[str, str]]:
    """The network in float32 on the CPU, and name, origin and licence.

    Raises ValueError, one sentence that starts with the path, for a file that is damaged or of another kind; OSError
    where it cannot be read.
    """
    size = os.stat(path).st_size
    if size > MAX_BYTES:
        raise ValueError(f"{os.fspath(path)}: has {size} bytes, a network file has at most {MAX_BYTES}")
    try:
        tensors, metadata = _read(pathlib.Path(path).read_bytes())
        return _build(tensors, metadata), {text: metadata.get(text, "") for text in _TEXTS}
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None


def _read(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f"is no safetensors file: {error}") from None
    length = int.from_bytes(data[:8], "little")
    return tensors, json.loads(data[8:8 + length]).get("__metadata__", {})


def _build(tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> Network:
    if metadata.get("format") != FORMAT:
        raise ValueError(f"its format is {metadata.get('format')!r}, it is {FORMAT!r}")
    if metadata.get("version") != VERSION:
        raise ValueError(f"its version is {metadata.get('version')!r}, this reads {VERSION!r}")
    if "architecture" not in metadata:
        raise ValueError("it has no architecture")
    architecture = Architecture.from_json(metadata["architecture"])
    shapes = {}
    for convolution in architecture.convolutions():
        shapes[f"{convolution.name}.weight"] = (convolution.outputs, convolution.inputs, convolution.kernel,
                                                convolution.kernel)
        shapes[f"{convolution.name}.bias"] = (convolution.outputs,)
    for name, tensor in sorted(tensors.items()):
        if name not in shapes:
            raise ValueError(f"it has a tensor {name!r}, which its architecture has not")
        if tuple(tensor.shape) != shapes[name]:
            raise ValueError(f"its {name} is {_times(tensor.shape)}, the architecture's is {_times(shapes[name])}")
        if tensor.dtype not in (torch.float16, torch.float32):
            raise ValueError(f"its {name} is {tensor.dtype}, it is float16 or float32".replace("torch.", ""))
        if not tensor.isfinite().all():
            raise ValueError(f"its {name} has numbers that are not finite")
    for name in shapes:
        if name not in tensors:
            raise ValueError(f"it has no tensor {name!r}, which its architecture has")
    network = Network(architecture)
    network.load_state_dict(tensors)
    return network


def _times(shape) -> str:
    return "x".join(map(str, shape)) or "a number"
