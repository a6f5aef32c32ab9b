"""What the network's two pictures must reach beside Open Image Denoise on the same inputs, as numbers and limits."""

from methods import NETWORK

BEHIND_BEST, FLIP_OF_BEST = 0.5, 1.05  # dB in the mean; ratio of the means
BEHIND_ON_A_FRAME = 1.0  # dB behind OIDN's default
ENERGY = 0.01  # of the mean over the frames of mean radiance over the reference's, from 1


def check(report):
    """[{"goal", "value", "limit", "met"}] for each picture that the report has beside both of OIDN's."""
    rows = []

    def goal(text, value, limit, met):
        rows.append({"goal": text, "value": value, "limit": limit, "met": bool(met)})

    for ours in NETWORK:
        pairs = [f"{ours}_oidn", f"{ours}_oidn_best"]
        if not all(pair in report["mean_against"] for pair in pairs):
            continue
        default, best = (report["mean_against"][pair] for pair in pairs)
        goal(f"{ours}: PSNR ahead of OIDN, dB", default["psnr"], 0.0, default["psnr"] >= 0)
        for metric in ("flip", "smape"):
            goal(f"{ours}: {metric.upper()} over OIDN's", default[metric], 1.0, default[metric] <= 1)
        goal(f"{ours}: PSNR ahead of OIDN prefiltered, dB", best["psnr"], -BEHIND_BEST, best["psnr"] >= -BEHIND_BEST)
        goal(f"{ours}: FLIP over OIDN prefiltered's", best["flip"], FLIP_OF_BEST, best["flip"] <= FLIP_OF_BEST)
        name, worst = min(((name, frame["against"][pairs[0]]["psnr"]) for name, frame in report["frames"].items()),
                          key=lambda row: row[1])
        goal(f"{ours}: PSNR ahead of OIDN on the worst frame ({name}), dB", worst, -BEHIND_ON_A_FRAME,
             worst >= -BEHIND_ON_A_FRAME)
        energy = report["mean"][ours]["energy"] - 1
        goal(f"{ours}: mean radiance over the reference's, less 1", energy, ENERGY, abs(energy) <= ENERGY)
    return rows
