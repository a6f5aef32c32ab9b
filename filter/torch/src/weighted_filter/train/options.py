"""What a training run is told."""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib

import torch

from ..network import Architecture
from . import loss
from .records import Shape

Crop = tuple[int, int, float]  # height, width, share of the steps


@dataclasses.dataclass
class Options:
    data: list[str]
    out: str
    steps: int | None = None  # either of these two ends the run
    seconds: float | None = None
    architecture: Architecture = dataclasses.field(default_factory=Architecture)
    init: str | None = None  # a network file to start from, whose architecture is taken
    batch: int = 16  # samples a step and process
    crops: list[Crop] = dataclasses.field(default_factory=list)  # empty: see default_crops
    learning_rate: float = 1e-3
    warm_up: int = 500  # steps
    weight_decay: float = 1e-4
    average: float = 0.999  # decay of the exponential moving average of the parameters
    clip: float = 1.0  # largest norm of the gradient
    defects: float = 0.06  # share of samples with holes, of those with bright pixels, and so on: see draw.py
    loss: dict[str, float] = dataclasses.field(default_factory=lambda: dict(loss.WEIGHTS))
    seed: int = 1
    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    dtype: torch.dtype | None = None  # of the network's arithmetic; None: bfloat16 on a GPU, else float32
    # What torch.compile fuses: "off", "parts" (all but the network), "all"; None: parts on a GPU
    compile: str | None = None
    graph: bool = True  # capture steps as CUDA graphs
    deterministic: bool = False
    capacity: int | None = None  # pairs in the device's memory; None: what fits
    spread: bool = False  # processes hold different pairs
    minimum_pairs: int = 1  # before the first step
    frames: list[str] = dataclasses.field(default_factory=list)  # for validation, see frames.py
    validate_every: float = 120.0  # seconds
    checkpoint_every: float = 60.0
    log_every: int = 100  # steps
    name: str = "kpn"
    origin: str = ""
    licence: str = ""

    def identity(self, processes: int) -> dict:
        """What must be the same where a run is resumed."""
        return {"architecture": self.architecture.to_json(), "batch": self.batch * processes, "crops": self.crops,
                "learning_rate": self.learning_rate, "warm_up": self.warm_up, "weight_decay": self.weight_decay,
                "average": self.average, "clip": self.clip, "defects": self.defects, "loss": self.loss,
                "seed": self.seed, "steps": self.steps, "seconds": self.seconds, "init": self.init,
                "spread over": processes if self.spread else None}


def default_crops(shape: Shape) -> list[Crop]:
    """The whole record in three steps of five, and two that are odd at several levels of the network."""
    height, width = shape.height, shape.width
    crops = [(height, width, 3.0), (max(height - 20, 1), max(width - 5, 1), 1.0),
             (max(height - 3, 1), max(width - 24, 1), 1.0)]
    return crops


def _sizes(text: str) -> list[Crop]:
    crops = []
    for part in text.split(","):
        size, _, share = part.partition(":")
        width, _, height = size.partition("x")
        crops.append((int(height), int(width), float(share or 1)))
        if min(crops[-1]) <= 0:
            raise ValueError
    return crops


def integers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(",") if number)


def _loss(text: str) -> dict[str, float]:
    weights = dict(loss.WEIGHTS)
    for part in text.split(","):
        name, _, weight = part.partition("=")
        if name not in weights:
            raise argparse.ArgumentTypeError(f"the loss has no term {name!r}: there are {', '.join(weights)}")
        weights[name] = float(weight)
    return weights


def typed(function, what: str):
    def convert(text: str):
        try:
            return function(text)
        except (ValueError, IndexError):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}") from None
    return convert


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Says defaults where these are values that could be given."""

    def _get_help_string(self, action):
        is_value = action.default not in (None, [], "") and action.nargs != 0
        return super()._get_help_string(action) if is_value else action.help


def parser() -> argparse.ArgumentParser:
    defaults = Options([], "")
    p = argparse.ArgumentParser(
        prog="python -m weighted_filter.train", formatter_class=_Help,
        description="Trains a network that predicts kernels, on pairs of wfview --dataset. The same command goes on "
                    "where a run "
        "was cut. Under torchrun each process takes one GPU.",
        epilog="OUT gets network.safetensors, checkpoint.pt, report.json, log.jsonl, loss.png, samples.png, and "
               "tensorboard/ "
        "where that is installed.")
    p.add_argument("--data", nargs="+", required=True, metavar="PATH",
                   help="files of pairs, or directories of them, in which new ones are found while training")
    p.add_argument("--out", required=True, metavar="DIR", help="what the run writes, and is resumed from")
    p.add_argument("--steps", type=int, help="how many to train; or:")
    p.add_argument("--seconds", type=float, help="how long, from the first step on")
    p.add_argument("--init", metavar="FILE",
                   help="start from this network, with its architecture; weighted_filter.train.resize makes networks "
                        "of other sizes out of it")
    p.add_argument("--architecture", metavar="FILE",
                   help="JSON as in a network file, instead of the five options that follow")
    a = defaults.architecture
    for name, help in (("channels", "of each level of the U-Net, finest first"),
                       ("encoder", "3x3 convolutions of each level"), ("decoder", "... of each but the coarsest"),
                       ("kernels", "kernel size of each level that has kernels")):
        p.add_argument(f"--{name}", type=typed(integers, "a list of integers"), metavar="N,N,...", help=help,
                       default=",".join(map(str, getattr(a, name))))
    p.add_argument("--albedo-kernel", type=int, metavar="K", default=a.albedo_kernel,
                   help="size of the kernel that filters the albedo; 0: no albedo")
    p.add_argument("--batch", type=int, default=defaults.batch, help="samples a step and process")
    p.add_argument("--crops", type=typed(_sizes, "a list of WxH:share"), metavar="WxH:share,...", default=[],
                   help="sizes of samples; without it: whole pairs, and two odd sizes a little smaller")
    p.add_argument("--learning-rate", type=float, default=defaults.learning_rate, help="of AdamW, at its highest")
    p.add_argument("--warm-up", type=int, default=defaults.warm_up, help="steps in which the rate rises")
    p.add_argument("--weight-decay", type=float, default=defaults.weight_decay, help="of AdamW")
    p.add_argument("--average", type=float, default=defaults.average, help="decay of the parameters' moving average")
    p.add_argument("--clip", type=float, default=defaults.clip, help="largest norm of the gradient")
    p.add_argument("--loss", type=_loss, metavar="TERM=WEIGHT,...",
                   help="weights of its terms; those not named stay as they are",
                   default=",".join(f"{name}={weight:g}" for name, weight in loss.WEIGHTS.items()))
    p.add_argument("--defects", type=float, default=defaults.defects, metavar="SHARE",
                   help="of samples with holes, and of those with bright pixels, an exposure that is far off, a guide "
                        "missing")
    p.add_argument("--seed", type=int, default=defaults.seed,
                   help="of the first parameters and of which samples are drawn")
    p.add_argument("--device", default=defaults.device, help="cuda or cpu")
    p.add_argument("--dtype", choices=("bfloat16", "float32"),
                   help="of the network's arithmetic; without it: bfloat16 on a GPU")
    p.add_argument("--compile", choices=("off", "parts", "all"), default=defaults.compile,
                   help="what torch.compile fuses: all but the network, or all; without it: parts on a GPU, off "
                        "elsewhere")
    p.add_argument("--no-graph", dest="graph", action="store_false", help="do not capture steps as CUDA graphs")
    p.add_argument("--deterministic", action="store_true", help="only algorithms that give the same bits again")
    p.add_argument("--capacity", type=int, help="pairs in the device's memory; without it: what fits")
    p.add_argument("--spread", action="store_true",
                   help="under torchrun: each process holds other pairs, so that two devices hold twice as many, "
                        "otherwise all hold all")
    p.add_argument("--minimum-pairs", type=int, default=defaults.minimum_pairs,
                   help="to wait for before the first step")
    p.add_argument("--frames", nargs="+", default=[], metavar="PATH",
                   help="frames to validate on, .npz of weighted_filter.train.frames, or directories of them")
    p.add_argument("--validate-every", type=float, default=defaults.validate_every, metavar="SECONDS",
                   help="on --frames")
    p.add_argument("--checkpoint-every", type=float, default=defaults.checkpoint_every, metavar="SECONDS",
                   help="what a run that is cut goes on from")
    p.add_argument("--log-every", type=int, default=defaults.log_every, metavar="STEPS",
                   help="a line, and a record in log.jsonl")
    p.add_argument("--name", default=defaults.name, help="of the network, as a viewer shows it")
    p.add_argument("--origin", default=defaults.origin, help="who trained it, on what")
    p.add_argument("--licence", default=defaults.licence, help="of the network, kept in its file")
    return p


def parse(arguments: list[str] | None = None) -> Options:
    """Ends the program with status 2 and a sentence where the arguments make no sense."""
    p = parser()
    given = vars(p.parse_args(arguments))
    try:
        parts = {name: given.pop(name) for name in ("channels", "encoder", "decoder", "kernels", "albedo_kernel")}
        file = given.pop("architecture")
        architecture = Architecture.from_json(pathlib.Path(file).read_text()) if file else Architecture(**parts)
        dtype = given.pop("dtype")
        options = Options(architecture=architecture, dtype=getattr(torch, dtype) if dtype else None, **given)
        check(options)
    except (ValueError, OSError) as error:
        p.error(str(error))
    return options


def check(options: Options) -> None:
    if (options.steps is None) == (options.seconds is None):
        raise ValueError("give one of --steps and --seconds")
    for name, low in (("batch", 1), ("log_every", 1), ("minimum_pairs", 1), ("warm_up", 0), ("seed", 0)):
        if getattr(options, name) < low:
            raise ValueError(f"--{name.replace('_', '-')} is {getattr(options, name)}, it is at least {low}")
    for name in ("learning_rate", "clip", "validate_every", "checkpoint_every", "seconds", "steps", "capacity"):
        value = getattr(options, name)
        if value is not None and not value > 0:
            raise ValueError(f"--{name.replace('_', '-')} is {value}, it is above 0")
    if not 0 <= options.defects <= 1:
        raise ValueError(f"--defects is {options.defects}, it is 0 to 1")
    if not 0 <= options.average < 1:
        raise ValueError(f"--average is {options.average}, it is at least 0 and below 1")


def as_json(options: Options) -> dict:
    """For the report."""
    fields = dataclasses.asdict(options)
    fields["architecture"] = json.loads(options.architecture.to_json())
    fields["dtype"] = str(options.dtype).removeprefix("torch.")
    return fields
