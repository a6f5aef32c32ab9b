"""Data sets as `wfview --dataset` writes them: files of records, finished (.npy) or growing (.npy.part).

A record is a training pair. What is read of it, as float32 or float16, H x W pixels:

    color              (S,3,H,W) of S independent buffers, or (3,H,W) of one
    albedo, normal     (S,3,H,W) of the same samples, or (3,H,W) for all buffers
    depth              (S,H,W) or (H,W)
    reference          (3,H,W), converged
    reference_albedo   (3,H,W), where there is one; else the mean of the buffers' albedo takes its place

Slices of a data set are files of one format, in the order of their names; of a file that is still written the whole
records count that are there.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

NOISY_PLANES, CLEAN_PLANES = 10, 6  # color, albedo, normal, depth; reference, reference albedo
LARGEST = 65504.0  # of float16
_TYPES = {np.dtype("<f2"): torch.float16, np.dtype("<f4"): torch.float32, np.dtype("<f8"): torch.float64}
_NEEDED = ("color", "albedo", "normal", "depth", "reference")


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of all records of one training run."""
    buffers: int
    height: int
    width: int

    def bytes(self) -> int:
        """Of a pair as `convert` returns it."""
        return 2 * (self.buffers * NOISY_PLANES + CLEAN_PLANES) * self.height * self.width


@dataclasses.dataclass(frozen=True)
class Slice:
    """One file, known by the name that it has when it is finished."""
    path: str
    dtype: np.dtype
    offset: int  # of the first record
    count: int  # records that are there

    @property
    def shape(self) -> Shape:
        color = self.dtype["color"].shape
        return Shape(color[0] if len(color) == 4 else 1, *color[-2:])


def find(paths: Sequence[str]) -> list[str]:
    """The files that paths name, finished or growing, by the names that they have when they are finished. In a
    directory all that it has, in the order of names."""
    found: list[str] = []
    for path in paths:
        entry = pathlib.Path(path)
        if entry.is_dir():
            names = {str(file).removesuffix(".part")
                     for file in entry.iterdir() if file.name.endswith((".npy", ".npy.part"))}
            found += sorted(names)
        else:
            found.append(str(entry).removesuffix(".part"))
    return list(dict.fromkeys(found))


def find_folder(paths: Sequence[str]) -> str:
    """The first directory, in which pairs may appear. Raises ValueError where there is none, or that has pairs of
    another format."""
    folders = [path for path in paths if pathlib.Path(path).is_dir()]
    if not folders:
        raise ValueError(f"{paths[0]}: has no training pairs")
    for folder in folders:
        if any(pathlib.Path(folder).glob("*.exr")):
            raise ValueError(f"{folder}: has EXR files, training pairs are what wfview --dataset OUT.npy writes")
    return folders[0]


def _existing(path: str) -> pathlib.Path:
    finished = pathlib.Path(path)
    return finished if finished.exists() else pathlib.Path(path + ".part")


def open_slice(path: str) -> Slice:
    """Raises ValueError, a sentence with the path, for what is no data set; OSError where it cannot be read."""
    with open(_existing(path), "rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, _, dtype = read_header[version](file)
        except (ValueError, KeyError):
            raise ValueError(f"{path}: is no file of training pairs: it has no header of a .npy file") from None
        offset = file.tell()
        size = file.seek(0, 2)
    _check(path, dtype)
    return Slice(path, dtype, offset, min(shape[0] if shape else 0, (size - offset) // dtype.itemsize))


def _check(path: str, dtype: np.dtype) -> None:
    missing = [name for name in _NEEDED if name not in (dtype.names or ())]
    if missing:
        raise ValueError(f"{path}: is no file of training pairs: it has no {missing[0]}")
    color = dtype["color"].shape
    if len(color) not in (3, 4) or color[-3] != 3:
        raise ValueError(f"{path}: color is {color}, it is (3,H,W) or (S,3,H,W)")
    for name in (*_NEEDED, "reference_albedo"):
        if name not in dtype.names:
            continue
        image = color[-2:] if name == "depth" else color[-3:]
        if dtype[name].shape not in (image, (*color[:-3], *image)) or dtype[name].base not in _TYPES:
            raise ValueError(f"{path}: {name} is {dtype[name].base} {dtype[name].shape}, with a color of {color} it "
                             f"has floating-point numbers {image}")


def read(slice: Slice, index: int) -> bytearray:
    """A record as it lies in the file; shorter where the file ends."""
    data = bytearray(slice.dtype.itemsize)
    with open(_existing(slice.path), "rb", buffering=0) as file:
        file.seek(slice.offset + index * len(data))
        view, done = memoryview(data), 0
        while done < len(data) and (count := file.readinto(view[done:])):
            done += count
    return data[:done]


def convert(slice: Slice, data: bytearray, device: torch.device) -> tuple[Tensor, Tensor] | None:
    """A pair: noisy (S,10,H*W) and clean (6,H*W), float16, without numbers that are not finite; color and reference
    scaled together by a power of two so that they fit. None: no use for training, a reference that is black or not
    finite."""
    if len(data) < slice.dtype.itemsize:
        return None
    record = torch.frombuffer(data, dtype=torch.uint8).to(device)
    shape = slice.shape
    pixels = shape.height * shape.width
    reference = _field(slice, record, "reference").view(3, pixels).float()
    mean = reference.mean(dtype=torch.float64).item()
    if not 1e-7 < mean < 1e20:
        return None
    scale = 2.0 ** -round(math.log2(mean))
    noisy = torch.empty((shape.buffers, NOISY_PLANES, pixels), dtype=torch.float16, device=device)
    for first, name, planes in ((0, "color", 3), (3, "albedo", 3), (6, "normal", 3), (9, "depth", 1)):
        values = _field(slice, record, name).view(-1, planes, pixels).float()
        values = torch.where(values.isfinite().all(1, keepdim=True), values, 0)
        noisy[:, first:first + planes] = (scale * values if name == "color" else values).clamp(-LARGEST, LARGEST)
    if "reference_albedo" in slice.dtype.names:
        albedo = _field(slice, record, "reference_albedo").view(3, pixels).float().nan_to_num()
    else:
        albedo = noisy[:, 3:6].float().mean(0)
    clean = torch.cat([(scale * reference).clamp(0, LARGEST), albedo.clamp(0, 1)]).half()
    return noisy, clean


def _field(slice: Slice, record: Tensor, name: str) -> Tensor:
    dtype, offset = slice.dtype.fields[name][:2]
    return record[offset:offset + dtype.itemsize].clone().view(_TYPES[dtype.base])
