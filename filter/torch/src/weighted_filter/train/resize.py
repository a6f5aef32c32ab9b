"""Makes of a network one of other sizes, to train on from:

    python -m weighted_filter.train.resize kpn.safetensors small.safetensors --channels 16,32,64,128,160 --data pairs

Where a level has fewer channels than it had, those of each of its convolutions are taken away one after the other,
always the one that is missed least by the convolutions that read it, after their weights of the others were fitted to
give what they gave (optimal brain surgeon, in blocks; errors and fits follow from the covariance of what is read). From
the input on, each convolution that lost inputs is then fitted to give, of what now comes in, what it gave before. Where
a level has more channels the new ones start at random and nothing reads them yet, so that the network computes what it
did. Where a level has fewer convolutions, its last one is fitted to what the last one gave.

All is measured on training pairs, varied as training does.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..network import Architecture, Network, load_network, save_network
from ..network.features import clean, exposure, features
from . import augment, draw, records
from .options import integers, typed
from .pool import Pool, Watcher

POSITIONS = 600  # of each sample at each level, where convolutions are looked at
DAMPING = 1e-3  # of the mean variance of what a convolution reads

SIZES = {"channels": "of each level, finest first", "encoder": "3x3 convolutions of each level",
         "decoder": "... of each but the coarsest"}  # that may be others

Places = dict[str, list[int]]  # which of the old outputs each of a convolution's is; NEW: none
NEW = -1


class Seen(NamedTuple):
    """Of one convolution."""
    covariance: Tensor  # of what its weights are multiplied with
    outputs: Tensor  # (outputs, positions), before the ReLU


def resize(network: Network, architecture: Architecture, planes: Tensor) -> Network:
    """planes (N,C,H,W): what the network sees of samples like those that it is for. Raises ValueError where the
    architectures differ in more than channels and convolutions, or a level has more convolutions than it had."""
    _check(network.architecture, architecture)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        seen = _see(network, planes)
        places = _choose(network, architecture, seen)
        resized = _take(network, architecture, places)
        _fit(resized, network, planes, seen, places)
    return resized


def _check(old: Architecture, new: Architecture) -> None:
    sizes = {name: getattr(old, name) for name in SIZES}
    if len(new.channels) != len(old.channels) or dataclasses.replace(new, **sizes) != old:
        raise ValueError("a network keeps its levels, kernels, features and epsilon")
    for part in ("encoder", "decoder"):
        for level, (had, has) in enumerate(zip(getattr(old, part), getattr(new, part))):
            if has > had:
                raise ValueError(f"{part} {level} of the network has {had} convolutions: {has} are more")


# ---- Who reads whom ----


def _sources(architecture: Architecture) -> dict[str, list[str]]:
    """For each convolution those whose outputs it reads, in the order of its inputs; for the first one none."""
    last = len(architecture.channels) - 1
    encoded = [f"encoder.{level}.{count - 1}" for level, count in enumerate(architecture.encoder)]
    decoded = [f"decoder.{level}.{count - 1}" for level, count in enumerate(architecture.decoder)] + [encoded[last]]
    sources = {}
    for convolution in architecture.convolutions():
        part, level, place = (*convolution.name.split("."), "0")[:3]
        level, place = int(level), int(place)
        if part == "head":
            read = [decoded[level]]
        elif place:
            read = [f"{part}.{level}.{place - 1}"]
        elif part == "decoder":
            read = [decoded[level + 1], encoded[level]]
        else:
            read = [encoded[level - 1]] if level else []
        sources[convolution.name] = read
    return sources


def _old_names(old: Architecture, new: Architecture) -> dict[str, str]:
    """Of the convolution that each of the new ones stands for."""
    names = {}
    for convolution in new.convolutions():
        part, level, *place = convolution.name.split(".")
        if part != "head" and int(place[0]) == getattr(new, part)[int(level)] - 1:
            names[convolution.name] = f"{part}.{level}.{getattr(old, part)[int(level)] - 1}"
        else:
            names[convolution.name] = convolution.name
    return names


# ---- What the network does ----


def _patches(x: Tensor, kernel: int) -> Tensor:
    """(C*kernel*kernel, positions): what a convolution's weights are multiplied with, at random positions."""
    batch, _, height, width = x.shape
    random = torch.Generator().manual_seed(height * width)
    columns = []
    for image in range(batch):
        chosen = torch.randperm(height * width, generator=random)[:POSITIONS]
        columns.append(nn.functional.unfold(x[image:image + 1], kernel, padding=kernel // 2)[0][:, chosen])
    return torch.cat(columns, 1)


def _covariance(patches: Tensor) -> Tensor:
    centered = (patches - patches.mean(1, keepdim=True)).double()
    return centered @ centered.T / patches.shape[1]


def _damped(covariance: Tensor) -> Tensor:
    size = len(covariance)
    return covariance + DAMPING * (covariance.trace() / size) * torch.eye(size, dtype=covariance.dtype)


def _see(network: Network, planes: Tensor) -> dict[str, Seen]:
    names = {layer: name for name, layer in network.named_modules()}
    seen: dict[str, Seen] = {}

    def look(layer: nn.Conv2d, x: Tensor) -> None:
        patches = _patches(x, layer.kernel_size[0])
        seen[names[layer]] = Seen(_covariance(patches), layer.weight.flatten(1) @ patches + layer.bias[:, None])

    network(planes, look)
    return seen


# ---- Which channels stay ----


class _Reader:
    """A convolution that goes on without some of its inputs: the errors that this makes, as shares of the variance of
    all that it gives, and its weights for what is left."""

    def __init__(self, layer: nn.Conv2d, seen: Seen, first: int) -> None:
        self.taps = layer.kernel_size[0] ** 2
        self.first = first  # of its inputs that are the channels in question
        self.weights = layer.weight.flatten(1).double()
        self.inverse = torch.linalg.inv(_damped(seen.covariance))
        self.total = seen.outputs.var(1).sum().double()

    def _block(self, channel: int) -> slice:
        start = (self.first + channel) * self.taps
        return slice(start, start + self.taps)

    def errors(self, channels: list[int]) -> Tensor:
        """Of dropping one of these."""
        columns = self.taps * (self.first + torch.tensor(channels))[:, None] + torch.arange(self.taps)
        weights = self.weights[:, columns].transpose(0, 1)
        blocks = self.inverse[columns[:, :, None], columns[:, None, :]]
        return (torch.linalg.solve(blocks, weights.mT).mT * weights).sum((1, 2)) / self.total

    def drop(self, channel: int) -> None:
        block = self._block(channel)
        solved = torch.linalg.solve(self.inverse[block, block], self.inverse[block])
        self.weights -= self.weights[:, block] @ solved
        self.inverse -= self.inverse[:, block] @ solved


def _choose(network: Network, new: Architecture, seen: dict[str, Seen]) -> Places:
    """For each of the new architecture's convolutions."""
    old = network.architecture
    layers, outputs = dict(network.named_modules()), {c.name: c.outputs for c in old.convolutions()}
    readers: dict[str, list[tuple[str, int]]] = {name: [] for name in outputs}
    for name, sources in _sources(old).items():
        first = 0
        for source in sources:
            readers[source].append((name, first))
            first += outputs[source]
    old_names, places = _old_names(old, new), {}
    for convolution in new.convolutions():
        name = old_names[convolution.name]
        kept = list(range(outputs[name]))
        if convolution.outputs < len(kept):
            reading = [_Reader(layers[reader], seen[reader], first) for reader, first in readers[name]]
            while convolution.outputs < len(kept):
                least = kept[sum(reader.errors(kept) for reader in reading).argmin()]
                for reader in reading:
                    reader.drop(least)
                kept.remove(least)
        places[convolution.name] = kept + [NEW] * (convolution.outputs - len(kept))
    return places


# ---- The new network ----


def _take(network: Network, new: Architecture, places: Places) -> Network:
    """With the old weights between channels that stay, none for what new channels give, random ones for what they
    read, and none of a convolution that reads other than what it did."""
    resized, sources, old_names = Network(new), _sources(new), _old_names(network.architecture, new)
    layers, old_layers = dict(resized.named_modules()), dict(network.named_modules())
    for name, layer in ((c.name, layers[c.name]) for c in new.convolutions()):
        old = old_layers[old_names[name]]
        rows = torch.tensor(places[name])
        if name == old_names[name]:
            columns, first = [], 0
            for source in sources[name]:
                columns += [place if place == NEW else first + place for place in places[source]]
                first += old_layers[old_names[source]].out_channels
            columns = torch.tensor(columns or list(range(old.in_channels)))
            weight = torch.where((columns == NEW)[:, None, None], 0, old.weight[rows][:, columns])
        else:
            weight = torch.zeros_like(layer.weight)
        is_new = rows == NEW
        layer.weight.copy_(torch.where(is_new[:, None, None, None], layer.weight, weight))
        layer.bias.copy_(torch.where(is_new, 0, old.bias[rows]))
    return resized


def _fit(network: Network, old: Network, planes: Tensor, seen: dict[str, Seen], places: Places) -> None:
    """Each convolution that lost inputs to what it gave, from what it now reads: in the mean of squares, by a change of
    its weights that is small."""
    names = {layer: name for name, layer in network.named_modules()}
    old_names = _old_names(old.architecture, network.architecture)
    sources = _sources(network.architecture)

    def lost(name: str) -> bool:
        return name != old_names[name] or any(
            len(set(places[source]) - {NEW}) < len(seen[old_names[source]].outputs) for source in sources[name])

    def look(layer: nn.Conv2d, x: Tensor) -> None:
        name = names[layer]
        if not lost(name):
            return
        rows = [row for row, place in enumerate(places[name]) if place != NEW]
        wanted = seen[old_names[name]].outputs[[places[name][row] for row in rows]]
        patches = _patches(x, layer.kernel_size[0])
        missing = (wanted - layer.weight[rows].flatten(1) @ patches - layer.bias[rows, None]).double()
        mean = patches.mean(1, keepdim=True).double()
        centered = patches.double() - mean
        offset = missing.mean(1, keepdim=True)
        product = (missing - offset) @ centered.T / patches.shape[1]
        change = torch.linalg.solve(_damped(centered @ centered.T / patches.shape[1]), product.T).T
        layer.weight[rows] += change.unflatten(1, layer.weight.shape[1:]).float()
        layer.bias[rows] += (offset - change @ mean)[:, 0].float()

    network(planes, look)


# ---- The command ----


def _architecture(old: Architecture, sizes: dict[str, tuple[int, ...] | None]) -> Architecture:
    """With those of the sizes that are given."""
    given = {name: values for name, values in sizes.items() if values is not None}
    for name, values in given.items():
        if len(values) != len(getattr(old, name)):
            raise ValueError(f"--{name} has {len(values)} levels, the network's has {len(getattr(old, name))}")
    return dataclasses.replace(old, **given)


def samples(architecture: Architecture, paths: list[str], count: int) -> Tensor:
    """(N,C,H,W): what a network sees of the first pairs that paths have, varied as for training, but without defects.
    Raises ValueError or OSError, with what is wrong."""
    manifest = Watcher(paths).new()
    if not manifest:
        raise ValueError(f"{paths[0]}: has no training pairs")
    shape = records.open_slice(manifest[0][0]).shape
    pool = Pool(shape, count, torch.device("cpu"))
    pool.load(manifest)
    pool.wait()
    pool.close()
    crop, pairs = (shape.height, shape.width), pool.ready
    numbers = draw.draw(draw.generator(0, 0), pairs, pairs, shape, crop, 0.0)
    numbers[:, draw.INDEX] = np.arange(pairs)
    batch = augment.augment(pool.noisy, pool.clean, torch.from_numpy(numbers), shape.width, crop)
    frame = clean(batch.frame)
    return features(architecture, frame, exposure(frame.color))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m weighted_filter.train.resize",
                                     description="Makes of a network one of other sizes, to train on from.")
    parser.add_argument("network", metavar="FILE")
    parser.add_argument("out", metavar="OUT", help="the file to write; it keeps name, origin and licence")
    parser.add_argument("--data", nargs="+", required=True, metavar="PATH",
                        help="training pairs, on which channels are compared: files, or directories of them")
    parser.add_argument("--pairs", type=int, default=48, metavar="N", help="how many of them (default %(default)s)")
    for name, what in SIZES.items():
        parser.add_argument(f"--{name}", type=typed(integers, "a list of integers"), metavar="N,N,...",
                            help=f"{what}; without it: as in FILE")
    given = parser.parse_args(arguments)
    try:
        if given.pairs < 1:
            raise ValueError(f"--pairs is {given.pairs}, it is at least 1")
        network, about = load_network(given.network)
        architecture = _architecture(network.architecture, {name: getattr(given, name) for name in SIZES})
        planes = samples(architecture, given.data, given.pairs)
        save_network(given.out, resize(network, architecture, planes), **about)
    except (ValueError, OSError) as error:
        print(f"weighted_filter.train.resize: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
