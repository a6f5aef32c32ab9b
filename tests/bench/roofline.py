"""Draws README.md's picture, assets/roofline.png, from tests/bench/results/wf_bench-cuda.json.

    pip install -r tests/bench/requirements.txt && python tests/bench/roofline.py

Left: what the kernels reach under the roof of the copy speed that the same run measured. Right: the same as fractions
of that speed.
"""

import matplotlib
import matplotlib.pyplot as plt

import readme

COLORS = {"gather": "#2f6f9f", "splat": "#d1782f"}
MARKERS = {"forward": "o", "backward": "s"}
DTYPES = ("float32", "float16")
SETTINGS = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#888888",
            "axes.labelcolor": "#333333", "xtick.color": "#555555", "ytick.color": "#555555"}


def series(results):
    """(operator, direction, dtype, rows): linear weights of every kernel size and number of channels."""
    for direction in MARKERS:
        for operator in COLORS:
            for dtype in DTYPES:
                rows = [row for row in results["rows"]
                        if row["skipped"] is None and row["mode"] == "linear" and row["batch"] == 1
                        and (row["operator"], row["direction"]) == (operator, direction)
                        and row["dtype"] == row["weight_dtype"] == dtype]
                if rows:
                    yield operator, direction, dtype, rows


def style(operator, direction, dtype):
    color = COLORS[operator]
    return {"marker": MARKERS[direction], "markersize": 5, "markeredgecolor": color, "color": color,
            "markerfacecolor": color if dtype == "float32" else "white"}


def operations(row):
    """Of all pixels: a multiplication and an addition a tap and channel, twice that for both gradients."""
    taps = row["kernel_height"] * row["kernel_width"]
    return (2 if row["direction"] == "forward" else 4) * taps * row["channels"] * row["width"] * row["height"]


def draw_roof(axes, results):
    intensities = []
    for operator, direction, dtype, rows in series(results):
        x = [operations(row) / row["bytes"] for row in rows]
        y = [operations(row) / row["milliseconds"] * 1e-9 for row in rows]
        axes.plot(x, y, linestyle="none", **style(operator, direction, dtype))
        intensities += x
    ends = [0.7 * min(intensities), 1.4 * max(intensities)]
    speed = results["copy_bytes_per_second"]
    axes.plot(ends, [speed * end * 1e-12 for end in ends], color="#888888", linewidth=1, zorder=0)
    axes.annotate(f"copy, {speed * 1e-12:.2f} TB/s", (ends[1], speed * ends[1] * 1e-12), xytext=(-6, 0),
                  textcoords="offset points", horizontalalignment="right", verticalalignment="center", color="#555555")
    axes.set(xscale="log", yscale="log", ylabel="TFLOP/s",
             xlabel="operations for each byte that must move; 3 to 32 channels")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 3, 5, 7)))
        axis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
        axis.set_minor_locator(matplotlib.ticker.NullLocator())


def draw_fractions(axes, results):
    for operator, direction, dtype, rows in series(results):
        rows = [row for row in rows if row["channels"] == 3]
        axes.plot([row["kernel_height"] for row in rows], [row["fraction_of_copy"] for row in rows], linewidth=1,
                  label=f"{operator} {direction}, {dtype}", **style(operator, direction, dtype))
    axes.axhline(1, color="#888888", linewidth=1, zorder=0)
    axes.set(xlabel="kernel size K, 3 channels", ylabel="fraction of the copy speed", ylim=(0, 1.15),
             xticks=readme.kernels(results))
    axes.legend(frameon=False, loc="lower right", ncols=1 + len(axes.get_lines()) // 6, fontsize=8)


def main():
    results = readme.load("wf_bench-cuda")
    matplotlib.rcParams.update(SETTINGS)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    draw_roof(left, results)
    draw_fractions(right, results)
    figure.suptitle(f"{results['device']}, 1920×1080", fontsize=9, color="#333333")
    metadata = {"Source": readme.picture_source(), "Software": None}
    figure.savefig(readme.ROOT / readme.PICTURE, dpi=150, metadata=metadata)


if __name__ == "__main__":
    main()
