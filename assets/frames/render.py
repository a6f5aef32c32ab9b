"""Builds and renders the bundled frames, with Blender's Cycles (3.4).

    blender -b --factory-startup -P render.py -- --scene studio  --frames 1-10 --spp 4 --out DIR
    blender -b --factory-startup -P render.py -- --scene terrace --frames 1-3  --spp 4 --out DIR
    blender -b --factory-startup -P render.py -- --scene studio --frames 5 --spp 1024 --reference --out DIR

Two scenes, both made here from nothing (no external asset):

    studio   an interior: small lamps, a window, glass, gold, copper, brick, planks, books
    terrace  outdoors: sun and sky, a pergola with vines, pots, tiles, water

Each frame is DIR/SCENE.NNNN.exr: a multilayer EXR with color, denoising albedo, normal and
depth, and motion, under Blender's own channel names. With --reference, only color is kept.
The camera moves along a path given by the frame number, so a frame is the same view at any
number of samples. pack.py makes the files smaller.
"""

import argparse
import math
import os
import random
import sys
from types import SimpleNamespace

import bpy
from mathutils import Vector, noise

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import (KEYED, area_light, ball, box, bricks, bulb, bush, camera, checker, copy, glass, glow, lathe, leaf,
                 leaves, material, mesh, monkey, plain, plain_cycles, planks, quad, rod,
                 torus, wood, world)  # noqa: E402  (from this folder)

TABLE_TOP = 0.76  # of the studio

# ------------------------------------------------------------------- studio


def studio_room(m):
    """The room, and light through its window."""
    box("floor", (-4, -5, -0.1), (4, 3, 0), planks("planks", (0.13, 0.06, 0.028), (0.40, 0.22, 0.11)))
    box(
        "brick wall", (-4, 3, 0), (4, 3.2, 3.2),
        bricks("bricks", (0.42, 0.13, 0.075), (0.22, 0.07, 0.045), (0.42, 0.38, 0.33),
               rotate=(math.pi / 2, 0, 0)))
    box("right wall", (4, -5, 0), (4.2, 3, 3.2), m.teal)
    box("back wall", (-4, -5.2, 0), (4, -5, 3.2), m.plaster)
    box("ceiling", (-4, -5, 3.2), (4, 3, 3.3), m.plaster)
    for name, low, high in (("a", (-4.2, -5, 0), (-4, 3, 0.7)), ("b", (-4.2, -5, 2.7), (-4, 3, 3.2)),
                            ("c", (-4.2, -5, 0.7), (-4, -0.2, 2.7)), ("d", (-4.2, 2.1, 0.7), (-4, 3, 2.7))):
        box("left wall " + name, low, high, m.plaster)
    for y in (-0.2, 0.95, 2.05):
        box("mullion", (-4.06, y, 0.7), (-3.98, y + 0.06, 2.7), m.black)
    for z in (0.7, 1.35, 2.02, 2.65):
        box("bar", (-4.05, -0.2, z), (-3.99, 2.1, z + 0.05), m.black)
    area_light("window", (-4.3, 0.95, 1.75), (0, 0.5, 0.6), 2.5, 2.1, 420, (0.62, 0.78, 1.0))
    pane = glow("pane", (0.72, 0.85, 1.0), 0.6)  # panes behind the camera, for the gold to mirror
    pane.cycles.sample_as_light = False
    for x in (-2.4, -0.9, 0.6, 2.1):
        quad("pane", (x, -4.99, 0.9), (x + 1.2, -4.99, 0.9), (x + 1.2, -4.99, 2.7), (x, -4.99, 2.7), pane)
    box("skirting", (-4, 2.96, 0), (4, 3, 0.12), m.walnut)


def studio_table(m):
    """With a rug below it."""
    box("table", (-1.15, -0.55, TABLE_TOP - 0.05), (1.15, 0.55, TABLE_TOP), m.oak, 0.01)
    for x in (-1.02, 1.02):
        for y in (-0.43, 0.43):
            box("leg", (x - 0.035, y - 0.035, 0), (x + 0.035, y + 0.035, TABLE_TOP - 0.05), m.black, 0.005)
    box(
        "rug", (-1.9, -1.2, 0), (1.9, 1.25, 0.012),
        material(
            "rug", lambda n: n("BsdfPrincipled",
                               Roughness=0.95,
                               Specular=0.1,
                               Base_Color=n.mix(
                                   n("TexNoise", Vector=n.coords(), Scale=160.0, Detail=2.0),
                                   n("TexChecker",
                                     Vector=n.coords(rotate=(0, 0, math.pi / 4)),
                                     Scale=6.0,
                                     Color1=(0.5, 0.46, 0.38),
                                     Color2=(0.07, 0.1, 0.16)), (0.25, 0.2, 0.16)))))


def studio_still_life(m, rng):
    """What is on the table."""
    box("book", (-0.16, -0.02, TABLE_TOP), (0.26, 0.30, TABLE_TOP + 0.04), plain("book", (0.06, 0.10, 0.2), 0.6), 0.004)
    box("book", (-0.12, 0.0, TABLE_TOP + 0.04), (0.24, 0.28, TABLE_TOP + 0.075), plain("book", (0.5, 0.42, 0.3), 0.6),
        0.004)
    monkey("gold monkey", 0.42, m.gold, (0.06, 0.13, TABLE_TOP + 0.255), (math.radians(-18), 0, math.radians(16)))
    lathe("carafe", [(0, 0.004), (0.075, 0.004), (0.105, 0.02), (0.112, 0.09), (0.075, 0.19), (0.038, 0.25),
                     (0.036, 0.30), (0.05, 0.335), (0.044, 0.335),
                     (0.030, 0.30), (0.032, 0.25), (0.068, 0.19), (0.105, 0.09), (0.098, 0.03), (0.07, 0.016),
                     (0, 0.016)], m.clear, (-0.42, 0.12, TABLE_TOP))
    wine = lathe("wine glass", [(0, 0.002), (0.04, 0.002), (0.042, 0.006), (0.008, 0.013), (0.005, 0.04),
                                (0.005, 0.09), (0.02, 0.105), (0.042, 0.135), (0.046, 0.17), (0.038, 0.225),
                                (0.036, 0.225), (0.044, 0.17), (0.039, 0.135), (0.016, 0.11), (0, 0.108)],
                 m.clear, (-0.66, -0.14, TABLE_TOP))
    copy(wine, (-0.47, -0.26, TABLE_TOP), 1)
    ball("green ball", 0.085, m.green, (0.48, -0.2, TABLE_TOP + 0.085))
    bowl = lathe("bowl", [(0, 0.005), (0.07, 0.005), (0.075, 0.02), (0.15, 0.06), (0.19, 0.115),
                          (0.183, 0.117), (0.14, 0.07), (0.06, 0.035), (0, 0.032)], m.copper, (0.66, 0.16, TABLE_TOP))
    fruit = [
        plain("orange", (0.85, 0.28, 0.02), 0.45),
        plain("apple", (0.5, 0.03, 0.02), 0.25),
        plain("lime", (0.28, 0.42, 0.04), 0.35)
    ]
    for i, (x, y, z) in enumerate([(0.06, 0, 0.085), (-0.05, 0.05, 0.085), (-0.03, -0.065, 0.085),
                                   (0.0, 0.0, 0.16), (0.075, 0.085, 0.105)]):
        ball("fruit", 0.052, fruit[i % 3], bowl.location + Vector((x, y, z)), 32)
    lathe("checker vase", [(0, 0), (0.06, 0), (0.085, 0.03), (0.1, 0.1), (0.07, 0.19), (0.04, 0.24),
                           (0.045, 0.28), (0.058, 0.3), (0.05, 0.3), (0.036, 0.27), (0.03, 0.24), (0, 0.22)],
          checker("check", (0.75, 0.72, 0.66), (0.02, 0.05, 0.11), 26), (-0.86, 0.2, TABLE_TOP))
    stems = leaf("stem leaves", (0.03, 0.10, 0.03), (0.16, 0.26, 0.06))
    for i in range(7):
        angle = i * 2.4
        lean = Vector((0.16 * math.cos(angle), 0.16 * math.sin(angle), 0.36 + 0.05 * (i % 3)))
        base = Vector((-0.86, 0.2, TABLE_TOP + 0.27))
        rod("stem", base, base + lean, 0.004, plain("stem", (0.08, 0.09, 0.03)), 8)
        leaves("sprig", [(base + lean * (0.25 + 0.75 * k / 12), lean) for k in range(13)], 0.085, stems, rng,
               0.0)
    torus("brass ring", 0.075, 0.022, m.brass, (0.23, -0.32, TABLE_TOP + 0.022))
    rolling = ball("rolling ball", 0.045, checker("toy", (0.75, 0.03, 0.02), (0.8, 0.75, 0.7), 30, 0.12),
                   (0, 0, 0))
    for frame in KEYED:  # it rolls along the table's near edge
        x = -0.32 + 0.022 * (frame - 1)
        rolling.location = (x, -0.40, TABLE_TOP + 0.045)
        rolling.rotation_euler = (0.4, x / 0.045, 0)
        rolling.keyframe_insert("location", frame=frame)
        rolling.keyframe_insert("rotation_euler", frame=frame)


def studio_lamps(m):
    """Above the table."""
    for x, shade in ((-0.62, m.black), (0.62, m.copper)):
        lathe("shade", [(0.0, 0.2), (0.035, 0.2), (0.06, 0.15), (0.15, 0.01), (0.155, 0)],
              shade, (x, 0.1, 1.5),
              subdivide=0)
        lathe("shade inside", [(0.155, 0), (0.148, 0.005), (0.055, 0.145), (0.0, 0.165)],
              m.enamel, (x, 0.1, 1.5),
              subdivide=0)
        rod("cord", (x, 0.1, 1.68), (x, 0.1, 3.2), 0.005, m.black, 8)
        area_light("disk", (x, 0.1, 1.53), (x, 0.1, 0), 0.14, 0.14, 22, (1.0, 0.74, 0.46), "ELLIPSE")


def studio_shelves(m, rng):
    """On the brick wall, with books."""
    covers = [
        plain("cover", c, 0.55)
        for c in ((0.45, 0.08, 0.05), (0.05, 0.12, 0.25), (0.6, 0.5, 0.35), (0.04, 0.2, 0.16),
                  (0.55, 0.3, 0.06), (0.02, 0.02, 0.03), (0.65, 0.6, 0.55), (0.22, 0.05, 0.14))
    ]
    for z in (0.45, 0.95, 1.45, 1.95, 2.45):
        box("shelf", (0.95, 2.65, z), (3.9, 2.99, z + 0.035), m.walnut)
        x = 1.0
        while x < 3.8:
            thick, tall = rng.uniform(0.022, 0.06), rng.uniform(0.22, 0.36)
            kind = rng.random()
            if kind < 0.9:
                b = box("book", (x, 2.72, z + 0.035), (x + thick, 2.96, z + 0.035 + tall), rng.choice(covers),
                        0.003)
                if rng.random() < 0.12:
                    b.rotation_euler = (0, 0.12, 0)
                    x += 0.045
                x += thick + 0.003
            else:
                if rng.random() < 0.5:
                    ball("bauble", 0.09, rng.choice((m.gold, m.steel, m.green, m.copper)),
                         (x + 0.13, 2.82, z + 0.125), 32)
                x += 0.27
    for x in (0.95, 2.4, 3.87):
        box("upright", (x - 0.02, 2.65, 0), (x + 0.02, 2.99, 2.8), m.walnut)


def studio_corner(m, rng):
    """Mirror, pictures, a plant and a floor lamp."""
    lathe("mirror", [(0, 0.02), (0.42, 0.02)],
          plain("mirror", (0.95, 0.95, 0.95), 0.01, 1.0), (-0.3, 2.97, 1.62),
          subdivide=0).rotation_euler = (math.pi / 2, 0, 0)
    torus("mirror frame", 0.43, 0.03, m.brass, (-0.3, 2.95, 1.62), (math.pi / 2, 0, 0))
    for i, (x, z, w, h) in enumerate([(-1.9, 1.75, 0.42, 0.56), (-2.85, 1.6, 0.36, 0.36)]):
        box("picture frame", (x - w - 0.03, 2.95, z - h - 0.03), (x + w + 0.03, 2.99, z + h + 0.03), m.black)
        box(
            "picture", (x - w, 2.94, z - h), (x + w, 2.96, z + h),
            material(
                "picture", lambda n: n("BsdfPrincipled",
                                       Roughness=0.4,
                                       Base_Color=n.ramp(
                                           n("TexWave",
                                             _out="Fac",
                                             Vector=n.coords(rotate=(0, 0.9 + i, 0)),
                                             Scale=1.1,
                                             Distortion=7.0,
                                             Detail=2.0), (0.0, (0.7, 0.62, 0.5)), (0.4, (0.75, 0.3, 0.1)),
                                           (0.6, (0.05, 0.16, 0.22)), (0.95, (0.7, 0.65, 0.55))))))
    monstera = leaf("monstera", (0.015, 0.07, 0.02), (0.07, 0.19, 0.04))
    lathe("pot", [(0, 0), (0.17, 0), (0.2, 0.04), (0.24, 0.4), (0.22, 0.4), (0.2, 0.34), (0, 0.33)],
          plain("pot", (0.6, 0.56, 0.5), 0.5), (-2.2, 2.3, 0))
    for i in range(26):
        out = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.uniform(0.9, 3.0))).normalized()
        tip = Vector((-2.2, 2.3, 0.35)) + out * rng.uniform(0.5, 0.95)
        rod("stalk", (-2.2, 2.3, 0.33), tip, 0.006, monstera, 6)
        leaves("plant", [(tip, Vector((out.x, out.y, 0.1)))] * 2, 0.42, monstera, rng, 0.25)
    rod("lamp stand", (-1.1, 2.55, 0), (-1.1, 2.55, 1.25), 0.012, m.brass)
    lathe("lamp foot", [(0, 0), (0.15, 0), (0.15, 0.015), (0, 0.02)], m.brass, (-1.1, 2.55, 0), subdivide=0)
    shade = lathe("lamp shade", [(0.13, 0.3), (0.2, 0)],
                  glow("linen", (1.0, 0.72, 0.42), 4.0), (-1.1, 2.55, 1.2),
                  subdivide=0)
    shade.visible_shadow = shade.visible_diffuse = False  # its light is the bulb's, which is sampled better
    shade.active_material.cycles.sample_as_light = False
    bulb("bulb", (-1.1, 2.55, 1.35), 0.12, 30, (1.0, 0.72, 0.42)).visible_camera = False


def studio():
    rng = random.Random(7)
    m = SimpleNamespace(
        oak=wood("oak", (0.16, 0.075, 0.03), (0.42, 0.23, 0.10)),
        walnut=wood("walnut", (0.045, 0.02, 0.01), (0.15, 0.07, 0.032), rough=0.3),
        plaster=plain("plaster", (0.62, 0.58, 0.52), 0.9),
        teal=plain("teal", (0.035, 0.13, 0.14), 0.7),
        gold=plain("gold", (1.0, 0.66, 0.25), 0.16, 1.0),
        brass=plain("brass", (0.85, 0.58, 0.24), 0.3, 1.0),
        copper=plain("copper", (0.93, 0.46, 0.30), 0.34, 1.0),
        steel=plain("steel", (0.6, 0.6, 0.62), 0.2, 1.0),
        black=plain("black", (0.015, 0.015, 0.017), 0.35),
        enamel=plain("enamel", (0.8, 0.78, 0.72), 0.9, specular=0.0),
        clear=glass("clear"),
        green=glass("green glass", (0.45, 0.85, 0.6)))
    studio_room(m)
    studio_table(m)
    studio_still_life(m, rng)
    studio_lamps(m)
    studio_shelves(m, rng)
    studio_corner(m, rng)
    world(lambda n: n("Background", Color=(0.5, 0.65, 1.0), Strength=0.15))
    camera(
        35, lambda t: ((0.75 - 0.055 * t, -2.35 + 0.012 * t, 1.38 - 0.006 * t),
                       (-0.06 + 0.004 * t, 0.2, 1.03)))


# ------------------------------------------------------------------ terrace


def terrace_ground(m):
    """Ground, parapet and sea."""
    box(
        "ground", (-9, -7, -0.2), (9, 5, 0),
        bricks("tiles", (0.56, 0.46, 0.35), (0.40, 0.30, 0.22), (0.16, 0.13, 0.1),
               width=0.52,
               height=0.52,
               rough=0.45,
               gap=0.012,
               offset=0.5))
    box("step", (-9, 4.55, 0), (9, 5.05, 0.14), m.stone, 0.02)
    box("rail", (-9, 4.62, 0.86), (9, 4.98, 0.98), m.stone, 0.02)
    baluster = lathe("baluster", [(0, 0), (0.085, 0), (0.085, 0.06), (0.045, 0.09), (0.09, 0.24),
                                  (0.07, 0.38), (0.04, 0.55), (0.05, 0.62), (0.085, 0.66), (0.085, 0.72),
                                  (0, 0.72)], m.stone, (-8.8, 4.8, 0.14), 24, 1)
    for i in range(1, 59):
        copy(baluster, (-8.8 + 0.3 * i, 4.8, 0.14))
    for x in (-5.6, -2.8, 0, 2.8, 5.6):
        box("pier", (x - 0.2, 4.58, 0.14), (x + 0.2, 5.02, 1.08), m.stone, 0.015)
    quad(
        "sea", (-900, 5, -14), (900, 5, -14), (900, 2500, -14), (-900, 2500, -14),
        material(
            "sea",
            lambda n: n("BsdfPrincipled",
                        Base_Color=(0.01, 0.06, 0.09),
                        Roughness=0.12,
                        Normal=n.bump(
                            n("TexNoise", _out="Fac", Vector=n.coords(
                                (0.25, 0.6, 1)), Scale=0.35, Detail=6.0), 0.6, 0.6))))


def terrace_hills():
    """Far away."""
    for k, (far, x0, tall) in enumerate([(420, -330, 85), (640, 120, 120), (900, -80, 90)]):
        points, faces, nx, ny = [], [], 70, 14
        for j in range(ny):
            for i in range(nx):
                u, v = i / (nx - 1), j / (ny - 1)
                x, y = x0 + (u - 0.5) * 620, far + (v - 0.2) * 160
                ridge = math.sin(math.pi * u)**0.8 * math.sin(math.pi * min(1, v * 1.2))**0.7
                lump = noise.fractal(Vector((u * 6, v * 3, k * 9.1)), 0.9, 2.1, 5)
                points.append((x, y, -18 + tall * ridge * (0.75 + 0.5 * lump)))
        for j in range(ny - 1):
            faces += [(j * nx + i, j * nx + i + 1, (j + 1) * nx + i + 1, (j + 1) * nx + i)
                      for i in range(nx - 1)]
        haze = (0.16 + 0.1 * k, 0.22 + 0.1 * k, 0.22 + 0.16 * k)
        mesh("hills",
             points,
             faces,
             material(
                 "hills",
                 lambda n: n("BsdfPrincipled",
                             Roughness=0.95,
                             Specular=0.0,
                             Base_Color=n.mix(
                                 n("TexNoise", _out="Fac", Vector=n.coords(), Scale=0.06, Detail=8.0), haze,
                                 (0.10, 0.13, 0.06)))),
             smooth=True)


def terrace_pergola(m, rng):
    """On the left, with vines."""
    for x in (-4.6, -1.5):
        for y in (0.6, 3.9):
            box("post", (x - 0.09, y - 0.09, 0), (x + 0.09, y + 0.09, 2.75), m.beam, 0.01)
    for y in (0.6, 3.9):
        box("girder", (-5.2, y - 0.06, 2.75), (-0.9, y + 0.06, 2.93), m.beam, 0.01)
    for i in range(11):
        x = -5.0 + 0.4 * i
        box("rafter", (x - 0.035, 0.1, 2.93), (x + 0.035, 4.4, 3.05), m.beam, 0.008)
    spots = []
    for _ in range(5200):
        x, y = rng.uniform(-5.3, -0.8), rng.uniform(0.0, 4.5)
        if noise.noise(Vector((x * 0.9, y * 0.9, 3.0))) > -0.12:
            spots.append(((x, y, 3.08 + abs(rng.gauss(0, 0.09))), (rng.gauss(0, 1), rng.gauss(0, 1), 0.3)))
    for x, y in ((-1.5, 0.6), (-1.5, 3.9), (-4.6, 3.9)):
        for _ in range(420):
            angle, z = rng.uniform(0, 6.28), rng.uniform(0.3, 3.0)
            reach = 0.12 + 0.22 * rng.random() * (z / 3)
            spots.append(
                ((x + reach * math.cos(angle), y + reach * math.sin(angle), z), (math.cos(angle),
                                                                                 math.sin(angle), 0)))
    for x in (-4.2, -2.9, -2.1, -1.2):  # hanging strands
        for _ in range(110):
            spots.append(((x + rng.gauss(0, 0.12), 0.35 + rng.gauss(0, 0.1), 2.95 - rng.random()**1.5 * 0.9),
                          (rng.gauss(0, 1), -0.6, -0.5)))
    cut = len(spots) * 5 // 6
    order = sorted(spots, key=lambda s: noise.noise(Vector(s[0]) * 1.3))
    leaves("vine", order[:cut], 0.15, m.green, rng)
    leaves("vine flowers", order[cut:], 0.10, m.pink, rng)


def terrace_pots(m, rng):
    pot = lathe("pot", [(0, 0), (0.2, 0), (0.22, 0.03), (0.3, 0.36), (0.33, 0.37), (0.34, 0.44), (0.31, 0.44),
                        (0.28, 0.38), (0, 0.37)], m.terracotta, (1.05, 3.6, 0))
    bush("lavender leaves", (1.05, 3.6, 0.62), 0.38, 1100, 0.11, m.olive, rng)
    bush("lavender", (1.05, 3.6, 0.84), 0.34, 800, 0.07, m.lavender, rng, 0.8)
    copy(pot, (3.75, 3.3, 0), 0, 1.35)
    rod("trunk", (3.75, 3.3, 0.5), (3.8, 3.28, 1.45), 0.05, m.beam)
    bush("orange tree", (3.8, 3.28, 1.95), 0.8, 3800, 0.15, m.green, rng, 0.95)
    for _ in range(38):
        out = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(-0.2, 0.8))).normalized()
        ball("orange", 0.06, m.orange, Vector((3.8, 3.28, 1.93)) + out * 0.72, 16)
    copy(pot, (-0.6, 4.0, 0), 0, 0.85)
    bush("geranium", (-0.6, 4.0, 0.58), 0.36, 1000, 0.11, m.green, rng)
    bush("geranium flowers", (-0.6, 4.0, 0.66), 0.37, 260, 0.08, m.pink, rng)
    blue_pot = lathe("blue pot", [(0, 0), (0.13, 0), (0.24, 0.16), (0.26, 0.3), (0.17, 0.46), (0.2, 0.5),
                                  (0.17, 0.5), (0.14, 0.45), (0, 0.43)], m.blue, (2.15, 3.95, 0))
    bush("grass", (2.15, 3.95, 0.85), 0.4, 800, 0.2, m.olive, rng)
    copy(blue_pot, (2.75, 0.75, 0), 0, 0.8)
    bush("herbs", (2.75, 0.75, 0.52), 0.24, 900, 0.075, m.green, rng)


def terrace_pool(m):
    """With a chrome ball."""
    quad(
        "water", (0.05, 1.0, 0.20), (2.05, 1.0, 0.20), (2.05, 2.9, 0.20), (0.05, 2.9, 0.20),
        material(
            "water",
            lambda n: n("BsdfPrincipled",
                        Base_Color=(0.012, 0.11, 0.12),
                        Roughness=0.02,
                        Specular=0.6,
                        Normal=n.bump(n("TexNoise", _out="Fac", Vector=n.coords(), Scale=5.0, Detail=3.0),
                                      0.25, 0.03))))
    mosaic = bricks("mosaic", (0.05, 0.20, 0.34), (0.55, 0.55, 0.48), (0.5, 0.47, 0.42),
                    width=0.06,
                    height=0.06,
                    rough=0.2,
                    gap=0.005,
                    offset=0.0)
    side = bricks("mosaic side", (0.05, 0.20, 0.34), (0.55, 0.55, 0.48), (0.5, 0.47, 0.42),
                  width=0.06,
                  height=0.06,
                  rough=0.2,
                  gap=0.005,
                  offset=0.0,
                  rotate=(math.pi / 2, 0, 0))
    for low, high in (((-0.1, 0.85), (2.2, 1.02)), ((-0.1, 2.88), (2.2, 3.05)), ((-0.1, 1.02), (0.07, 2.88)),
                      ((2.03, 1.02), (2.2, 2.88))):
        box("basin", (*low, 0), (*high, 0.27), side)
        box("coping", (low[0] - 0.02, low[1] - 0.02, 0.27), (high[0] + 0.02, high[1] + 0.02, 0.31), m.stone,
            0.008)
    lathe("pedestal", [(0, 0), (0.2, 0), (0.2, 0.08), (0.1, 0.12), (0.08, 0.3), (0.15, 0.38), (0.15, 0.42),
                       (0, 0.42)], m.stone, (1.05, 1.95, 0.1), 32, 1)
    ball("chrome ball", 0.32, m.chrome, (1.05, 1.95, 0.83), 96)
    quad("pool bed", (0.05, 1.0, 0.02), (2.05, 1.0, 0.02), (2.05, 2.9, 0.02), (0.05, 2.9, 0.02), mosaic)


def terrace_table(m, rng):
    """Small, with two stools, under the pergola; and what has fallen."""
    lathe("table", [(0, 0.72), (0.5, 0.72), (0.52, 0.735), (0.5, 0.75), (0, 0.75)],
          m.white, (-2.35, 1.6, 0),
          subdivide=0)
    rod("table leg", (-2.35, 1.6, 0), (-2.35, 1.6, 0.72), 0.03, m.white)
    lathe("table foot", [(0, 0), (0.26, 0), (0.24, 0.03), (0, 0.05)], m.white, (-2.35, 1.6, 0), subdivide=0)
    for x, y in ((-3.15, 1.35), (-1.65, 1.15)):
        lathe("seat", [(0, 0.44), (0.2, 0.44), (0.22, 0.47), (0.19, 0.5), (0, 0.5)],
              plain("cushion", (0.7, 0.24, 0.05), 0.9), (x, y, 0),
              subdivide=0)
        for k in range(4):
            a = k * math.pi / 2 + 0.5
            rod("stool leg", (x + 0.2 * math.cos(a), y + 0.2 * math.sin(a), 0),
                (x + 0.13 * math.cos(a), y + 0.13 * math.sin(a), 0.45), 0.014, m.white, 8)
    clear = glass("clear")
    lathe("jug", [(0, 0.0), (0.07, 0.0), (0.09, 0.03), (0.095, 0.1), (0.06, 0.2), (0.07, 0.26), (0.065, 0.26),
                  (0.055, 0.2), (0.088, 0.1), (0.08, 0.035), (0, 0.02)], clear, (-2.25, 1.62, 0.752))
    for x, y in ((-2.55, 1.5), (-2.12, 1.4)):
        lathe("tumbler", [(0, 0), (0.035, 0), (0.04, 0.11), (0.036, 0.11), (0.032, 0.012), (0, 0.012)],
              clear, (x, y, 0.752),
              subdivide=1)
    for i, (x, y) in enumerate(((-2.5, 1.75), (-2.43, 1.8), (-2.42, 1.7))):
        ball("fruit", 0.045, m.orange, (x, y, 0.797), 24)
    lathe("amphora", [(0, 0), (0.08, 0), (0.07, 0.03), (0.14, 0.2), (0.16, 0.34), (0.1, 0.48), (0.05, 0.54),
                      (0.05, 0.6), (0.08, 0.63), (0.07, 0.63), (0.04, 0.6), (0, 0.55)], m.gold, (-0.42, 0.9, 0),
          32)
    fallen = [((rng.uniform(-4, 3.5), rng.uniform(-2.5, 4), 0.015), (rng.gauss(0, 1), rng.gauss(0, 1), 0.25))
              for _ in range(420)]
    leaves("fallen petals", fallen[:260], 0.07, m.pink, rng, 0.0)
    leaves("fallen leaves", fallen[260:], 0.09, m.green, rng, 0.0)


def terrace_light():
    """Sun and sky."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.angle, data.color = 5.2, math.radians(1.6), (1.0, 0.82, 0.60)
    sun = bpy.data.objects.new("sun", data)
    elevation, azimuth = math.radians(27), math.radians(62)
    direction = Vector((math.cos(elevation) * math.sin(azimuth), math.cos(elevation) * math.cos(azimuth),
                        math.sin(elevation)))
    sun.rotation_euler = direction.to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(sun)
    world(lambda n: n("Background",
                      Strength=0.11,
                      Color=n("TexSky",
                              _set={
                                  "sky_type": "NISHITA",
                                  "sun_disc": False,
                                  "sun_elevation": elevation,
                                  "sun_rotation": azimuth,
                                  "dust_density": 1.5
                              })))


def terrace():
    rng = random.Random(11)
    m = SimpleNamespace(
        stone=plain("stone", (0.62, 0.56, 0.47), 0.8),
        terracotta=plain("terracotta", (0.52, 0.19, 0.09), 0.8),
        blue=plain("glaze", (0.02, 0.09, 0.26), 0.15),
        beam=wood("beam", (0.12, 0.07, 0.04), (0.32, 0.2, 0.12), rough=0.7),
        white=plain("white iron", (0.75, 0.75, 0.72), 0.35),
        chrome=plain("chrome", (0.9, 0.9, 0.92), 0.04, 1.0),
        gold=plain("brass", (0.9, 0.6, 0.25), 0.22, 1.0),
        green=leaf("green", (0.03, 0.09, 0.015), (0.18, 0.30, 0.05)),
        olive=leaf("olive", (0.07, 0.11, 0.05), (0.28, 0.34, 0.19)),
        pink=leaf("bougainvillea", (0.42, 0.015, 0.12), (0.8, 0.10, 0.32)),
        lavender=leaf("lavender", (0.14, 0.07, 0.34), (0.36, 0.22, 0.62)),
        orange=plain("orange", (0.9, 0.3, 0.015), 0.4))
    terrace_ground(m)
    terrace_hills()
    terrace_pergola(m, rng)
    terrace_pots(m, rng)
    terrace_pool(m)
    terrace_table(m, rng)
    terrace_light()
    camera(28, lambda t: ((-0.9 + 0.09 * t, -3.4 + 0.02 * t, 1.7), (-0.1 + 0.02 * t, 2.5, 1.18)))


# ------------------------------------------------------------------- render


def render(args):
    plain_cycles(args, diffuse_bounces=4, glossy_bounces=6)
    scene, layer = bpy.context.scene, bpy.context.view_layer
    scene.render.use_motion_blur = False  # else there is no motion pass
    layer.use_pass_vector = not args.reference
    if args.threads:
        scene.render.threads_mode, scene.render.threads = "FIXED", args.threads
    cycles = scene.cycles
    cycles.caustics_reflective = False
    for frame in args.frames:
        scene.frame_set(frame)
        cycles.seed = frame + (10000 if args.reference else 0)
        scene.render.filepath = "%s/%s.%04d.exr" % (args.out, args.scene, frame)
        bpy.ops.render.render(write_still=True)


def frame_list(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser(prog="render.py")
    parser.add_argument("--scene", choices=("studio", "terrace"), required=True)
    parser.add_argument("--frames", type=frame_list, required=True, help="N or FIRST-LAST")
    parser.add_argument("--spp", type=int, default=4)
    parser.add_argument("--reference", action="store_true", help="color only, another seed")
    parser.add_argument("--out", required=True, help="folder of the files")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--percent", type=int, default=100, help="size, for a quick look")
    args = parser.parse_args(sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else [])
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    {"studio": studio, "terrace": terrace}[args.scene]()
    render(args)


main()
