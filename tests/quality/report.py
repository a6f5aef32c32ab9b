"""Compares the network with the bilateral filter and Open Image Denoise on frames of other renderers.

    python tests/quality/report.py                                          # what wfview ships
    python tests/quality/report.py --network kpn.safetensors                # another network in wfview
    python tests/quality/report.py --network kpn.safetensors --engine torch # the same in PyTorch
    python tests/quality/report.py --methods noisy,bilateral,oidn --frames 'room*' 'studio.0001'
    python tests/quality/report.py --extra shots/                # further frames with references, named as ours are

writes OUT/quality.json, OUT/quality.md and OUT/quality-N.png, sheets of crops; with --check it ends with status 1 where
a goal of goals.py is missed. The frames are those below assets/frames that have a reference. Needs numpy, OpenEXR,
pillow, flip-evaluator; pyoidn for the methods oidn and oidn_best, whose pictures are kept in OUT/cache.
"""

import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import time

import goals
import methods
import oidn
import picture_metrics
import renders
import sheet
import tables

FRAMES_A_SHEET = 3


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=",".join(methods.NAMES), help="of %(default)s")
    parser.add_argument("--frames", nargs="+", default=["*"], metavar="PATTERN",
                        help="names of frames; * and ? stand for any")
    parser.add_argument("--extra", nargs="+", type=pathlib.Path, default=[], metavar="FOLDER", help="more frames")
    parser.add_argument("--engine", choices=("wfview", "torch"), default="wfview", help="what runs the network")
    parser.add_argument("--network", type=pathlib.Path, help="a network file; default: the one that wfview has")
    parser.add_argument("--wfview", type=pathlib.Path, default=renders.ROOT / "build" / "app" / "wfview")
    parser.add_argument("--backend", default="cpu", help="of wfview; default %(default)s")
    parser.add_argument("--device", default="cpu", help="of PyTorch; default %(default)s")
    parser.add_argument("--out", type=pathlib.Path, default=renders.ROOT / "build" / "quality")
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed, or none could be judged")
    args = parser.parse_args(arguments)
    args.methods = args.methods.split(",")
    unknown = [name for name in args.methods if name not in methods.NAMES]
    if unknown:
        parser.error(f"unknown method {unknown[0]}; there are {', '.join(methods.NAMES)}")
    if args.engine == "torch" and args.network is None and set(args.methods) & set(methods.NETWORK):
        parser.error("--engine torch needs --network")
    return args


def select(patterns, extra):
    found = renders.find((renders.FRAMES, *extra))
    return [render for render in found if any(fnmatch.fnmatchcase(render.name, pattern) for pattern in patterns)]


def make(args, chosen, say=print):
    """The report as stable keys, and the rows of the sheet."""
    methods.add_torch_package()
    run = methods.Methods(args.methods, args.wfview, args.backend, args.engine, args.network, args.device,
                          methods.Cache(args.out / "cache"))
    frames, rows = {}, []
    for render in chosen:
        start = time.monotonic()
        layers = render.layers()
        pictures = run.pictures(render, layers)
        values = {}
        for name, picture in pictures.items():
            try:
                values[name] = picture_metrics.compare(picture, layers["reference"])
            except ValueError as error:
                raise ValueError(f"{render.name}, {name}: {error}") from None
        height, width = layers["color"].shape[:2]
        frames[render.name] = {"width": width, "height": height, "methods": values, "against": tables.against(values)}
        rows += sheet.crops(render, pictures, layers["reference"])
        say(f"{render.name}: " + ", ".join(f"{name} {value['psnr']:.2f}" for name, value in values.items())
            + f" ({time.monotonic() - start:.1f} s)")
    average = tables.mean(frames)
    network = {"engine": args.engine, "file": args.network.name if args.network else None}
    report = {"date": time.strftime("%Y-%m-%d"), "commit": commit(), "frames": frames, "mean": average,
              "mean_against": tables.against(average), "network": network if run.engine else None,
              "oidn": oidn.version() if set(args.methods) & set(tables.PEERS) else None,
              "display_transform": "sRGB, exposure 0 EV, clamped to [0,1]"}
    report["goals"] = goals.check(report)
    return report, rows


def commit():
    described = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"],
                               cwd=renders.ROOT, capture_output=True, text=True, check=False)
    return described.stdout.strip() or None


def main(arguments=None):
    args = options(arguments)
    chosen = select(args.frames, args.extra)
    if not chosen:
        print(f"report.py: no frame is named {' or '.join(args.frames)}", file=sys.stderr)
        return 1
    try:
        report, rows = make(args, chosen, lambda line: print(line, flush=True))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "quality.json").write_text(json.dumps(report, indent=1) + "\n")
    (args.out / "quality.md").write_text(tables.markdown(report))
    count = 2 * FRAMES_A_SHEET
    for number, first in enumerate(range(0, len(rows), count), 1):
        sheet.write(args.out / f"quality-{number}.png", rows[first:first + count])
    print(tables.markdown(report), end="")
    if args.check and not (report["goals"] and all(goal["met"] for goal in report["goals"])):
        missed = [goal["goal"] for goal in report["goals"] if not goal["met"]]
        print(f"report.py: missed: {'; '.join(missed) or 'nothing could be judged'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
