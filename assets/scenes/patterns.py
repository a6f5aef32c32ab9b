"""Textures: arrays of values in [0,1] that repeat without a seam. Colors are sRGB encoded, as glTF wants them."""

import numpy as np


def noise(random, size, cells, octaves=4):
    """Fractal value noise: (size,size) in [0,1]; cells (rows, columns) at the coarsest octave."""
    result, weight = np.zeros((size, size)), 0.0
    for octave in range(octaves):
        rows, columns = (n << octave for n in cells)
        lattice = random.random((rows, columns))
        y, x = np.arange(size) * rows / size, np.arange(size) * columns / size
        i, j = y.astype(int), x.astype(int)
        fy, fx = ((t - t.astype(int)) for t in (y, x))
        fy, fx = (fy * fy * (3 - 2 * fy))[:, None], (fx * fx * (3 - 2 * fx))[None]
        corner = [[lattice[np.ix_((i + a) % rows, (j + b) % columns)] for b in (0, 1)] for a in (0, 1)]
        upper, lower = ((1 - fx) * left + fx * right for left, right in corner)
        layer = (1 - fy) * upper + fy * lower
        result += layer * 0.5 ** octave
        weight += 0.5 ** octave
    return result / weight


def mix(a, b, t):
    return np.asarray(a) * (1 - t[..., None]) + np.asarray(b) * t[..., None]


def normals(height, strength):
    """The tangent space normal map of a height in texels: green is up in the picture."""
    dx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2 * strength
    dy = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / 2 * strength
    normal = np.stack([-dx, dy, np.ones_like(dx)], -1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True) * 0.5 + 0.5


def surface(roughness, metallic=0.0):
    """A metallic-roughness texture."""
    return np.stack([np.zeros_like(roughness), roughness, np.zeros_like(roughness) + metallic], -1)


def bricks(random, size=256, rows=8, columns=4, gap=0.08):
    """Courses shifted by half a brick: (inside, shade); inside is 0 in the mortar, shade a brick's own."""
    y, x = np.mgrid[:size, :size] / size
    row = (y * rows).astype(int)
    shifted = (x * columns + row % 2 * 0.5) % columns
    fy, fx = y * rows % 1, shifted % 1
    edge = np.minimum(np.minimum(fy, 1 - fy), np.minimum(fx, 1 - fx) * 2)
    shade = random.random((rows, columns))[row, shifted.astype(int)]
    return np.clip(edge / gap, 0, 1), shade


def planks(random, size=256, count=4):
    """Floor boards along u: (color, height, roughness)."""
    y = np.mgrid[:size, :size][0] / size
    board = (y * count).astype(int)
    tone, shift = random.random(count)[board], random.integers(0, size, count)[board]
    grain = noise(random, size, (32, 2), 3)[np.arange(size)[:, None], (np.arange(size)[None] + shift) % size]
    fy = y * count % 1
    seam = np.clip(np.minimum(fy, 1 - fy) / 0.03, 0, 1)
    wood = mix((0.45, 0.29, 0.17), (0.74, 0.55, 0.36), np.clip(0.55 * grain + 0.45 * tone, 0, 1))
    color = wood * (0.4 + 0.6 * seam[..., None])
    return color, seam * 3 + grain, 0.35 + 0.3 * grain


def leaves(random, size=128, count=26):
    """A twig's leaves: (H,W,4), alpha 0 between them."""
    y, x = np.mgrid[:size, :size] / size
    image = np.zeros((size, size, 4))
    image[..., :3] = (0.25, 0.4, 0.12)
    for _ in range(count):
        cx, cy, angle = random.uniform(0.15, 0.85, 2).tolist() + [random.uniform(0, np.pi)]
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        across = -(x - cx) * np.sin(angle) + (y - cy) * np.cos(angle)
        leaf = (along / 0.14) ** 2 + (np.abs(across) / 0.055) ** 1.5 < 1
        image[leaf, :3] = mix((0.20, 0.36, 0.10), (0.46, 0.60, 0.20), np.asarray(random.random()))
        image[leaf, 3] = 1
    return image


def weave(size=256, threads=32):
    """A plain weave: (color, height)."""
    y, x = np.mgrid[:size, :size] * threads / size
    over = ((x.astype(int) + y.astype(int)) % 2).astype(bool)
    bulge = np.where(over, np.sin(np.pi * (x % 1)), np.sin(np.pi * (y % 1)))
    stripe = ((x.astype(int) // 4 % 2) + (y.astype(int) // 4 % 2)) / 2
    color = mix((0.16, 0.20, 0.36), (0.82, 0.78, 0.70), stripe) * (0.55 + 0.45 * bulge[..., None])
    return color, bulge
