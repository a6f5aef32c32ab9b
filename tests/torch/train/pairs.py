"""Files of training pairs as wfview --dataset writes them, of smooth pictures under multiplicative noise."""

import numpy as np

HEADER = [("seed", "<u8"), ("index", "<u4"), ("spp", "<u4"), ("reference_spp", "<u4")]


def record_type(size, buffers):
    height, width = size
    image, planes = (buffers, 3, height, width), (3, height, width)
    return np.dtype(HEADER + [("color", "<f2", image), ("albedo", "<f2", image), ("normal", "<f2", image),
                              ("depth", "<f2", (buffers, height, width)), ("reference", "<f2", planes),
                              ("reference_albedo", "<f2", planes), ("reference_normal", "<f2", planes),
                              ("motion", "<f2", (2, height, width))])


def make_pairs(count, size=(32, 32), buffers=2, seed=0):
    random = np.random.default_rng(seed)
    pairs = np.zeros(count, record_type(size, buffers))
    rows, columns = np.mgrid[:size[0], :size[1]] / 32
    for index, pair in enumerate(pairs):
        slope, phase = random.uniform(1, 6, (3, 2)), random.uniform(0, 6, 3)
        light = np.stack([1.2 + np.sin(slope[c, 0] * columns + slope[c, 1] * rows + phase[c]) for c in range(3)])
        tiles = (np.floor(columns * slope[0, 0]) + np.floor(rows * slope[1, 0])) % 2
        albedo = np.broadcast_to(0.1 + 0.7 * tiles, light.shape)
        pair["index"], pair["spp"], pair["reference_spp"] = index, 1, 64
        pair["reference"], pair["reference_albedo"] = light * albedo, albedo
        pair["color"] = light * albedo * random.gamma(0.5, 2, (buffers, 1, *size))
        pair["albedo"] = np.clip(albedo + 0.05 * random.normal(size=(buffers, 3, *size)), 0, 1)
        pair["normal"][:, 2] = 1
        pair["depth"] = 2 + columns
    return pairs
