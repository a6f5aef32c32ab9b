"""Meshes: (positions, normals, texture coordinates, triangles) of numpy arrays; triangles are counter-clockwise seen
from outside, v points downwards in the texture."""

import numpy as np


def join(*shapes):
    """One shape of several."""
    first = np.cumsum([0] + [len(shape[0]) for shape in shapes])
    return (*(np.concatenate([shape[i] for shape in shapes]) for i in range(3)),
            np.concatenate([shape[3] + start for shape, start in zip(shapes, first)]))


def moved(shape, at=(0, 0, 0), scale=(1, 1, 1)):
    scale = np.broadcast_to(np.asarray(scale, float), 3)
    normals = shape[1] / scale
    return shape[0] * scale + at, normals / np.linalg.norm(normals, axis=1, keepdims=True), shape[2], shape[3]


def quad(corner, right, up, tiles=(1, 1)):
    """A parallelogram, seen from the side where right, up turn counter-clockwise; its texture repeats tiles times."""
    corner, right, up = (np.asarray(v, float) for v in (corner, right, up))
    normal = np.cross(right, up)
    positions = np.array([corner, corner + right, corner + right + up, corner + up])
    uvs = np.array([[0, 1], [1, 1], [1, 0], [0, 0]]) * tiles
    return positions, np.tile(normal / np.linalg.norm(normal), (4, 1)), uvs, np.array([[0, 1, 2], [0, 2, 3]])


def box(low, high, texel=None):
    """Six quads; texel is the length that one repetition of a texture covers (None: each face once)."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    x, y, z = np.diag(high - low)
    faces = [(low + z, x, y), (low + x, -x, y) , (low, z, y), (low + x + z, -z, y), (low + y + z, x, -z), (low, x, z)]
    tiles = [(1, 1) if texel is None else (np.linalg.norm(r) / texel, np.linalg.norm(u) / texel) for _, r, u in faces]
    return join(*(quad(*face, tile) for face, tile in zip(faces, tiles)))


def surface(points, uvs):
    """A smooth grid of (rows, columns, 3) points; columns run counter-clockwise seen from above where rows go up."""
    rows, columns = points.shape[:2]
    across, along = np.gradient(points, axis=1), np.gradient(points, axis=0)
    if np.allclose(points[:, 0], points[:, -1]):  # closed around
        across[:, 0] = across[:, -1] = (points[:, 1] - points[:, -2]) / 2
    for row, inner in ((0, 1), (-1, -2)):  # poles
        if np.allclose(across[row], 0):
            across[row] = across[inner]
    normals = np.cross(across, along)
    lengths = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = np.where(lengths > 1e-12, normals / np.maximum(lengths, 1e-12), (0, 1, 0))
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    p = points.reshape(-1, 3)[triangles]
    areas = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1)
    return points.reshape(-1, 3), normals.reshape(-1, 3), uvs.reshape(-1, 2), triangles[areas > 1e-12]


def lathe(profile, segments=32, tiles=(1, 1)):
    """A profile of (radius, height) from bottom to top, turned about the vertical axis."""
    profile = np.asarray(profile, float)
    around = np.linspace(0, 2 * np.pi, segments + 1)
    u, v = np.meshgrid(np.linspace(0, 1, segments + 1), np.linspace(1, 0, len(profile)))
    radius, height = profile[:, :1], profile[:, 1:]
    points = np.stack([radius * np.cos(around), height + 0 * around, -radius * np.sin(around)], -1)
    return surface(points, np.stack([u, v], -1) * tiles)


def sphere(radius=1.0, segments=32, tiles=(2, 1)):
    angle = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 1)
    shape = lathe(np.stack([np.cos(angle), np.sin(angle)], 1) * radius, segments, tiles)
    return shape[0], shape[0] / radius, shape[2], shape[3]


def corners(profile, steps=5, size=0.02):
    """The profile with its inner points rounded, so that smooth normals do not smear over its edges."""
    profile = np.asarray(profile, float)
    result = [profile[0]]
    for before, point, after in zip(profile, profile[1:], profile[2:]):
        a, b = before - point, after - point
        reach = min(size, np.linalg.norm(a) / 3, np.linalg.norm(b) / 3)
        start, end = point + a / np.linalg.norm(a) * reach, point + b / np.linalg.norm(b) * reach
        for t in np.linspace(0, 1, steps):
            result.append((1 - t) ** 2 * start + 2 * t * (1 - t) * point + t * t * end)
    return np.array(result + [profile[-1]])


def torus(radius, thickness, segments=48, sides=16):
    angle = np.linspace(-np.pi, np.pi, sides + 1)
    profile = np.stack([radius + thickness * np.cos(angle), thickness * np.sin(angle)], 1)
    return lathe(profile, segments, (8, 1))
