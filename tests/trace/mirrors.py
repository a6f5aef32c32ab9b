"""A scene for features that are followed: mirrors, glass and matte walls, all flat. The one description that wfview
gets as a .glb, and that cycles_reference.py gives to Cycles. Lengths are meters; y is up."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "assets" / "scenes"))
import gltf  # noqa: E402  (from the scenes' folder)
import shapes  # noqa: E402

# kind, color, roughness; glass has the index of refraction 1.5, light that radiance
MATERIALS = {
    "floor": ("matte", (0.7, 0.3, 0.2), 1.0),
    "back": ("matte", (0.2, 0.6, 0.3), 1.0),
    "left": ("matte", (0.2, 0.3, 0.8), 1.0),
    "front": ("matte", (0.8, 0.8, 0.1), 1.0),
    "gold": ("metal", (1.0, 0.7, 0.3), 0.0),
    "satin": ("metal", (0.9, 0.9, 0.9), 0.2),   # still looked through
    "rough": ("metal", (0.6, 0.4, 0.3), 0.5),   # not any more
    "glass": ("glass", (1.0, 1.0, 1.0), 0.0),
    "lamp": ("light", (0.6, 0.5, 0.4), 1.0),
}
EYE, TARGET, FOV = (0.0, 1.0, 4.0), (0.0, 0.9, 0.0), 40.0  # FOV: the vertical angle, degrees


def _box(material, low, high):
    low, high = np.asarray(low, float), np.asarray(high, float)
    x, y, z = np.diag(high - low)
    faces = [(low + z, x, y), (low + x, -x, y), (low, z, y), (low + x + z, -z, y), (low + y + z, x, -z), (low, x, z)]
    return [(material, *face) for face in faces]


def quads():
    """(material, corner, right, up): parallelograms whose front is where right, up turn counter-clockwise."""
    walls = [
        ("floor", (-3, 0, 6), (6, 0, 0), (0, 0, -9)), ("back", (-3, 0, -3), (6, 0, 0), (0, 4, 0)),
        ("left", (-3, 0, 6), (0, 0, -9), (0, 4, 0)), ("front", (3, 0, 6), (-6, 0, 0), (0, 4, 0)),
        ("lamp", (0.4, 1.7, -2.9), (0.7, 0, 0), (0, 0.4, 0)),
        ("gold", (-1.5, 0.2, -0.8), (1.0, 0, -0.35), (0, 1.1, 0.05)),
        ("satin", (-0.35, 0.2, -1.2), (0.7, 0, 0.1), (0, 1.3, 0)),
        ("rough", (-1.5, 1.5, -1.0), (1.0, 0, 0), (0, 0.4, 0)),
    ]
    return walls + _box("glass", (0.5, 0.01, -0.9), (1.4, 1.2, -0.4))


def write_glb(path):
    scene = gltf.Scene("mirrors")
    made = {}
    for name, (kind, color, roughness) in MATERIALS.items():
        options = {"matte": {"ior": 1.0}, "metal": {"metallic": 1.0}, "glass": {"transmission": 1.0, "ior": 1.5},
                   "light": {"emission": color, "ior": 1.0}}[kind]
        made[name] = scene.material(name, (0, 0, 0) if kind == "light" else color, roughness=roughness, **options)
    for name, corner, right, up in quads():
        scene.place(scene.mesh(shapes.quad(corner, right, up), made[name]))
    scene.camera(EYE, TARGET, FOV)
    scene.write(path)
