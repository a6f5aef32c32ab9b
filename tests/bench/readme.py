"""Writes the measured tables of README.md and of tests/bench/README.md from tests/bench/results/*.json; --check fails
where they differ.

    python3 tests/bench/readme.py [--check]

A table of what was not measured yet is left out. roofline.py makes the picture.
"""

import hashlib
import json
import pathlib
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests" / "bench" / "results"
PICTURE = "assets/roofline.png"
BEGIN, END = "<!-- measured: tests/bench/readme.py -->\n", "<!-- /measured -->\n"

OPERATORS = ("gather", "splat")
NAMES = {"weighted_filter": "this layer", "unfold": "unfold and einsum", "compiled": "torch.compile of shift-and-add",
         "carafe": "CARAFE"}  # bench_torch.py's candidates
TENSOR_FLOPS = {"NVIDIA H200": 989.5e12}  # float16, dense; NVIDIA's data sheet
USUAL = {"direction": "forward", "mode": "linear", "dtype": "float32", "channels": 3, "batch": 1, "width": 1920,
         "height": 1080}


# ---- Results --------------------------------------------------------------------------------------------------------


def load(name):
    """The results of that name, or None."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def find(results, kernel, operator, **wanted):
    """The measured row of wf_bench's results with what is wanted and else USUAL, or None."""
    wanted = {**USUAL, "weight_dtype": wanted.get("dtype", "float32"), "operator": operator, "kernel_height": kernel,
              "kernel_width": kernel, **wanted}
    for row in results["rows"] if results else []:
        if row["skipped"] is None and all(row[key] == value for key, value in wanted.items()):
            return row
    return None


def kernels(results):
    return sorted({row["kernel_height"] for row in results["rows"]}) if results else []


def source(results):
    return f"{results['device']} ({results['date'][:10]}, commit {results['commit']})"


# ---- Markdown -------------------------------------------------------------------------------------------------------


def table(intro, header, rows):
    """Markdown; nothing where all cells but the first column's are empty."""
    rows = [row for row in rows if any(cell != "–" for cell in row[1:])]
    if not rows:
        return ""
    lines = ["| " + " | ".join(header) + " |", "|" + " ---: |" * len(header)]
    return intro + "\n\n" + "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def of_copy(row):
    return f"{row['milliseconds']:.3f} ({row['fraction_of_copy']:.2f})" if row else "–"


def against(row, other):
    """Milliseconds, and how many times the other row's they are."""
    if not row or not other:
        return "–"
    return f"{row['milliseconds']:.3f} ({row['milliseconds'] / other['milliseconds']:.2f}×)"


def size_of(kernel):
    return f"{kernel}×{kernel}"


# ---- Tables ---------------------------------------------------------------------------------------------------------


def direction_table(direction, intro):
    cuda = load("wf_bench-cuda")
    header = ["K"] + [f"{operator}, {dtype}" for dtype in ("float32", "float16") for operator in OPERATORS]
    rows = [[size_of(kernel)] + [of_copy(find(cuda, kernel, operator, direction=direction, dtype=dtype))
                                 for dtype in ("float32", "float16") for operator in OPERATORS]
            for kernel in kernels(cuda)]
    return table(intro, header, rows)


def forward_table():
    cuda = load("wf_bench-cuda")
    if not cuda:
        return ""
    return direction_table(
        "forward",
        f"**Forward**, 1920×1080, 3 channels, CUDA on {source(cuda)}: milliseconds, and in brackets the fraction of "
        "the speed at which the same run copied memory, "
        f"{cuda['copy_bytes_per_second'] / 1e12:.2f} TB/s (read and written), counting each weight, the input and the "
        "output once. Above 1 is possible: the filter mostly reads, a copy writes as much as it reads.")


def backward_table():
    return direction_table(
        "backward", "**Backward**, both gradients in one call: the weights, input and grad_output are read once, both "
                    "gradients written once.")


def modes_table():
    cuda = load("wf_bench-cuda")
    header = ["K", "gather and splat fused"] + [f"{mode} {operator}" for mode in ("softmax", "normalized")
                                                for operator in OPERATORS]
    rows = []
    for kernel in kernels(cuda):
        linear = {operator: find(cuda, kernel, operator) for operator in OPERATORS}
        rows.append([size_of(kernel), against(find(cuda, kernel, "gather_splat"), linear["splat"])]
                    + [against(find(cuda, kernel, operator, mode=mode), linear[operator])
                       for mode in ("softmax", "normalized") for operator in OPERATORS])
    return table("**Fused work**, float32, forward: milliseconds, and how many times those of the linear operator; "
                 "for both in one call, those of a splat.", header, rows)


def shapes_table():
    cuda = load("wf_bench-cuda")
    shapes = [(f"{channels} channels", {"channels": channels}) for channels in (16, 32)]
    shapes.append(("float16 weights, float32 images", {"weight_dtype": "float16"}))
    shapes += [(f"8 crops of 128×128, {dtype}", {"batch": 8, "width": 128, "height": 128, "dtype": dtype})
               for dtype in ("float32", "float16")]
    rows = [[name, size_of(kernel)] + [of_copy(find(cuda, kernel, operator, direction=direction, **shape))
                                       for direction in ("forward", "backward") for operator in OPERATORS]
            for name, shape in shapes for kernel in kernels(cuda)]
    rows = [row for row in rows if row[2:] != ["–"] * 4]
    header = ["", "K"] + [f"{operator} {direction}" for direction in ("forward", "backward") for operator in OPERATORS]
    return table("**Other shapes and types**, as above: float32 and 1920×1080 where not said.", header, rows)


def layers_table():
    """Five further layers beside the color: 15 channels more in one call; with alpha 16."""
    results = load("wf_bench-layers-cuda")
    if not results:
        return ""
    pictures = [("color alone", 3), ("and five layers", 18), ("and alpha", 19)]
    columns = [(weights, operator) for weights in ("float32", "float16") for operator in OPERATORS]
    rows = [[name] + [against(find(results, 11, operator, weight_dtype=weights, channels=channels),
                              find(results, 11, operator, weight_dtype=weights)) for weights, operator in columns]
            for name, channels in pictures]
    return table(f"**Further layers** that take the color's weights in the same call, on {source(results)}, K = 11, "
                 "float32 images, 1920×1080: milliseconds, and how many times those of the color alone, which are part "
                 "of them.",
                 [""] + [f"{operator}, {weights} weights" for weights, operator in columns], rows)


def glsl_table():
    cuda, vulkan = load("wf_bench-cuda"), load("wf_bench-vulkan")
    if not vulkan or not cuda:
        return ""
    if vulkan["device"] != cuda["device"]:
        sys.exit(f"CUDA was measured on {cuda['device']}, Vulkan on {vulkan['device']}: there is no ratio of the two")

    def cell(kernel, operator, direction):
        row, twin = (find(results, kernel, operator, direction=direction) for results in (vulkan, cuda))
        if not row or not twin:
            return "–"
        return f"{row['milliseconds']:.3f} ({twin['milliseconds'] / row['milliseconds']:.2f})"

    header = ["K"] + [f"{operator} {direction}" for direction in ("forward", "backward") for operator in OPERATORS]
    rows = [[size_of(kernel)] + [cell(kernel, operator, direction) for direction in ("forward", "backward")
                                 for operator in OPERATORS] for kernel in kernels(vulkan)]
    return table(f"**GLSL** on the same GPU (commit {vulkan['commit']}), float32: milliseconds, and the fraction of "
                 "the CUDA kernels' speed.", header, rows)


def general_table():
    """What GPUs run for which there are no kernels of their own, measured on one that has them."""
    general = load("wf_bench-cuda-80")
    if not general:
        return ""
    types = ("float32", "float16")
    header = ["K"] + [f"{operator}, {dtype}" for dtype in types for operator in OPERATORS]
    header += [f"gradient to weights, {dtype}" for dtype in types] + [f"both at once, {dtype}" for dtype in types]
    header += [f"softmax {operator}, {dtype}" for dtype in types for operator in OPERATORS]

    def cells(kernel):
        linear = {(operator, dtype): find(general, kernel, operator, dtype=dtype) for dtype in types
                  for operator in OPERATORS}
        return ([of_copy(row) for row in linear.values()]
                + [of_copy(find(general, kernel, "gather", dtype=dtype, direction="grad_weight")) for dtype in types]
                + [against(find(general, kernel, "gather_splat", dtype=dtype), linear["splat", dtype])
                   for dtype in types]
                + [against(find(general, kernel, operator, dtype=dtype, mode="softmax"), row)
                   for (operator, dtype), row in linear.items()])

    return table("**The general CUDA kernels**, for compute capability 7.5 to 8.9, built for 8.0 and measured on "
                 f"{source(general)}, as no other GPU was at hand: milliseconds, and in brackets the fraction of the "
                 "copy speed, or with × how many times those of the linear operator, for both at once those of a "
                 "splat (`wf_bench --quick`).",
                 header, [[size_of(kernel)] + cells(kernel) for kernel in kernels(general)])


def cpu_table():
    cpu = load("wf_bench-cpu")
    if not cpu:
        return ""
    header = ["K"] + [f"{operator} {direction}" for direction in ("forward", "backward") for operator in OPERATORS]
    rows = [[size_of(kernel)] + [of_copy(find(cpu, kernel, operator, direction=direction))
                                 for direction in ("forward", "backward") for operator in OPERATORS]
            for kernel in kernels(cpu)]
    return table(f"**CPU**, {cpu['driver']}, {source(cpu)}, float32, 1920×1080, 3 channels: milliseconds, and the "
                 "fraction of the speed at which all threads copied memory, "
                 f"{cpu['copy_bytes_per_second'] / 1e9:.0f} GB/s.", header, rows)


def torch_table(backend):
    """bench_torch.py's candidates beside each other."""
    results = load(f"bench_torch-{backend}")
    if not results:
        return ""
    measured = {(row["operator"], row["kernel_height"], row["direction"], row["candidate"]): row
                for row in results["rows"] if row["skipped"] is None}
    candidates = dict.fromkeys(candidate for *_, candidate in measured)
    columns = [(direction, candidate) for direction in ("forward", "forward+backward") for candidate in candidates]
    digits = 3 if backend == "cuda" else 0

    def cell(*key):
        row = measured.get(key)
        return f"{row['milliseconds']:.{digits}f} ({row['memory_bytes'] / 1e6:.0f} MB)" if row else "–"

    size = results["rows"][0]
    return table(f"**In PyTorch** {results['torch']}, on {source(results)}, {results['driver']}; float32, "
                 f"{size['width']}×{size['height']}, {size['channels']} channels: milliseconds, and the memory that a "
                 "call takes beyond its arguments, results included.",
                 ["", "K"] + [f"{NAMES[candidate]}, {direction}" for direction, candidate in columns],
                 [[operator, size_of(kernel)] + [cell(operator, kernel, *column) for column in columns]
                  for operator in OPERATORS for kernel in kernels(results)])


def training_table():
    results = load("bench_torch-crop-cuda")
    if not results:
        return ""
    crop = results["training_crop"][0]
    return table(f"**A training step's filter**, {crop['batch']} crops of {crop['width']}×{crop['height']}, "
                 f"{crop['channels']} channels, K = {crop['kernel']}, forward and both gradients, in PyTorch "
                 f"{results['torch']}, on {source(results)}, milliseconds: as a Python loop enqueues it, and the "
                 "kernels alone, in a captured graph; beside them an autograd function that only allocates such "
                 "results, which is what PyTorch takes by itself on that host. PyTorch runs backward passes of a GPU "
                 "on a thread of its own, or with `torch.autograd.set_multithreading_enabled(False)` on the caller's.",
                 ["", "backward on", "eager", "captured", "ratio", "PyTorch alone"],
                 [[row["operator"], f"{row['backward_thread']} thread", f"{row['eager_milliseconds']:.3f}",
                   f"{row['graph_milliseconds']:.3f}", f"{row['ratio']:.2f}", f"{row['nothing_milliseconds']:.3f}"]
                  for row in results["training_crop"]])


def node_table():
    reports = list(filter(None, (load(f"wfview-cuda-{size}") for size in ("480x270", "1920x1080"))))
    if not reports:
        return ""
    names = []
    for report in reports:
        names += [stage["name"] for stage in report["stages"] if stage["name"] not in names]
    rows = []
    for name in names:
        row = [name]
        for report in reports:
            stage = next((stage for stage in report["stages"] if stage["name"] == name), None)
            row += [f"{stage['median']:.3f}", f"{stage['p95']:.3f}"] if stage else ["–", "–"]
        rows.append(row)
    first = reports[0]
    intro = (f"**The node** in `wfview --headless --backend cuda`, {first['frames']} frames each, "
             f"{first['kernel'][0]}×{first['kernel'][1]} {first['predictor']} weights in float16, "
             f"{first['frames_in_flight']} frames in flight, on {first['device']}: medians and 95th percentiles in "
             "milliseconds, with Vulkan validation on.")
    header = ["stage"] + [f"{'×'.join(map(str, report['size']))} {what}" for report in reports
                          for what in ("median", "p95")]
    return table(intro, header, rows)


def live_table():
    results = [(load("trace_bench-1920x1080"), "frames of 1920×1080 at"), (load("trace_bench-256x256"), "256×256 at")]
    results = [(measured, what) for measured, what in results if measured]
    if not results:
        return ""
    rows = []
    for i, scene in enumerate(results[0][0]["scenes"]):
        row = [pathlib.Path(scene["scene"]).stem, f"{scene['triangles']:,}"]
        for measured, _ in results:
            same = measured["scenes"][i]
            row += [f"{same['milliseconds']['median']:.2f}", f"{same['paths_per_second'] / 1e6:.0f}"]
        rows.append(row)
    header = ["scene", "triangles"]
    for measured, what in results:
        header += [f"ms, {what} {measured['samples']} spp", "million paths/s"]
    return table(f"**Live frames**: the path tracer on {source(results[0][0])}, {results[0][0]['driver']}; up to "
                 f"{results[0][0]['bounces']} bounces, medians.", header, rows)


def network_table():
    """The steps of the bundled network's frame under two roofs: the tensor cores', and the measured copy speed."""
    results = load("network_bench-cuda")
    if not results:
        return ""
    copy, tensor = results["copy_bytes_per_second"], TENSOR_FLOPS.get(results["device"])
    if not tensor:
        sys.exit(f"TENSOR_FLOPS does not know {results['device']}")

    def row(name, milliseconds, flop, bytes_moved):
        limits = [flop / tensor * 1e3, bytes_moved / copy * 1e3] if bytes_moved else []
        shares = [f"{limit / milliseconds:.2f}" for limit in limits] or ["–", "–"]
        return [name, f"{milliseconds:.4f}", f"{flop / 1e9:.2f}", f"{bytes_moved / 1e6:.1f}" if bytes_moved else "–",
                *shares]

    rows = [row(step["name"], step["milliseconds"], step["flop"], step["bytes"]) for step in results["steps"]]
    rows += [row(f"**{name}**", milliseconds, sum(step["flop"] for step in results["steps"] if step["stage"] == name),
                 sum(step["bytes"] for step in results["steps"] if step["stage"] == name))
             for name, milliseconds in results["stages"].items()]
    rows.append(row("**frame**", results["milliseconds"], results["flop"],
                    sum(step["bytes"] for step in results["steps"])))
    return table(f"**The network**, {results['network']}, {results['width']}×{results['height']}, both filters, on "
                 f"{source(results)}, {results['memory_bytes'] / 1e6:.0f} MB: each step alone, many times one after "
                 "another, and whole frames; the operations of published convolutions, nothing padded, and the bytes "
                 "that must move; and which share of the time these would take at the tensor cores' "
                 f"{tensor / 1e12:.0f} TFLOP/s (float16, data sheet) and at the copy speed of the same run, "
                 f"{copy / 1e12:.2f} TB/s. Convolutions with a coarser source do 4/9 of that source's operations, so "
                 "their share can be larger than the cores'.",
                 ["step", "ms", "GFLOP", "MB", "of tensor cores", "of memory"], rows)


def network_glsl_table():
    """The same in GLSL beside CUDA. What CUDA does with the step before is in that one's row."""
    results, cuda = load("network_bench-vulkan"), load("network_bench-cuda")
    if not results or not cuda:
        return ""
    times = {step["name"]: step["milliseconds"] for step in cuda["steps"]}
    rows = []
    for step in results["steps"]:
        if step["name"] in times:
            rows.append((step["name"], step["milliseconds"], times[step["name"]]))
        else:
            name, milliseconds, other = rows.pop()
            rows.append((f"{name}, {step['name']}", milliseconds + step["milliseconds"], other))
    rows += [(f"**{name}**", milliseconds, cuda["stages"][name]) for name, milliseconds in results["stages"].items()]
    rows.append(("**frame**", results["milliseconds"], cuda["milliseconds"]))
    return table(f"**The network in GLSL**, the same frame on {source(results)}, {results['driver']}, "
                 f"{results['memory_bytes'] / 1e6:.0f} MB: milliseconds, and the fraction of CUDA's speed.",
                 ["step", "ms", "of CUDA's speed"],
                 [[name, f"{milliseconds:.4f}", f"{other / milliseconds:.2f}"] for name, milliseconds, other in rows])


def denoisers_table():
    """The network's frame beside those of Open Image Denoise."""
    results = load("denoisers-cuda")
    if not results:
        return ""
    names = {"cuda": f"{results['network']}, CUDA", "vulkan": f"{results['network']}, GLSL"}
    return table(f"**The network beside Open Image Denoise** in one run on {source(results)}, "
                 f"{results['width']}×{results['height']}, milliseconds a frame, from planes in the device's memory "
                 "to such: ours gathers and splats; theirs is one image, without the prefilters of noisy guides "
                 "(`tests/bench/bench_denoisers.py`).",
                 ["denoiser", "ms"],
                 [[names.get(name, name), f"{time:.2f}"] for name, time in results["milliseconds"].items()])


def image_table():
    """The node's frame with the bundled network, from the renderer's images to its images."""
    results = {name: load(f"node_bench-network-{backend}") for backend, name in (("cuda", "CUDA"), ("vulkan", "GLSL"))}
    if not all(results.values()):
        return ""
    first = results["CUDA"]
    hand_overs = ("hand-over in", "hand-over out")
    stages = [stage for stage in first["stages"] if stage not in hand_overs and
              any(result["stages"][stage] for result in results.values())]
    rows = [[stage, *(f"{result['stages'][stage]:.3f}" for result in results.values())] for stage in stages]
    rows.append(["**from image to image**", *(f"{result['work']:.3f}" for result in results.values())])
    rows += [[stage, *(f"{result['stages'][stage]:.3f}" for result in results.values())] for stage in hand_overs]
    return table("**From image to image**: the node with the bundled network in a Vulkan renderer, on "
                 f"{source(first)}, {first['driver']}; {'×'.join(map(str, first['size']))}, images of RGBA in "
                 "float32: color, albedo and normal in, gather and splat out; medians of stages in milliseconds. In "
                 "GLSL the network's last step writes the images, so there is nothing to pack. Hand-overs are beside "
                 "it: of a renderer that has nothing else to do meanwhile.",
                 ["stage", *results], rows)


def quality_table():
    file = ROOT / "tests" / "quality" / "results" / "quality.json"
    if not file.exists():
        return ""
    report = json.loads(file.read_text())
    titles = {"noisy": "noisy", "bilateral": "bilateral filter", "gather": "network, gather", "splat": "network, splat",
              "oidn": "OIDN", "oidn_best": "OIDN, guides prefiltered"}
    rows = [[name]
            + [f"{frame['methods'][method]['psnr']:.2f} / {frame['methods'][method]['flip']:.4f}" for method in titles]
            for name, frame in [*report["frames"].items(), ("**mean**", {"methods": report["mean"]})]]
    return table(f"PSNR in dB ({report['display_transform']}) and FLIP, of frames that Cycles and Mitsuba 3 rendered, "
                 f"of scenes that were never trained on; Open Image Denoise {report['oidn']} on the same inputs "
                 f"({report['date']}, commit {report['commit']}).",
                 ["frame", *titles.values()], rows)


# ---- The picture ----------------------------------------------------------------------------------------------------


def picture_source():
    """What the picture says that it was made of."""
    return hashlib.sha256((RESULTS / "wf_bench-cuda.json").read_bytes()).hexdigest()


def picture():
    file = ROOT / PICTURE
    if not file.exists() or not load("wf_bench-cuda"):
        return ""
    if picture_source().encode() not in file.read_bytes():
        sys.exit(f"{PICTURE} was made of other results: run tests/bench/roofline.py")
    return f"![The CUDA kernels under the roof of the measured copy speed]({PICTURE})\n"


PAGES = {  # what stands between the marks of each page, in order
    "README.md": [[quality_table, denoisers_table, image_table], [forward_table, picture]],
    "tests/bench/README.md": [[backward_table, modes_table, shapes_table, layers_table, general_table, glsl_table,
                               cpu_table, lambda: torch_table("cuda"), training_table, lambda: torch_table("cpu"),
                               node_table, live_table],
                              [network_table, network_glsl_table]],
}


def filled(section):
    """Its text in lines of the page's width; tables' rows are one each."""
    return "".join(line + "\n" if line.startswith("|") or not line
                   else textwrap.fill(line, 120, break_long_words=False, break_on_hyphens=False) + "\n"
                   for line in section.splitlines())


def made(text, places):
    """The page with its tables made anew."""
    before, *rest = text.split(BEGIN)
    assert len(rest) == len(places)
    return before + "".join(BEGIN + "\n".join(filled(text_of) for section in sections if (text_of := section())) + END
                            + part.split(END)[1]
                            for sections, part in zip(places, rest))


def main():
    for name, places in PAGES.items():
        page = ROOT / name
        text = page.read_text()
        page_made = made(text, places)
        if "--check" not in sys.argv[1:]:
            page.write_text(page_made)
        elif page_made != text:
            sys.exit(f"{name}'s tables are not those of tests/bench/results: run this without --check")


if __name__ == "__main__":
    main()
