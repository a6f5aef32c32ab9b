"""Makes the bundled scenes beside this file, from nothing but numbers:

    python make.py [NAME ...]      room court glass cornell

    room     an interior: small lamps, planks, bricks, books
    court    outdoors, for a sky with sun: tiles, columns, trees whose leaves are holes in a texture
    glass    glass, frosted glass, gold, copper, brushed steel, a fine weave, two soft boxes
    cornell  Lambertian quads and one lamp: cornell.py is its description

Needs numpy. Every run writes the same bytes.
"""

import pathlib
import sys

import numpy as np

import cornell
import patterns
import shapes
from gltf import Scene

FOLDER = pathlib.Path(__file__).resolve().parent


def brick_textures(scene, random, light, dark):
    inside, shade = patterns.bricks(random)
    rough = patterns.noise(random, 256, (8, 8))
    color = patterns.mix((0.62, 0.60, 0.56), patterns.mix(dark, light, 0.6 * shade + 0.4 * rough), inside)
    return scene.texture(color), scene.texture(patterns.normals(inside * 3 + rough * 2, 0.8))


def room():
    random, scene = np.random.default_rng(1), Scene("room")
    color, height, roughness = patterns.planks(random)
    floor = scene.material("planks", (1, 1, 1), base=scene.texture(color),
                           normal=scene.texture(patterns.normals(height, 0.5)),
                           surface=scene.texture(patterns.surface(roughness)))
    base, bumps = brick_textures(scene, random, (0.70, 0.38, 0.28), (0.48, 0.22, 0.17))
    brick = scene.material("bricks", (1, 1, 1), base=base, normal=bumps, roughness=0.9)
    plaster = scene.material("plaster", (0.78, 0.75, 0.70))
    wood = scene.material("dark wood", (0.23, 0.12, 0.06), roughness=0.35)
    brass = scene.material("brass", (0.91, 0.72, 0.36), metallic=1.0, roughness=0.25)
    enamel = scene.material("enamel", (0.10, 0.28, 0.26), roughness=0.2)
    glaze = scene.material("glaze", (0.75, 0.30, 0.12), roughness=0.1)
    bulb = scene.material("bulb", (0, 0, 0), emission=(1, 0.76, 0.46), strength=280)
    strip = scene.material("strip", (0, 0, 0), emission=(0.62, 0.78, 1), strength=25)

    quad, put = shapes.quad, scene.place
    put(scene.mesh(quad((-3, 0, 2.5), (6, 0, 0), (0, 0, -5), (4, 3.3)), floor))
    put(scene.mesh(quad((-3, 0, -2.5), (6, 0, 0), (0, 2.8, 0), (4, 1.9)), brick))
    put(scene.mesh(shapes.join(quad((-3, 0, 2.5), (0, 0, -5), (0, 2.8, 0)), quad((3, 0, -2.5), (0, 0, 5), (0, 2.8, 0)),
                               quad((3, 0, 2.5), (-6, 0, 0), (0, 2.8, 0)),
                               quad((-3, 2.8, -2.5), (6, 0, 0), (0, 0, 5))), plaster))

    legs = [shapes.box((x, 0, z), (x + 0.06, 0.72, z + 0.06)) for x in (-0.85, 0.79) for z in (-0.45, 0.39)]
    put(scene.mesh(shapes.join(shapes.box((-0.9, 0.72, -0.5), (0.9, 0.77, 0.5)), *legs), wood), (-0.3, 0, -0.6), turn=8)
    seat = [shapes.box((x, 0, z), (x + 0.04, 0.45 if z < 0 else 0.95, z + 0.04)) for x in (-0.2, 0.16)
            for z in (-0.2, 0.16)]
    chair = scene.mesh(shapes.join(shapes.box((-0.21, 0.43, -0.21), (0.21, 0.47, 0.21)),
                                   shapes.box((-0.21, 0.72, 0.17), (0.21, 0.95, 0.2)), *seat), wood)
    put(chair, (-0.9, 0, 0.3), turn=20)
    put(chair, (0.35, 0, 0.35), turn=-25)
    put(chair, (-0.4, 0, -1.55), turn=170)

    shade = shapes.lathe(shapes.corners([(0.03, 0.16), (0.05, 0.15), (0.19, 0), (0.185, 0), (0.045, 0.14)], size=0.01))
    shade_mesh, ball = scene.mesh(shade, enamel), scene.mesh(shapes.sphere(0.03, 16), bulb)
    cable = scene.mesh(shapes.lathe([(0.004, 0), (0.004, 1)], 8), wood)
    for x, z, y in ((-0.75, -0.65, 1.62), (0.15, -0.55, 1.55)):
        put(shade_mesh, (x, y, z))
        put(ball, (x, y + 0.05, z))
        put(cable, (x, y + 0.16, z), (1, 2.8 - y - 0.16, 1))

    shelf = [shapes.box((1.3, y, -2.45), (2.7, y + 0.03, -2.15)) for y in (0.4, 0.85, 1.3, 1.75)]
    sides = [shapes.box((x, 0, -2.45), (x + 0.03, 1.9, -2.15)) for x in (1.27, 2.7)]
    put(scene.mesh(shapes.join(*shelf, *sides), wood))
    books = [scene.material(f"book {i}", tuple(random.uniform(0.04, 0.6, 3)), roughness=0.6) for i in range(8)]
    stacks = [[] for _ in books]
    for y in (0.43, 0.88, 1.33):
        x = 1.34
        while x < 2.55:
            width, tall = random.uniform(0.02, 0.06), random.uniform(0.2, 0.36)
            stacks[random.integers(8)].append(shapes.box((x, y, -2.43),
                                                         (x + width, y + tall, -2.43 + random.uniform(0.16, 0.24))))
            x += width + (random.random() < 0.12) * 0.15 + 0.002
    for stack, material in zip(stacks, books):
        put(scene.mesh(shapes.join(*stack), material))
    put(scene.mesh(shapes.box((1.35, 1.73, -2.2), (2.65, 1.745, -2.17)), strip))

    vase = shapes.lathe(shapes.corners([(0, 0), (0.07, 0), (0.11, 0.12), (0.045, 0.24), (0.06, 0.28), (0.05, 0.28),
                                        (0.03, 0.24)]))
    put(scene.mesh(vase, glaze), (-0.05, 0.77, -0.7))
    put(scene.mesh(shapes.moved(shapes.torus(0.09, 0.012), (0, 0.012, 0)), brass), (-0.75, 0.77, -0.4))
    put(scene.mesh(shapes.sphere(0.05), brass), (-0.55, 0.82, -0.75))
    lamp = shapes.lathe(shapes.corners([(0, 0), (0.14, 0), (0.14, 0.02), (0.012, 0.03), (0.012, 1.45), (0, 1.46)],
                                       size=0.01))
    put(scene.mesh(lamp, brass), (-2.4, 0, -1.7))
    put(scene.mesh(shapes.lathe([(0.2, 1.35), (0.12, 1.65)]), plaster), (-2.4, 0, -1.7))
    put(ball, (-2.4, 1.5, -1.7))
    scene.camera((1.2, 1.55, 2.35), (-0.35, 0.85, -1.0), 50)
    return scene


def tree(scene, bark, leaf, random, at, height):
    trunk = shapes.lathe(np.stack([np.linspace(0.14, 0.05, 8), np.linspace(0, height * 0.7, 8)], 1), 12, (2, 4))
    scene.place(scene.mesh(trunk, bark), at)
    cards = []
    for _ in range(150):
        direction = random.normal(size=3)
        reach = direction / np.linalg.norm(direction) * random.uniform(0.3, 1) ** 0.5 * (0.9, 0.7, 0.9)
        center = reach + (0, height * 0.85, 0)
        right, up = random.normal(size=(2, 3))
        right /= np.linalg.norm(right)
        up = np.cross(np.cross(right, up), right)
        up /= np.linalg.norm(up)
        cards.append(shapes.quad(center - 0.3 * right - 0.3 * up, 0.6 * right, 0.6 * up))
    scene.place(scene.mesh(shapes.join(*cards), leaf), at)


def court():
    random, scene = np.random.default_rng(2), Scene("court")
    inside, shade = patterns.bricks(random, rows=4, columns=4, gap=0.05)
    rough = patterns.noise(random, 256, (8, 8))
    slab = patterns.mix((0.35, 0.33, 0.30),
                        patterns.mix((0.52, 0.47, 0.40), (0.78, 0.72, 0.62), 0.5 * shade + 0.5 * rough), inside)
    paving = scene.material("paving", (1, 1, 1), base=scene.texture(slab),
                            normal=scene.texture(patterns.normals(inside * 2 + rough * 3, 0.7)), roughness=0.8)
    base, bumps = brick_textures(scene, random, (0.80, 0.66, 0.48), (0.62, 0.46, 0.32))
    wall = scene.material("wall", (1, 1, 1), base=base, normal=bumps, roughness=0.9)
    stone = scene.material("stone", (0.72, 0.68, 0.60), roughness=0.7)
    leaf = scene.material("leaves", (1, 1, 1), base=scene.texture(patterns.leaves(random)), roughness=0.6, cutout=True)
    bark = scene.material("bark", (0.20, 0.14, 0.09))
    water = scene.material("water", (1, 1, 1), transmission=1.0, ior=1.33, roughness=0.0)
    basin = scene.material("basin", (0.12, 0.32, 0.34), roughness=0.5)
    grass = scene.material("grass", (0.16, 0.24, 0.06))
    copper = scene.material("verdigris", (0.95, 0.64, 0.54), metallic=1.0, roughness=0.3)
    quad, put = shapes.quad, scene.place

    side = np.linspace(-40, 40, 65)
    x, z = np.meshgrid(side, -side)
    far = np.clip((np.hypot(x, z) - 11) / 20, 0, 1)
    hill = far * 9 * (patterns.noise(random, 65, (3, 3), 2) - 0.15) - 0.05 - 0.6 * (np.hypot(x, z) < 9)
    put(scene.mesh(shapes.surface(np.stack([x, hill, z], -1), np.stack([x, z], -1)), grass))

    tile = lambda x, z, w, d: quad((x, 0, z + d), (w, 0, 0), (0, 0, -d), (w / 2, d / 2))
    put(scene.mesh(shapes.join(tile(-7, -6, 14, 4.5), tile(-7, 1.5, 14, 5.5), tile(-7, -1.5, 5.5, 3),
                               tile(1.5, -1.5, 5.5, 3)), paving))
    rim = [shapes.box(*corners)
           for corners in (((-1.7, 0, -1.7), (1.7, 0.25, -1.5)), ((-1.7, 0, 1.5), (1.7, 0.25, 1.7)),
                           ((-1.7, 0, -1.5), (-1.5, 0.25, 1.5)), ((1.5, 0, -1.5), (1.7, 0.25, 1.5)))]
    put(scene.mesh(shapes.join(*rim), stone))
    put(scene.mesh(shapes.join(quad((-1.5, -0.4, 1.5), (3, 0, 0), (0, 0, -3)),
                               quad((-1.5, -0.4, -1.5), (3, 0, 0), (0, 0.65, 0)),
                               quad((1.5, -0.4, 1.5), (-3, 0, 0), (0, 0.65, 0)),
                               quad((-1.5, -0.4, 1.5), (0, 0, -3), (0, 0.65, 0)),
                               quad((1.5, -0.4, -1.5), (0, 0, 3), (0, 0.65, 0))), basin))
    u, v = np.meshgrid(np.linspace(-1.499, 1.499, 41), np.linspace(1.499, -1.499, 41))
    ripple = 0.12 + 0.006 * np.sin(14 * np.hypot(u, v)) / (1 + np.hypot(u, v))
    put(scene.mesh(shapes.surface(np.stack([u, ripple, v], -1), np.stack([u, v], -1)), water))

    profile = [(0, 0), (0.34, 0), (0.34, 0.12), (0.25, 0.2), (0.2, 2.7), (0.28, 2.85), (0.32, 2.85), (0.32, 3), (0, 3)]
    column = scene.mesh(shapes.lathe(shapes.corners(profile, size=0.04)), stone)
    for i in range(5):
        put(column, (-5 + 2.5 * i, 0, -4.5))
    put(scene.mesh(shapes.box((-5.6, 3, -4.85), (5.6, 3.35, -4.15), 1.5), stone))
    put(scene.mesh(shapes.join(shapes.box((-7, 0, -6.2), (7, 2.2, -5.9), 1.6),
                               shapes.box((-7.2, 0, -6), (-6.9, 1.3, 6), 1.6)), wall))
    put(scene.mesh(shapes.join(*(shapes.box((4.6, 0.0, -3 - 0.35 * i), (7, 0.17 * (i + 1), -2.65 - 0.35 * i))
                                 for i in range(5))), stone))
    put(scene.mesh(shapes.sphere(0.35, 48), copper), (0, 0.75, 0))
    put(scene.mesh(shapes.lathe(shapes.corners([(0, -0.4), (0.16, -0.4), (0.16, 0.35), (0.22, 0.4), (0, 0.41)])),
                   stone))
    pot = scene.mesh(shapes.lathe(shapes.corners([(0, 0), (0.22, 0), (0.32, 0.5), (0.36, 0.5), (0.36, 0.56),
                                                  (0.28, 0.56), (0, 0.5)])), copper)
    put(pot, (-2.6, 0, 2.0))
    put(pot, (2.6, 0, -2.4), 0.8)
    for at, height in (((-4.6, 0, -2.4), 3.0), ((5.2, 0, 1.0), 3.4), ((-8.6, 0, 1.5), 4.0), ((3.0, 0, -8.5), 4.2)):
        tree(scene, bark, leaf, random, at, height)
    scene.camera((-3.6, 1.9, 6.4), (0.3, 1.0, -1.2), 48)
    return scene


def glass():
    random, scene = np.random.default_rng(3), Scene("glass")
    color, height = patterns.weave()
    cloth = scene.material("cloth", (1, 1, 1), base=scene.texture(color),
                           normal=scene.texture(patterns.normals(height, 2.5)))
    scratches = patterns.noise(random, 256, (64, 2), 3)
    steel = scene.material("brushed steel", (0.78, 0.78, 0.80), metallic=1.0,
                           surface=scene.texture(patterns.surface(0.15 + 0.5 * scratches, 1.0)),
                           normal=scene.texture(patterns.normals(scratches, 0.6)))
    gold = scene.material("gold", (1.0, 0.77, 0.34), metallic=1.0, roughness=0.08)
    copper = scene.material("copper", (0.95, 0.64, 0.54), metallic=1.0, roughness=0.3)
    mirror = scene.material("mirror", (0.95, 0.95, 0.95), metallic=1.0, roughness=0.0)
    clear = scene.material("glass", (1, 1, 1), transmission=1.0, ior=1.5, roughness=0.0)
    green = scene.material("green glass", (0.45, 0.85, 0.55), transmission=1.0, ior=1.5, roughness=0.0)
    frosted = scene.material("frosted glass", (1, 1, 1), transmission=1.0, ior=1.5, roughness=0.35)
    backdrop = scene.material("backdrop", (0.30, 0.31, 0.34), roughness=0.9)
    plastic = scene.material("plastic", (0.65, 0.05, 0.04), roughness=0.12)
    key = scene.material("key light", (0, 0, 0), emission=(1, 0.93, 0.82), strength=22)
    rim = scene.material("rim light", (0, 0, 0), emission=(0.6, 0.75, 1), strength=14)
    put = scene.place

    bend = np.concatenate([[(3.5, 0)],
                           [(-1.6 - 0.9 * np.sin(t), 0.9 - 0.9 * np.cos(t)) for t in np.linspace(0, np.pi / 2, 12)],
                           [(-2.5, 4)]])
    across = np.linspace(-5, 5, 2)
    points = np.array([[(x, y, z) for x in across] for z, y in bend])
    put(scene.mesh(shapes.surface(points, np.zeros((*points.shape[:2], 2))), backdrop))
    put(scene.mesh(shapes.box((-1.6, 0, -0.9), (1.6, 0.02, 0.9), 0.5), cloth), turn=-6)

    ball = lambda radius, material: scene.mesh(shapes.sphere(radius, 64, (4, 2)), material)
    put(ball(0.3, clear), (-0.45, 0.321, 0.25))
    put(ball(0.22, frosted), (0.95, 0.241, 0.35))
    put(ball(0.26, gold), (0.3, 0.281, -0.35))
    put(ball(0.2, steel), (-1.15, 0.221, -0.1), turn=40)
    put(ball(0.12, plastic), (0.15, 0.141, 0.55))
    put(ball(0.1, mirror), (-0.95, 0.121, 0.6))
    put(scene.mesh(shapes.moved(shapes.torus(0.16, 0.05), (0, 0.071, 0)), copper), (0.62, 0, 0.62))
    put(scene.mesh(shapes.box((-0.16, 0.021, -0.16), (0.16, 0.5, 0.16)), green), (-0.55, 0, -0.5), turn=30)
    cup = [(0, 0), (0.14, 0), (0.14, 0.012), (0.014, 0.03), (0.014, 0.22), (0.13, 0.33), (0.14, 0.5), (0.132, 0.5),
           (0.122, 0.335), (0, 0.24)]
    put(scene.mesh(shapes.lathe(shapes.corners(cup, size=0.008), 48), clear), (1.05, 0.021, -0.4))
    put(scene.mesh(shapes.quad((-2.6, 2.0, -0.4), (0.7, 1.0, 0), (0.0, 0, 1.4)), key))
    put(scene.mesh(shapes.quad((2.4, 0.8, -1.6), (0.3, 0, 1.2), (-0.3, 1.2, 0)), rim))
    scene.camera((0.1, 1.15, 3.3), (0.0, 0.27, 0.0), 32)
    return scene


def cornell_box():
    scene = Scene("cornell")
    groups, strength = {}, max(cornell.LAMP)
    for name, *quad in cornell.quads():
        groups.setdefault(name, []).append(shapes.quad(*quad))
    for name, faces in groups.items():
        light = {"emission": tuple(np.array(cornell.LAMP) / strength), "strength": strength} if name == "lamp" else {}
        scene.place(scene.mesh(shapes.join(*faces), scene.material(name, cornell.COLORS[name], ior=1.0, **light)))
    scene.camera(cornell.EYE, cornell.TARGET, cornell.FOV)
    return scene


SCENES = {"room": room, "court": court, "glass": glass, "cornell": cornell_box}

if __name__ == "__main__":
    for name in sys.argv[1:] or SCENES:
        SCENES[name]().write(FOLDER / f"{name}.glb")
