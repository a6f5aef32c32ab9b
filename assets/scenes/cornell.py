"""A box of quads, after Cornell's: the one description from which make.py writes cornell.glb, and which any other
renderer can be given, to compare.

All surfaces are Lambertian (in glTF: roughness 1, index of refraction 1, so that nothing is reflected) and two-sided;
the lamp is a part of the ceiling and emits LAMP on its lower side. Lengths are meters; y is up.
"""

import numpy as np

WHITE, RED, GREEN = (0.73, 0.71, 0.68), (0.61, 0.06, 0.05), (0.14, 0.45, 0.09)  # reflectances, linear Rec. 709
COLORS = {"white": WHITE, "red": RED, "green": GREEN, "lamp": (0.0, 0.0, 0.0)}
LAMP = (17.0, 12.0, 6.0)  # radiance
EYE, TARGET, FOV = (0.0, 1.0, 4.2), (0.0, 1.0, 0.0), 36.0  # FOV: the vertical angle, degrees; up is (0, 1, 0)


def _block(center, size, degrees):
    """The five faces of a block on the floor that one sees."""
    angle = np.radians(degrees)
    x = np.array([np.cos(angle), 0, -np.sin(angle)]) * size[0]
    z = np.array([np.sin(angle), 0, np.cos(angle)]) * size[2]
    y = np.array([0, size[1], 0])
    a = np.array([center[0], 0, center[1]]) - x / 2 - z / 2
    return [("white", *face) for face in
            ((a + z, x, y), (a + x, -x, y), (a, z, y), (a + x + z, -z, y), (a + y + z, x, -z))]


def _ceiling(half=0.25):
    """Four quads around the lamp; seen from below."""
    x, z = np.array([1, 0, 0]), np.array([0, 0, 1])
    at = lambda u, v: np.array([u, 2, v])
    return [("white", at(-1, -1), 2 * x, (1 - half) * z), ("white", at(-1, half), 2 * x, (1 - half) * z),
            ("white", at(-1, -half), (1 - half) * x, 2 * half * z),
            ("white", at(half, -half), (1 - half) * x, 2 * half * z),
            ("lamp", at(-half, -half), 2 * half * x, 2 * half * z)]


def quads():
    """(color's name, corner, right, up): parallelograms whose front is where right, up turn counter-clockwise."""
    walls = [("white", (-1, 0, 1), (2, 0, 0), (0, 0, -2)), ("white", (-1, 0, -1), (2, 0, 0), (0, 2, 0)),
             ("red", (-1, 0, 1), (0, 0, -2), (0, 2, 0)), ("green", (1, 0, -1), (0, 0, 2), (0, 2, 0))]
    blocks = _block((-0.35, -0.3), (0.6, 1.2, 0.6), 18) + _block((0.35, 0.35), (0.6, 0.6, 0.6), -16)
    return [(name, *(np.asarray(v, float) for v in vectors)) for name, *vectors in walls + _ceiling() + blocks]


def mitsuba(width, height, spp, transform):
    """The dictionary for mitsuba.load_dict. transform: mitsuba.ScalarTransform4f. 128 bounces, box filter, no clamp."""
    scene = {"type": "scene", "integrator": {"type": "path", "max_depth": 128, "rr_depth": 16}, "camera": {
        "type": "perspective", "fov": FOV, "fov_axis": "y", "to_world": transform().look_at(EYE, TARGET, (0, 1, 0)),
        "sampler": {"type": "independent", "sample_count": spp},
        "film": {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"},
                 "pixel_format": "rgb"}}}
    for i, (name, corner, right, up) in enumerate(quads()):
        normal = np.cross(right, up)
        matrix = np.eye(4)  # of the square from (-1,-1,0) to (1,1,0), which faces +z
        matrix[:3] = np.stack([right / 2, up / 2, normal / np.linalg.norm(normal), corner + right / 2 + up / 2], 1)
        bsdf = {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(COLORS[name])}}
        scene[f"quad{i}"] = {"type": "rectangle", "to_world": transform(matrix),
                             "bsdf": {"type": "twosided", "bsdf": bsdf}}
        if name == "lamp":
            scene[f"quad{i}"]["emitter"] = {"type": "area", "radiance": {"type": "rgb", "value": list(LAMP)}}
    return scene
