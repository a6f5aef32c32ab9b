"""Exteriors among the test frames."""

import math
import random

import bpy
from kit import (Nodes, area_light, ball, box, bricks, bush, checker, copy, glow, lathe, leaf, leaves, material, mesh,
                 plain, quad, rod, torus, view, wood, world)
from mathutils import Vector, noise


def sun(elevation, azimuth, strength, angle, color):
    """Elevation, azimuth (from +Y to +X) and angular diameter in degrees; returns the first two in radians."""
    elevation, azimuth = math.radians(elevation), math.radians(azimuth)
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.angle, data.color = strength, math.radians(angle), color
    obj = bpy.data.objects.new("sun", data)
    toward = Vector((math.cos(elevation) * math.sin(azimuth), math.cos(elevation) * math.cos(azimuth),
                     math.sin(elevation)))
    obj.rotation_euler = toward.to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(obj)
    return elevation, azimuth


def sky(strength, elevation, azimuth, dust=1.0):
    world(lambda n: n("Background", Strength=strength, Color=n("TexSky", _set={
        "sky_type": "NISHITA", "sun_disc": False, "sun_elevation": elevation, "sun_rotation": azimuth,
        "dust_density": dust})))


def mist(density, anisotropy):
    """A box of it has no surface."""
    mat = bpy.data.materials.new("mist")
    mat.use_nodes = True
    n = Nodes(mat.node_tree)
    volume = n("VolumeScatter", Density=density, Anisotropy=anisotropy)
    mat.node_tree.links.new(volume, mat.node_tree.nodes.new("ShaderNodeOutputMaterial").inputs["Volume"])
    return mat


def colonnade():
    """Outdoor sun: pale columns, steps and awnings under a clear sky, with hard shadows."""
    rng = random.Random(5)
    marble = material("marble", lambda n: n("BsdfPrincipled", Roughness=0.35, Base_Color=n.ramp(
        n("TexNoise", _out="Fac", Vector=n.coords(), Scale=2.5, Detail=9.0, Distortion=2.5),
        (0.42, (0.72, 0.68, 0.62)), (0.5, (0.45, 0.41, 0.38)), (0.56, (0.74, 0.71, 0.66)))))
    box("square", (-30, -12, -0.2), (30, 40, 0),
        bricks("paving", (0.50, 0.44, 0.37), (0.40, 0.35, 0.30), (0.2, 0.18, 0.16),
               width=0.8, height=0.8, rough=0.6, gap=0.012))
    for k in range(5):
        box("step", (-9 + 0.35 * k, 6 + 0.4 * k, 0), (9 - 0.35 * k, 16, 0.17 * (k + 1)), marble, 0.015)
    shaft = [(0, 0), (0.5, 0), (0.5, 0.1), (0.4, 0.2)]
    shaft += [(0.38 - 0.07 * k / 10, 0.3 + 3.6 * k / 10) for k in range(11)]
    shaft += [(0.36, 4.0), (0.47, 4.15), (0.47, 4.3), (0, 4.3)]
    first = lathe("column", shaft, marble, (-6.4, 8.6, 0.85), 24, 1)
    for k in range(1, 7):
        copy(first, (-6.4 + 2.13 * k, 8.6, 0.85))
    box("beam", (-7, 8.1, 5.15), (7, 9.1, 5.7), marble, 0.02)
    for k in range(24):
        box("dentil", (-6.9 + 0.6 * k, 7.95, 5.7), (-6.6 + 0.6 * k, 9.1, 5.9), marble)
    box("cornice", (-7.2, 7.8, 5.9), (7.2, 9.3, 6.1), marble, 0.02)
    points = [(-7.2, 7.9, 6.1), (7.2, 7.9, 6.1), (0, 7.9, 8.0), (-7.2, 14, 6.1), (7.2, 14, 6.1), (0, 14, 8.0)]
    mesh("roof", points, [(0, 1, 2), (3, 5, 4), (0, 2, 5, 3), (1, 4, 5, 2)],
         plain("tiles", (0.48, 0.17, 0.09), 0.7))
    box("cella", (-5.6, 11.2, 0.85), (5.6, 14, 5.9), bricks("cella", (0.55, 0.35, 0.22), (0.48, 0.30, 0.19),
                                                            (0.6, 0.56, 0.5), width=0.9, height=0.4,
                                                            rotate=(math.pi / 2, 0, 0)))
    box("door", (-0.9, 11.1, 0.85), (0.9, 11.2, 4.0), wood("door", (0.04, 0.1, 0.09), (0.1, 0.24, 0.2)))
    cloth = [plain("red cloth", (0.62, 0.06, 0.04), 0.9), plain("white cloth", (0.75, 0.72, 0.66), 0.9),
             plain("blue cloth", (0.06, 0.16, 0.42), 0.9)]
    for stall, (x, y, second) in enumerate(((-5.2, 1.8, 0), (5.4, 2.8, 2))):
        for k in range(8):
            left, right = x - 1.2 + 0.3 * k, x - 0.9 + 0.3 * k
            quad("awning", (left, y - 1.3, 1.95), (right, y - 1.3, 1.95), (right, y + 0.5, 2.5), (left, y + 0.5, 2.5),
                 cloth[1] if k % 2 else cloth[second])
        for dx in (-1.15, 1.15):
            for dy, tall in ((-1.25, 1.95), (0.45, 2.45)):
                rod("pole", (x + dx, y + dy, 0), (x + dx, y + dy, tall), 0.03, plain("pole", (0.2, 0.12, 0.07), 0.6), 8)
        box("counter", (x - 1.1, y - 1.0, 0), (x + 1.1, y - 0.2, 0.85),
            wood("board", (0.2, 0.11, 0.05), (0.5, 0.32, 0.17)))
        fruit = [plain("fruit", color, 0.35) for color in ((0.85, 0.25, 0.02), (0.6, 0.04, 0.03), (0.75, 0.6, 0.05),
                                                           (0.2, 0.4, 0.05))]
        for k in range(90):
            ball("fruit", 0.07, fruit[min(3, int(4 * k / 90))],
                 (x - 1.0 + 2.0 * k / 90 + rng.gauss(0, 0.05), y - 0.6 + rng.uniform(-0.3, 0.3),
                  0.93 + 0.09 * rng.random()), 12)
    lathe("fountain", [(0, 0), (1.5, 0), (1.5, 0.45), (1.38, 0.5), (1.3, 0.45), (1.3, 0.3), (0.2, 0.3), (0.14, 1.2),
                       (0.55, 1.5), (0.6, 1.58), (0.5, 1.55), (0.1, 1.35), (0, 1.35)], marble, (0.6, 2.6, 0), 48, 1)
    lathe("water", [(0, 0.38), (1.32, 0.38)], material("water", lambda n: n(
        "BsdfPrincipled", Base_Color=(0.02, 0.12, 0.13), Roughness=0.03,
        Normal=n.bump(n("TexNoise", _out="Fac", Vector=n.coords(), Scale=7.0, Detail=3.0), 0.3, 0.03))), (0.6, 2.6, 0),
        48, 0)
    ball("finial", 0.22, plain("gilding", (0.95, 0.68, 0.25), 0.1, 1.0), (0.6, 2.6, 1.78), 48)
    bark, green = plain("bark", (0.2, 0.13, 0.08), 0.9), leaf("cypress", (0.015, 0.05, 0.02), (0.08, 0.16, 0.04))
    for x, y, tall in ((-10.5, 9, 7), (-12.8, 12, 8), (10.8, 10, 7.5), (13, 13, 8.5)):
        rod("trunk", (x, y, 0), (x, y, 1.2), 0.15, bark)
        bush("cypress", (x, y, 0.55 * tall), 0.95, 4200, 0.3, green, rng, 0.45 * tall)
    sky(0.09, *sun(38, 215, 3.3, 0.6, (1.0, 0.88, 0.72)))
    view(25, (-2.2, -5.4, 1.7), (0.4, 4.5, 2.45))


def meadow():
    """Foliage: grass, poppies, a fence and trees against the light."""
    rng = random.Random(16)

    def height(x, y):
        return 0.35 * noise.noise(Vector((0.25 * x, 0.25 * y, 1.7))) + 0.012 * max(0.0, y - 2) ** 1.5

    size = 60
    points = [(-15 + 30 * i / size, -3 + 33 * j / size, height(-15 + 30 * i / size, -3 + 33 * j / size))
              for j in range(size + 1) for i in range(size + 1)]
    faces = [((size + 1) * j + i, (size + 1) * j + i + 1, (size + 1) * (j + 1) + i + 1, (size + 1) * (j + 1) + i)
             for j in range(size) for i in range(size)]
    mesh("soil", points, faces, plain("soil", (0.07, 0.09, 0.025), 1.0), smooth=True)
    blades, faces = [], []
    for _ in range(42000):
        y = -2.4 + 15 * rng.random() ** 1.8
        x = rng.uniform(-1, 1) * (2.4 + 0.75 * (y + 2.4))
        foot = Vector((x, y, height(x, y)))
        lean, turn = Vector((rng.gauss(0.05, 0.1), rng.gauss(0, 0.1), 0)), rng.uniform(0, math.pi)
        side = Vector((math.cos(turn), math.sin(turn), 0)) * 0.007
        tall, base = rng.uniform(0.12, 0.36), len(blades)
        middle, tip = foot + lean * 0.4 + Vector((0, 0, 0.6 * tall)), foot + lean + Vector((0, 0, tall))
        blades += [foot - side, foot + side, middle + 0.7 * side, middle - 0.7 * side, tip]
        faces += [(base, base + 1, base + 2, base + 3), (base + 3, base + 2, base + 4)]
    mesh("grass", [tuple(p) for p in blades], faces, leaf("grass", (0.05, 0.12, 0.015), (0.30, 0.36, 0.07)))
    red = leaf("poppy", (0.6, 0.02, 0.01), (0.85, 0.12, 0.04))
    white = leaf("daisy", (0.7, 0.68, 0.6), (0.85, 0.84, 0.8))
    stem = plain("stem", (0.12, 0.2, 0.04), 0.7)
    for petals, count, reach in ((red, 60, 0.09), (white, 70, 0.05)):
        spots = []
        for _ in range(count):
            y = -2.0 + 7 * rng.random() ** 1.5
            x = rng.uniform(-1, 1) * (1.6 + 0.6 * (y + 2))
            top = Vector((x, y, height(x, y) + rng.uniform(0.28, 0.5)))
            rod("stem", (x, y, height(x, y)), top, 0.005, stem, 5)
            turn = rng.uniform(0, 1)
            spots += [(top, (math.cos(turn + 1.05 * k), math.sin(turn + 1.05 * k), 0.7)) for k in range(6)]
        leaves("petals", spots, reach, petals, random.Random(1), 0.0)
    board = wood("board", (0.16, 0.12, 0.09), (0.42, 0.36, 0.29), rough=0.9)
    for k in range(12):
        x, y = -6.6 + 1.2 * k, 4.2 + 0.12 * k
        box("post", (x - 0.05, y - 0.05, height(x, y) - 0.2), (x + 0.05, y + 0.05, height(x, y) + 1.05), board, 0.01)
        for z in (0.45, 0.85):
            rod("rail", (x, y, height(x, y) + z), (x + 1.2, y + 0.12, height(x + 1.2, y + 0.12) + z), 0.035, board, 8)
    bark = plain("bark", (0.15, 0.1, 0.07), 0.95)
    crown = leaf("crown", (0.03, 0.08, 0.015), (0.2, 0.27, 0.05))
    birch = leaf("birch", (0.2, 0.2, 0.03), (0.5, 0.42, 0.07))
    for x, y, tall, mat in ((-3.6, 6.5, 3.4, crown), (3.2, 8.5, 4.2, birch), (-8.0, 13, 5.0, crown),
                            (8.5, 14, 5.4, crown), (1.0, 17, 4.6, birch)):
        rod("trunk", (x, y, height(x, y) - 0.2), (x + 0.1, y, height(x, y) + 0.75 * tall), 0.13, bark)
        for k in range(7):
            angle, up = 0.9 * k + x, 0.45 + 0.07 * k
            bush("crown",
                 (x + 0.28 * tall * math.cos(angle) * (1.1 - up), y + 0.28 * tall * math.sin(angle) * (1.1 - up),
                  height(x, y) + (up + 0.1) * tall), 0.24 * tall, 1500, 0.22, mat, rng, 0.8)
    sky(0.085, *sun(22, 40, 4.4, 0.8, (1.0, 0.84, 0.62)), 2.0)
    view(32, (0.3, -3.6, 0.95), (0.1, 3.0, 1.12))


def street():
    """Night: a wet street under lamps, lit windows, a moon that hardly helps."""
    rng = random.Random(30)
    asphalt = material("asphalt", lambda n: n(
        "BsdfPrincipled", Base_Color=(0.035, 0.036, 0.04),
        Roughness=n.ramp(n("TexNoise", _out="Fac", Vector=n.coords(), Scale=0.9, Detail=5.0),
                         (0.42, (0.06, 0.06, 0.06)), (0.6, (0.55, 0.55, 0.55))),
        Normal=n.bump(n("TexNoise", _out="Fac", Vector=n.coords(), Scale=60.0, Detail=2.0), 0.15, 0.01)))
    box("road", (-3.2, -8, -0.2), (3.2, 60, 0), asphalt)
    curb = bricks("curb", (0.26, 0.25, 0.24), (0.20, 0.19, 0.19), (0.08, 0.08, 0.08), width=0.6, height=0.6, rough=0.4)
    for x0, x1 in ((-5.4, -3.2), (3.2, 5.4)):
        box("pavement", (x0, -8, -0.2), (x1, 60, 0.12), curb, 0.02)
    iron = plain("iron", (0.05, 0.06, 0.06), 0.35, 1.0)
    for side in (-1, 1):
        y, number = -6.0, 0
        while y < 46:
            wide, tall = rng.uniform(4.5, 7.0), rng.uniform(6, 10)
            tone = rng.choice(((0.35, 0.16, 0.11), (0.42, 0.36, 0.28), (0.25, 0.27, 0.30), (0.38, 0.26, 0.16)))
            front = bricks("front", tone, tuple(0.75 * c for c in tone), (0.3, 0.28, 0.26), width=0.3, height=0.1,
                           rotate=(math.pi / 2, 0, math.pi / 2))
            box("house", (min(5.4 * side, 9 * side), y, 0), (max(5.4 * side, 9 * side), y + wide, tall), front)
            box("eaves", (min(5.2 * side, 9 * side), y, tall), (max(5.2 * side, 9 * side), y + wide, tall + 0.2), curb)
            for floor in range(int(tall / 2.6)):
                for k in range(int(wide / 1.6)):
                    at, low = y + 0.5 + 1.6 * k, 0.9 + 2.6 * floor
                    lit = rng.random() < 0.3
                    color = rng.choice(((1, 0.62, 0.28), (1, 0.75, 0.45), (0.7, 0.85, 1.0)))
                    mat = glow("lit", color, rng.uniform(1.5, 5)) if lit else plain("unlit", (0.01, 0.012, 0.016), 0.03)
                    x = 5.38 * side
                    quad("window", (x, at, low), (x, at + 0.85, low), (x, at + 0.85, low + 1.35), (x, at, low + 1.35),
                         mat)
                    for bar in (0.0, 0.425, 0.85):
                        box("bar", (x - 0.03, at + bar - 0.025, low), (x + 0.03, at + bar + 0.025, low + 1.35), curb)
                    box("sill", (x - 0.12, at - 0.08, low - 0.09), (x + 0.12, at + 0.93, low), curb)
            y += wide + (0 if number % 3 else 0.8)
            number += 1
    for k in range(6):
        for side in (-1, 1):
            x, y = 3.55 * side, -1.5 + 7.5 * k + (0 if side < 0 else 3.7)
            rod("post", (x, y, 0.1), (x, y, 3.4), 0.05, iron, 12)
            rod("arm", (x, y, 3.4), (x - 0.5 * side, y, 3.55), 0.03, iron, 8)
            lathe("hood", [(0.03, 0.2), (0.2, 0.05), (0.22, 0), (0.19, 0.0), (0.02, 0.15)], iron,
                  (x - 0.5 * side, y, 3.4), 24, 0)
            ball("lamp", 0.085, glow("lamp", (1, 0.58, 0.22) if k % 2 else (1, 0.72, 0.42), 260),
                 (x - 0.5 * side, y, 3.4), 16)
    paint = plain("paint", (0.30, 0.015, 0.02), 0.12)
    rubber, dim = plain("rubber", (0.02, 0.02, 0.02), 0.7), plain("tinted", (0.01, 0.01, 0.012), 0.02)
    for x, y, mat in ((2.3, 5.2, paint), (-2.35, 9.5, plain("silver", (0.5, 0.52, 0.55), 0.15, 1.0)),
                      (2.35, 13.0, plain("blue", (0.02, 0.05, 0.2), 0.1))):
        box("body", (x - 0.85, y - 2.0, 0.3), (x + 0.85, y + 2.0, 0.85), mat, 0.12)
        box("cabin", (x - 0.72, y - 1.1, 0.82), (x + 0.72, y + 1.0, 1.35), dim, 0.15)
        box("top", (x - 0.66, y - 0.9, 1.33), (x + 0.66, y + 0.8, 1.4), mat, 0.03)
        for dx in (-0.8, 0.8):
            for dy in (-1.25, 1.25):
                torus("tyre", 0.27, 0.09, rubber, (x + dx, y + dy, 0.32), (0, math.pi / 2, 0))
            ball("tail light", 0.06, glow("tail light", (1, 0.03, 0.01), 14), (x + 0.75 * dx, y - 2.0, 0.65), 12)
    quad("sign", (4.2, 3.2, 2.4), (5.3, 3.2, 2.4), (5.3, 3.2, 2.9), (4.2, 3.2, 2.9), checker(
        "sign", (0.9, 0.05, 0.3), (0.1, 0.02, 0.05), 8.0))
    for k, color in enumerate(((0.1, 0.9, 0.8), (0.95, 0.1, 0.5))):
        torus("neon", 0.28, 0.022, glow("neon", color, 22), (-4.6, 4.0 + 1.4 * k, 2.6), (math.pi / 2, 0, 0.3))
    area_light("shop", (-5.3, 6.8, 1.5), (-3, 6.8, 0.6), 2.2, 1.6, 90, (1.0, 0.8, 0.55))
    sun(35, 120, 0.012, 1.0, (0.6, 0.75, 1.0))
    world(lambda n: n("Background", Color=(0.25, 0.35, 0.65), Strength=0.012))
    view(28, (-0.9, -5.2, 1.6), (0.15, 6, 1.75))


def quay():
    """Fog: lanterns and moored boats at dusk in a thin mist."""
    rng = random.Random(44)
    plank = wood("plank", (0.14, 0.11, 0.08), (0.36, 0.29, 0.22), rough=0.8)
    for k in range(44):
        box("board", (-1.1 + rng.uniform(-0.04, 0.04), -3 + 0.3 * k, 0.45), (1.1, -2.72 + 0.3 * k, 0.5), plank, 0.008)
    iron = plain("iron", (0.1, 0.1, 0.1), 0.4, 1.0)
    for k in range(7):
        for side in (-1, 1):
            x, y = 1.2 * side, -2.2 + 2.0 * k
            rod("pile", (x, y, -1), (x, y, 1.3), 0.1, plank, 12)
            if (k + (side > 0)) % 2:
                rod("hook", (x, y, 1.3), (x, y, 2.0), 0.02, iron, 8)
                ball("lantern", 0.09, glow("lantern", (1, 0.6, 0.25), 75), (x, y, 2.0), 16)
                torus("ring", 0.1, 0.012, iron, (x, y, 2.0))
            torus("rope", 0.115, 0.02, plain("rope", (0.5, 0.42, 0.28), 0.9), (x, y, 0.85))
    quad("water", (-60, -8, 0), (60, -8, 0), (60, 90, 0), (-60, 90, 0), material("water", lambda n: n(
        "BsdfPrincipled", Base_Color=(0.01, 0.03, 0.035), Roughness=0.08,
        Normal=n.bump(n("TexNoise", _out="Fac", Vector=n.coords((0.6, 1.4, 1)), Scale=1.6, Detail=4.0), 0.35, 0.12))))
    hull = [plain("hull", color, 0.3) for color in ((0.55, 0.06, 0.04), (0.7, 0.68, 0.6), (0.05, 0.2, 0.3))]
    for x, y, turn, kind in ((-3.0, 4.0, 0.3, 0), (3.1, 6.5, -0.2, 1), (-3.4, 9.5, 0.1, 2), (4.4, 2.6, 0.5, 2)):
        points, faces = [], []
        for i in range(13):
            along = i / 12
            wide = 0.75 * math.sin(math.pi * (0.12 + 0.88 * along)) ** 0.6
            points += [(wide * math.cos(a), 3.4 * (along - 0.5), 0.45 - 0.55 * math.sin(a) + 0.25 * along ** 2)
                       for a in (math.pi * k / 8 for k in range(9))]
        for i in range(12):
            faces += [(9 * i + k, 9 * i + k + 1, 9 * i + k + 10, 9 * i + k + 9) for k in range(8)]
        boat = mesh("boat", points, faces, hull[kind], smooth=True)
        boat.location, boat.rotation_euler = (x, y, 0), (0, 0.04, turn)
        rod("mast", (x, y, 0.2), (x + 0.1, y, 4.2), 0.04, plank, 10)
        rod("boom", (x, y, 1.2), (x + 0.3, y - 1.4, 1.1), 0.03, plank, 8)
    shed = bricks("shed", (0.35, 0.2, 0.14), (0.28, 0.16, 0.11), (0.3, 0.28, 0.25), rotate=(math.pi / 2, 0, 0))
    box("shed", (-2.6, 12.5, 0), (2.2, 16, 3.2), shed)
    quad("shed window", (-1.6, 12.48, 1.3), (-0.6, 12.48, 1.3), (-0.6, 12.48, 2.2), (-1.6, 12.48, 2.2),
         glow("shed window", (1, 0.7, 0.35), 7))
    box("crate", (-0.9, 3.0, 0.5), (-0.4, 3.5, 0.95), plank, 0.01)
    cord = plain("cord", (0.1, 0.3, 0.25), 0.9)
    for k in range(17):
        torus("coil", 0.22 + 0.02 * rng.random(), 0.015, cord, (0.7, 1.8 + 0.02 * rng.random(), 0.525 + 0.015 * k),
              (rng.gauss(0, 0.06), rng.gauss(0, 0.06), 0))
    box("mist", (-30, -5.5, -0.5), (30, 45, 9), mist(0.035, 0.3))
    world(lambda n: n("Background", Color=(0.28, 0.36, 0.55), Strength=0.16))
    view(28, (0.35, -4.4, 1.75), (-0.1, 4, 1.35))


SCENES = {scene.__name__: scene for scene in (colonnade, meadow, street, quay)}
