"""What a network of this family is made of: the `architecture` of a network file.

A frame's planes (`features`) go through a U-Net, whose decoder predicts, at full resolution and at each halved one, the
kernels of two pyramids (`weighted_filter.kernel_pyramid`), one gathered and one splat, and at full resolution a kernel
that filters the albedo:

    a     = gather(clamp(albedo, 0, 1)) with the albedo's softmax kernels
    x     = color / (a + epsilon)
    image = pyramid(x) * (a + epsilon)

with albedo_kernel = 0: image = pyramid(color).

U-Net. Level l has ceil(n / 2^l) rows and columns. Each 3x3 convolution pads with zeros and is followed by a bias and a
ReLU.

    e[0] = encoder 0 of the features;  e[l] = encoder l of the maximum over each 2x2 block's in-image pixels of e[l-1]
    d[L-1] = e[L-1];  d[l] = decoder l of the channels of U(d[l+1]), followed by those of e[l]
    U(x) at row y, column x is x at y/2, x/2 rounded down

Heads. At each level that has kernels, a 1x1 convolution with bias of d[l], whose channels are in this order: the logits
of the gathered kernel and of the splat kernel (K*K each, tap i*K+j), at level 0 those of the albedo's kernel; then, at
each level but the coarsest that has kernels, one channel each for the gather's and the splat's alpha, of which a
sigmoid is taken.

Tensors of the file, all (outputs, inputs, rows, columns) or (outputs): encoder.L.I.weight, encoder.L.I.bias,
decoder.L.I.weight, decoder.L.I.bias with level L and place I, head.L.weight, head.L.bias.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator

FAMILY = "kernel-pyramid-unet"
MAX_LEVELS, MAX_CHANNELS, MAX_CONVOLUTIONS, MAX_KERNEL = 8, 512, 8, 21
CHANNEL_MULTIPLE = 16  # what tensor cores take

PLANES = {"color": 3, "demodulated": 3, "albedo": 3, "normal": 3, "depth": 1}


@dataclasses.dataclass(frozen=True)
class Feature:
    """Planes of the network's input; features.py has the formulas. gain is of color and demodulated."""
    name: str
    scale: float = 1.0
    gain: float = 1.0


@dataclasses.dataclass(frozen=True)
class Convolution:
    """One convolution: where its tensors are in the file, its sizes, and the level that it runs at."""
    name: str
    inputs: int
    outputs: int
    kernel: int
    level: int


DEFAULT_FEATURES = (Feature("color", 0.5, 8.0), Feature("demodulated", 0.5, 8.0), Feature("albedo"), Feature("normal"),
                    Feature("depth", 0.5))


@dataclasses.dataclass(frozen=True)
class Architecture:
    channels: tuple[int, ...] = (16, 48, 64, 96, 128)  # of each level of the U-Net, finest first
    encoder: tuple[int, ...] = (2, 2, 2, 2, 2)  # 3x3 convolutions of each level
    decoder: tuple[int, ...] = (2, 2, 2, 2)  # ... of each level but the coarsest
    kernels: tuple[int, ...] = (5, 5, 5, 5, 5)  # K of each level that has kernels, finest first
    albedo_kernel: int = 5  # K; 0: the color is filtered as it is
    epsilon: float = 0.05
    features: tuple[Feature, ...] = DEFAULT_FEATURES

    def __post_init__(self) -> None:
        _check(self)

    @property
    def planes(self) -> int:
        """Of the network's input."""
        return sum(PLANES[feature.name] for feature in self.features)

    def head(self, level: int) -> list[int]:
        """Channels of a level's head: gather, splat, albedo, both alphas."""
        square, alpha = self.kernels[level] ** 2, int(level < len(self.kernels) - 1)
        return [square, square, self.albedo_kernel ** 2 if level == 0 else 0, alpha, alpha]

    def convolutions(self) -> Iterator[Convolution]:
        last = len(self.channels) - 1
        for level, channels in enumerate(self.channels):
            before = self.planes if level == 0 else self.channels[level - 1]
            for place in range(self.encoder[level]):
                yield Convolution(f"encoder.{level}.{place}", channels if place else before, channels, 3, level)
        for level in reversed(range(last)):
            before, channels = self.channels[level + 1] + self.channels[level], self.channels[level]
            for place in range(self.decoder[level]):
                yield Convolution(f"decoder.{level}.{place}", channels if place else before, channels, 3, level)
        for level in range(len(self.kernels)):
            yield Convolution(f"head.{level}", self.channels[level], sum(self.head(level)), 1, level)

    def parameters(self) -> int:
        return sum((c.inputs * c.kernel ** 2 + 1) * c.outputs for c in self.convolutions())

    def flop_per_pixel(self) -> float:
        """Of the convolutions, two for a multiplication with its addition, a pixel of a large frame."""
        return sum(2 * c.inputs * c.kernel ** 2 * c.outputs / 4 ** c.level for c in self.convolutions())

    def to_json(self) -> str:
        fields = dataclasses.asdict(self)
        features = [{key: value
                     for key, value in feature.items() if key != "gain" or feature["name"] in ("color", "demodulated")}
                    for feature in fields.pop("features")]
        return json.dumps({"family": FAMILY, "features": features, **fields})

    @classmethod
    def from_json(cls, text: str) -> Architecture:
        """Raises ValueError where the text is no architecture of this family, with what is wrong."""
        try:
            fields = json.loads(text)
        except ValueError:
            raise ValueError("the architecture is no JSON") from None
        if not isinstance(fields, dict):
            raise ValueError("the architecture is no JSON object")
        family = fields.pop("family", None)
        if family != FAMILY:
            raise ValueError(f"the architecture's family is {family!r}, it is {FAMILY!r}")
        names = {field.name for field in dataclasses.fields(cls)}
        if set(fields) != names:
            raise ValueError(f"the architecture has {', '.join(sorted(fields)) or 'nothing'}, it has "
                             f"{', '.join(sorted(names))}")
        for name, value in fields.items():
            if name in ("channels", "encoder", "decoder", "kernels"):
                if not isinstance(value, list):
                    raise ValueError(f"the architecture's {name} are no list")
                fields[name] = tuple(value)
        fields["features"] = _read_features(fields["features"])
        return cls(**fields)


def _read_features(entries: object) -> tuple[Feature, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("the architecture's features are no list of objects")
    features = []
    for entry in entries:
        if "name" not in entry or not set(entry) <= {"name", "scale", "gain"}:
            raise ValueError(f"the architecture's feature {json.dumps(entry)[:80]} has other than name, scale and gain")
        features.append(Feature(**entry))
    return tuple(features)


def _check_integers(name: str, values: tuple[int, ...], count: tuple[int, int], limits: tuple[int, int]) -> None:
    if not count[0] <= len(values) <= count[1]:
        needed = str(count[0]) if count[0] == count[1] else f"{count[0]} to {count[1]}"
        raise ValueError(f"the architecture's {name} have {len(values)} levels, there are {needed}")
    for value in values:
        if type(value) is not int or not limits[0] <= value <= limits[1]:
            raise ValueError(f"the architecture's {name} have {value!r}, they are integers of {limits[0]} to "
                             f"{limits[1]}")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"the architecture's {name} is {value!r}, it is a number of {low:g} to {high:g}")


def _check(architecture: Architecture) -> None:
    levels = len(architecture.channels)
    _check_integers("channels", architecture.channels, (1, MAX_LEVELS), (CHANNEL_MULTIPLE, MAX_CHANNELS))
    for channels in architecture.channels:
        if channels % CHANNEL_MULTIPLE:
            raise ValueError(f"the architecture's channels have {channels}, they are multiples of {CHANNEL_MULTIPLE}")
    _check_integers("encoder", architecture.encoder, (levels, levels), (1, MAX_CONVOLUTIONS))
    _check_integers("decoder", architecture.decoder, (levels - 1, levels - 1), (1, MAX_CONVOLUTIONS))
    _check_integers("kernels", architecture.kernels, (1, levels), (1, MAX_KERNEL))
    _check_integers("albedo_kernel", (architecture.albedo_kernel,), (1, 1), (0, MAX_KERNEL))
    _check_number("epsilon", architecture.epsilon, 1e-4, 1)
    if not architecture.features:
        raise ValueError("the architecture has no features")
    names = [feature.name for feature in architecture.features]
    for feature in architecture.features:
        if feature.name not in PLANES:
            raise ValueError(f"the architecture has a feature {feature.name!r}, there are {', '.join(PLANES)}")
        if names.count(feature.name) > 1:
            raise ValueError(f"the architecture has the feature {feature.name} {names.count(feature.name)} times")
        _check_number(f"scale of {feature.name}", feature.scale, 1e-3, 1e3)
        _check_number(f"gain of {feature.name}", feature.gain, 1e-3, 1e3)
