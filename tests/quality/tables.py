"""The report's numbers: means, distances from Open Image Denoise, and both as Markdown."""

import math

import picture_metrics
from methods import NETWORK, TITLES

FORMATS = {"psnr": "{:.2f}", "smape": "{:.4f}", "relmse": "{:.4f}", "flip": "{:.4f}", "energy": "{:.3f}"}
HEADINGS = {"psnr": "PSNR, dB (sRGB, exposure 0 EV, clamped to [0,1])", "smape": "SMAPE", "relmse": "relMSE",
            "flip": "FLIP", "energy": "Mean radiance over the reference's"}
PEERS = ("oidn", "oidn_best")


def mean(frames):
    """Of each method and metric over the frames: {method: {metric: value}}."""
    first = next(iter(frames.values()))["methods"]
    return {method: {metric: math.fsum(frame["methods"][method][metric] for frame in frames.values()) / len(frames)
                     for metric in picture_metrics.NAMES} for method in first}


def against(methods):
    """How far ours are from each of OIDN's: dB ahead (behind: below 0), FLIP and SMAPE as ratios (better: below 1)."""
    rows = {}
    for ours in NETWORK:
        for peer in PEERS:
            if ours in methods and peer in methods:
                a, b = methods[ours], methods[peer]
                rows[f"{ours}_{peer}"] = {"psnr": a["psnr"] - b["psnr"], "flip": a["flip"] / b["flip"],
                                          "smape": a["smape"] / b["smape"]}
    return rows


def table(heading, names, rows):
    """rows: (title, cells)."""
    lines = [f"| {heading} | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    return "\n".join(lines + [f"| {title} | {' | '.join(cells)} |" for title, cells in rows])


def markdown(report):
    methods = list(report["mean"])
    every = [*report["frames"].items(), ("**mean**", {"methods": report["mean"]})]
    parts = [table("PSNR / SMAPE / FLIP", [TITLES[method] for method in methods],
                   [(name, [" / ".join(FORMATS[metric].format(frame["methods"][method][metric])
                                       for metric in ("psnr", "smape", "flip")) for method in methods])
                    for name, frame in every])]
    for metric in picture_metrics.NAMES:
        parts.append(table(HEADINGS[metric], [TITLES[method] for method in methods],
                           [(name, [FORMATS[metric].format(frame["methods"][method][metric]) for method in methods])
                            for name, frame in every]))
    pairs = list(report["mean_against"])
    if pairs:
        compared = [*((name, frame["against"]) for name, frame in report["frames"].items()),
                    ("**of the means**", report["mean_against"])]
        titles = ["{} against {}".format(*(TITLES[part] for part in pair.split("_", 1))) for pair in pairs]
        parts.append(table("PSNR ahead, dB / FLIP ratio / SMAPE ratio", titles,
                           [(name, [f"{row[pair]['psnr']:+.2f} / {row[pair]['flip']:.3f} / {row[pair]['smape']:.3f}"
                                    for pair in pairs]) for name, row in compared]))
    if report["goals"]:
        parts.append(table("goal", ["value", "limit", "met"],
                           [(goal["goal"],
                             [f"{goal['value']:+.3f}", f"{goal['limit']:+.3f}", "yes" if goal["met"] else "**no**"])
                            for goal in report["goals"]]))
    return "\n\n".join(parts) + "\n"
