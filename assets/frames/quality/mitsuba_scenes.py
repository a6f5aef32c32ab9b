"""Renders the test frames of Mitsuba 3.

    pip install mitsuba==3.9.1
    python mitsuba_scenes.py --scene m_gallery --spp 4 --out raw           # raw/m_gallery_4spp.exr
    python mitsuba_scenes.py --scene m_gallery --spp 512 --reference --seed 1 --out raw    # a part of the reference

A frame is an EXR with the names that Mitsuba's integrator `aov` gives its channels: img.R ... of the path tracer (here
named img), albedo.R ..., nn.X ... (shading normal in world space), dd.T (distance). Of a reference only color is kept.
"""

import argparse
import math
import pathlib
import random
import tempfile

import mitsuba
import numpy as np

mitsuba.set_variant("scalar_rgb")
mitsuba.set_log_level(mitsuba.LogLevel.Error)
from mitsuba import ScalarTransform4f as T  # noqa: E402  (of the variant)

WIDTH, HEIGHT, PASS = 480, 270, 64


def rgb(*values):
    return {"type": "rgb", "value": list(values)}


def diffuse(color):
    return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": color}}


def metal(name, rough):
    return {"type": "twosided",
            "bsdf": {"type": "roughconductor", "material": name, "alpha": rough, "distribution": "ggx"}}


def glossy(color, rough=0.1):
    return {"type": "twosided", "bsdf": {"type": "roughplastic", "diffuse_reflectance": color, "alpha": rough}}


def checker(one, two, scale):
    return {"type": "checkerboard", "color0": rgb(*one), "color1": rgb(*two),
            "to_uv": T().scale([scale[0], scale[1], 1])}


def noise_texture(seed, one, two, octaves=6, size=256):
    """Fractal noise between two colors; repeats without a seam."""
    generator = np.random.default_rng(seed)
    total = np.zeros((size, size))
    for octave in range(1, octaves + 1):
        cells = 2 ** octave
        at = np.arange(size) * cells / size
        low, part = at.astype(int), at % 1
        part = part * part * (3 - 2 * part)
        grid = generator.random((cells, cells))
        rows = grid[low] * (1 - part)[:, None] + grid[(low + 1) % cells] * part[:, None]
        total += 0.6 ** octave * (rows[:, low] * (1 - part) + rows[:, (low + 1) % cells] * part)
    total = (total - total.min()) / np.ptp(total)
    pixels = total[..., None] * np.float32(one) + (1 - total[..., None]) * np.float32(two)
    return {"type": "bitmap", "bitmap": mitsuba.Bitmap(pixels.astype(np.float32)), "raw": True}


def box(low, high, bsdf):
    center, half = np.add(low, high) / 2, np.subtract(high, low) / 2
    return {"type": "cube", "to_world": T().translate(center.tolist()).scale(half.tolist()), "bsdf": bsdf}


def plane(center, half, rotate, bsdf, **more):
    """A rectangle that faces +z before it is turned; rotate: (axis, degrees)."""
    return {"type": "rectangle", "bsdf": bsdf, **more,
            "to_world": T().translate(center).rotate(*rotate).scale([half[0], half[1], 1])}


def ball(center, radius, bsdf, **more):
    return {"type": "sphere", "center": center, "radius": radius, "bsdf": bsdf, **more}


def triangles(folder, name, points, faces, bsdf, smooth=False):
    """A mesh of points (N,3) and faces (M,3), by way of a file."""
    path = pathlib.Path(folder) / f"{name}.ply"
    with open(path, "w", encoding="ascii") as file:
        file.write(f"ply\nformat ascii 1.0\nelement vertex {len(points)}\nproperty float x\nproperty float y\nproperty "
                   "float z\n"
                   f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n")
        file.writelines("{:.6g} {:.6g} {:.6g}\n".format(*point) for point in points)
        file.writelines("3 {} {} {}\n".format(*face) for face in faces)
    return {"type": "ply", "filename": str(path), "face_normals": not smooth, "bsdf": bsdf}


def lathe(folder, name, profile, at, bsdf, segments=48):
    """A solid of revolution around z from (radius, height) pairs."""
    count = len(profile)
    points = [(at[0] + r * math.cos(a), at[1] + r * math.sin(a), at[2] + z)
              for a in (2 * math.pi * k / segments for k in range(segments)) for r, z in profile]
    faces = []
    for k in range(segments):
        a, b = count * k, count * ((k + 1) % segments)
        for i in range(count - 1):
            faces += [(a + i, b + i, b + i + 1), (a + i, b + i + 1, a + i + 1)]
    return triangles(folder, name, points, faces, bsdf, smooth=True)


def sky(zenith, horizon):
    """From one radiance overhead to another at the horizon, up being z; brown below it."""
    rows = np.linspace(1, -1, 128)[:, None, None]
    above = np.float32(zenith) + (np.float32(horizon) - np.float32(zenith)) * (1 - np.clip(rows, 0, 1)) ** 3
    pixels = np.where(rows >= 0, above, np.float32((0.12, 0.1, 0.07))) * np.ones((1, 256, 1))
    return {"type": "envmap", "bitmap": mitsuba.Bitmap(pixels.astype(np.float32)),
            "to_world": T().rotate([1, 0, 0], 90)}


def ellipsoid(points, faces, center, radii, turn, rings=8, segments=14):
    """Adds one, turned about z, to a mesh."""
    first = len(points)
    for i in range(rings + 1):
        for k in range(segments):
            polar, azimuth = math.pi * i / rings, 2 * math.pi * k / segments
            x, y = radii[0] * math.sin(polar) * math.cos(azimuth), radii[1] * math.sin(polar) * math.sin(azimuth)
            points.append((center[0] + x * math.cos(turn) - y * math.sin(turn),
                           center[1] + x * math.sin(turn) + y * math.cos(turn), center[2] + radii[2] * math.cos(polar)))
    for i in range(rings):
        for k in range(segments):
            a, b = first + segments * i + k, first + segments * i + (k + 1) % segments
            faces += [(a, a + segments, b + segments), (a, b + segments, b)]


def camera(eye, target, fov, aperture=0.0, focus=None):
    lens = {"type": "thinlens", "aperture_radius": aperture, "focus_distance": math.dist(eye, focus)} if aperture else {
        "type": "perspective"}
    return {**lens, "fov": fov, "to_world": T().look_at(origin=eye, target=target, up=[0, 0, 1])}


def m_gallery(folder):
    """A museum room under a skylight and spots: rough metals, glass, glossy floor, textured walls."""
    glass = {"type": "dielectric", "int_ior": 1.5}
    stone = glossy(noise_texture(4, (0.75, 0.72, 0.66), (0.35, 0.33, 0.31)), 0.2)
    wall = diffuse(noise_texture(5, (0.42, 0.16, 0.13), (0.30, 0.10, 0.09), 4))
    scene = {
        "floor": plane([0, 1, 0], (4, 5), ([0, 0, 1], 0),
                       glossy(checker((0.55, 0.5, 0.42), (0.08, 0.07, 0.07), (10, 12)), 0.08)),
        "back": plane([0, 6, 2], (4, 2), ([1, 0, 0], 90), wall),
        "left": plane([-4, 1, 2], (2, 5), ([0, 1, 0], 90), diffuse(rgb(0.55, 0.52, 0.46))),
        "right": plane([4, 1, 2], (2, 5), ([0, 1, 0], -90), diffuse(rgb(0.20, 0.28, 0.36))),
        "front": plane([0, -4, 2], (4, 2), ([1, 0, 0], -90), diffuse(rgb(0.5, 0.48, 0.44))),
        "ceiling": plane([0, 1, 4], (4, 5), ([1, 0, 0], 180), diffuse(rgb(0.7, 0.7, 0.7))),
        "skylight": plane([-0.5, 2, 3.98], (1.2, 1.8), ([1, 0, 0], 180), diffuse(rgb(0, 0, 0)),
                          light={"type": "area", "radiance": rgb(5.0, 6.0, 7.2)}),
        "gold": ball([-1.6, 2.2, 1.32], 0.42, metal("Au", 0.15)),
        "copper": ball([0.0, 3.4, 1.32], 0.42, metal("Cu", 0.3)),
        "crystal": ball([1.5, 2.0, 1.32], 0.42, glass),
        "chrome": ball([2.6, 3.6, 1.22], 0.32, metal("Cr", 0.05)),
        "vase": lathe(folder, "vase",
                      [(0.001, 0), (0.2, 0), (0.3, 0.25), (0.32, 0.4), (0.18, 0.65), (0.14, 0.8), (0.2, 0.9),
                       (0.18, 0.9), (0.12, 0.8), (0.16, 0.65), (0.29, 0.4), (0.001, 0.1)], (-2.9, 3.8, 0.9),
                      glossy(rgb(0.05, 0.16, 0.4), 0.05)),
        "bench": box([-0.9, 0.2, 0.38], [1.1, 0.75, 0.46],
                     glossy(noise_texture(6, (0.3, 0.16, 0.07), (0.12, 0.06, 0.03), 5), 0.15)),
        "bowl": lathe(folder, "bowl", [(0.001, 0), (0.1, 0), (0.28, 0.16), (0.3, 0.2), (0.27, 0.17), (0.001, 0.03)],
                      (0.5, 0.45, 0.46), {"type": "thindielectric"}),
        "ball": ball([-0.3, 0.5, 0.6], 0.14, glossy(rgb(0.65, 0.08, 0.05), 0.05)),
    }
    for number, x in enumerate((-0.75, 0.95)):
        scene[f"bench leg {number}"] = box([x - 0.05, 0.25, 0], [x + 0.05, 0.7, 0.38], metal("Cr", 0.2))
    for number, (x, y) in enumerate(((-1.6, 2.2), (0.0, 3.4), (1.5, 2.0), (2.6, 3.6), (-2.9, 3.8))):
        scene[f"pedestal {number}"] = box([x - 0.32, y - 0.32, 0], [x + 0.32, y + 0.32, 0.9], stone)
    for number, (x, color) in enumerate(((-2.3, (0.9, 0.5, 0.1)), (0.2, (0.1, 0.4, 0.5)), (2.6, (0.5, 0.6, 0.2)))):
        scene[f"frame {number}"] = box([x - 0.75, 5.9, 1.5], [x + 0.75, 5.98, 2.9], metal("Au", 0.25))
        scene[f"canvas {number}"] = plane([x, 5.88, 2.2], (0.65, 0.6), ([1, 0, 0], 90),
                                          diffuse(noise_texture(number, color, tuple(1 - c for c in color), 7)))
        scene[f"spot {number}"] = ball([x, 4.4, 3.6], 0.07, diffuse(rgb(0, 0, 0)),
                                       light={"type": "area", "radiance": rgb(90, 70, 45)})
    return scene, camera([0.5, -3.4, 1.75], [0.0, 3, 1.2], 62)


def m_pond(folder):
    """Outdoors in evening sun through a thin lens: reeds, pebbles, bottles and spheres at a pond."""
    rng = random.Random(9)
    scene = {
        "sun": {"type": "directional", "direction": [0.7, 0.35, -0.5], "irradiance": rgb(3.0, 2.5, 1.9)},
        "sky": sky((0.12, 0.25, 0.55), (0.85, 0.72, 0.58)),
        "ground": plane([0, 6, -0.02], (30, 30), ([0, 0, 1], 0),
                        diffuse(noise_texture(1, (0.34, 0.27, 0.17), (0.13, 0.12, 0.06), 7))),
        "water": {"type": "disk", "to_world": T().translate([-0.3, 2.6, 0.0]).scale([2.1, 1.3, 1]),
                  "bsdf": {"type": "dielectric", "int_ior": 1.33}},
        "bed": {"type": "disk", "to_world": T().translate([-0.3, 2.6, -0.01]).scale([2.1, 1.3, 1]),
                "bsdf": diffuse(rgb(0.03, 0.07, 0.06))},
        "mirror ball": ball([0.85, 0.55, 0.3], 0.3, metal("Ag", 0.05)),
        "clay": ball([-1.45, 0.8, 0.24], 0.24, diffuse(noise_texture(2, (0.6, 0.25, 0.12), (0.35, 0.13, 0.07)))),
    }
    bottle = [(0.001, 0), (0.1, 0), (0.11, 0.03), (0.11, 0.3), (0.04, 0.42), (0.035, 0.55), (0.045, 0.57),
              (0.03, 0.57), (0.028, 0.42), (0.098, 0.3), (0.098, 0.04), (0.001, 0.03)]
    for number, (x, y, bsdf) in enumerate(((-0.45, 0.35, {"type": "dielectric", "int_ior": 1.5}),
                                           (-0.1, 0.75, glossy(rgb(0.03, 0.25, 0.1), 0.03)),
                                           (1.5, 1.25, {"type": "dielectric", "int_ior": 1.5}))):
        scene[f"bottle {number}"] = lathe(folder, f"bottle {number}", bottle, (x, y, 0), bsdf)
    for kind in range(6):
        points, faces = [], []
        for _ in range(25):
            x, y = rng.gauss(0, 1.6), rng.uniform(-0.6, 1.4)
            size, turn = rng.uniform(0.02, 0.075), rng.uniform(0, math.pi)
            ellipsoid(points, faces, (x, y, 0.4 * size), (size, 0.7 * size, 0.6 * size), turn)
        tone = 0.1 + 0.1 * kind
        scene[f"pebbles {kind}"] = triangles(folder, f"pebbles {kind}", points, faces, glossy(
            rgb(tone, tone * rng.uniform(0.85, 1), tone * rng.uniform(0.7, 1)), 0.25), smooth=True)
    for clump, color in enumerate(((0.12, 0.22, 0.04), (0.25, 0.28, 0.06), (0.35, 0.3, 0.12))):
        points, faces = [], []
        for _ in range(2600):
            angle = rng.uniform(0, 2 * math.pi)
            reach = rng.uniform(1.0, 1.6) if rng.random() < 0.7 else rng.uniform(1.6, 4)
            x, y = -0.3 + 2.1 * reach * math.cos(angle), 2.6 + 1.3 * reach * math.sin(angle)
            if y < 1.9 and abs(x) < 1.9:
                continue
            tall, lean, turn = rng.uniform(0.2, 0.9), (rng.gauss(0, 0.12), rng.gauss(0, 0.12)), rng.uniform(0, math.pi)
            side = (0.012 * math.cos(turn), 0.012 * math.sin(turn))
            base = len(points)
            points += [(x - side[0], y - side[1], 0), (x + side[0], y + side[1], 0),
                       (x + 0.5 * lean[0] - side[0], y + 0.5 * lean[1] - side[1], 0.6 * tall),
                       (x + 0.5 * lean[0] + side[0], y + 0.5 * lean[1] + side[1], 0.6 * tall),
                       (x + 1.4 * lean[0], y + 1.4 * lean[1], tall)]
            faces += [(base, base + 1, base + 3), (base, base + 3, base + 2), (base + 2, base + 3, base + 4)]
        scene[f"reeds {clump}"] = triangles(folder, f"reeds {clump}", points, faces, diffuse(rgb(*color)))
    return scene, camera([0.25, -2.3, 0.85], [0.0, 1.2, 0.28], 46, aperture=0.03, focus=[0.4, 0.5, 0.3])


SCENES = {"m_gallery": m_gallery, "m_pond": m_pond}


def render(args):
    with tempfile.TemporaryDirectory() as folder:
        shapes, sensor = SCENES[args.scene](folder)
        path = {"type": "path", "max_depth": 12}
        film = {"type": "hdrfilm", "width": WIDTH * args.percent // 100, "height": HEIGHT * args.percent // 100,
                "rfilter": {"type": "box"}, "pixel_format": "rgb", "component_format": "float32"}
        scene = mitsuba.load_dict({
            "type": "scene", **shapes, "sensor": {**sensor, "film": film, "sampler": {"type": "independent"}},
            "integrator": path if args.reference else {
                "type": "aov", "aovs": "albedo:albedo,nn:sh_normal,dd:depth", "img": path}})
    first = 1000 * args.seed if args.reference else args.spp
    if not args.reference:
        mitsuba.render(scene, spp=args.spp, seed=first)
        return scene.sensors()[0].film().bitmap()
    passes = max(1, args.spp // PASS)
    total = sum(np.array(mitsuba.render(scene, spp=args.spp // passes, seed=first + k), np.float64)
                for k in range(passes))
    return mitsuba.Bitmap((total / passes).astype(np.float32), mitsuba.Bitmap.PixelFormat.RGB)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", choices=sorted(SCENES), required=True)
    parser.add_argument("--spp", type=int, default=4)
    parser.add_argument("--reference", action="store_true", help="color only")
    parser.add_argument("--seed", type=int, default=1, help="of a part of the reference")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the files")
    parser.add_argument("--percent", type=int, default=100, help="size, for a quick look")
    args = parser.parse_args()
    name = f"ref.{args.spp}.{args.seed}" if args.reference else f"{args.spp}spp"
    args.out.mkdir(parents=True, exist_ok=True)
    bitmap = render(args)
    part = args.out / f"{args.scene}_{name}.part.exr"
    bitmap.write(str(part))
    part.rename(args.out / f"{args.scene}_{name}.exr")


if __name__ == "__main__":
    main()
