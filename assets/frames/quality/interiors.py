"""Interiors among the test frames."""

import math
import random

import bpy
from kit import (area_light, ball, box, bricks, bulb, checker, copy, glass, glow, lathe, material, mesh, monkey, plain,
                 planks, quad, rod, torus, view, wood, world)
from mathutils import Vector


def dark(n):
    return n("Background", Color=(0, 0, 0), Strength=0.0)


def clear(name, color=(1, 1, 1), rough=0.0, ior=1.5):
    """Glass as it is, caustics and all."""
    return material(name, lambda n: n("BsdfGlass", Color=color, Roughness=rough, IOR=ior))


def cellar():
    """Dark: a brick vault, barrels and bottles; one warm lamp, and daylight that falls down a stair."""
    rng = random.Random(3)
    vault = bricks("vault", (0.30, 0.15, 0.10), (0.19, 0.10, 0.07), (0.24, 0.21, 0.18), rotate=(0, math.pi / 2, 0))
    wall = bricks("wall", (0.30, 0.15, 0.10), (0.19, 0.10, 0.07), (0.24, 0.21, 0.18), rotate=(math.pi / 2, 0, 0))
    flags = bricks("flags", (0.22, 0.20, 0.18), (0.13, 0.12, 0.11), (0.05, 0.05, 0.05), width=0.7, height=0.5,
                   rough=0.35)
    staves = wood("staves", (0.12, 0.06, 0.025), (0.33, 0.18, 0.08), rough=0.5)
    iron = plain("iron", (0.25, 0.24, 0.23), 0.4, 1.0)
    bottle = glass("bottle", (0.15, 0.45, 0.12))
    points, faces, steps = [], [], 24
    for i in range(steps + 1):
        angle = math.pi * i / steps
        points += [(-2.2 * math.cos(angle), y, 1.0 + 1.6 * math.sin(angle)) for y in (-4, 6)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(steps)]
    mesh("vault", points, faces, vault, smooth=True)
    for x in (-2.25, 2.2):
        box("side", (x, -4, 0), (x + 0.05, 6, 1.0), bricks("side", (0.30, 0.15, 0.10), (0.19, 0.10, 0.07),
                                                          (0.24, 0.21, 0.18), rotate=(math.pi / 2, 0, math.pi / 2)))
    box("end left", (-2.2, 6, 0), (0.5, 6.2, 2.7), wall)
    box("end right", (1.5, 6, 0), (2.3, 6.2, 2.7), wall)
    box("lintel", (0.5, 6, 2.0), (1.5, 6.2, 2.7), wall)
    box("behind", (-2.3, -4.1, 0), (2.3, -4, 2.7), wall)
    box("floor", (-3, -4, -0.1), (3, 9, 0), flags)
    for i in range(7):
        box("step", (0.5, 6.2 + 0.3 * i, 0), (1.5, 6.6 + 0.3 * i, 0.18 * (i + 1)), flags)
    for x in (0.45, 1.5):
        box("stair wall", (x, 6.2, 0), (x + 0.05, 9, 4), wall)
    profile = [(0, 0), (0.3, 0), (0.38, 0.25), (0.41, 0.5), (0.38, 0.75), (0.3, 1.0), (0, 1.0)]
    for row, (z, ys) in enumerate(((0.45, (0.6, 1.55, 2.5, 3.45, 4.4)), (1.2, (1.1, 2.05, 3.0)))):
        for y in ys:
            barrel = lathe("barrel", profile, staves, (-1.95, y, z), 32, 1)
            barrel.rotation_euler = (0, math.pi / 2, rng.uniform(-0.05, 0.05))
            for at in (0.06, 0.3, 0.7, 0.94):
                radius = 0.30 + 0.44 * at * (1 - at) + 0.005
                torus("hoop", radius, 0.012, iron, (-1.95 + at, y, z), (0, math.pi / 2, 0))
    for z in (0.35, 0.85, 1.35):
        box("shelf", (1.75, 0.2, z), (2.19, 4.8, z + 0.04), staves)
        shape = [(0, 0), (0.04, 0), (0.042, 0.18), (0.015, 0.25), (0.014, 0.31), (0, 0.31)]
        first = lathe("bottle", shape, bottle, (1.95, 0.35, z + 0.04), 20, 1)
        for y in range(1, 30):
            if rng.random() < 0.8:
                copy(first, (1.95 + rng.uniform(-0.05, 0.05), 0.35 + 0.15 * y, z + 0.04))
    box("table", (-0.1, 1.6, 0.66), (0.9, 2.5, 0.72), staves, 0.01)
    for x, y in ((-0.02, 1.68), (0.82, 1.68), (-0.02, 2.42), (0.82, 2.42)):
        rod("leg", (x, y, 0), (x, y, 0.66), 0.03, staves)
    ball("lamp", 0.06, glow("flame", (1, 0.55, 0.2), 420), (0.62, 2.05, 0.89), 24)
    lathe("stand", [(0, 0), (0.06, 0), (0.05, 0.02), (0.012, 0.03), (0.012, 0.1), (0, 0.1)], iron, (0.62, 2.05, 0.72),
          24)
    lathe("goblet", [(0, 0), (0.05, 0), (0.01, 0.02), (0.01, 0.1), (0.05, 0.14), (0.055, 0.22), (0.048, 0.22),
                     (0.04, 0.14), (0, 0.12)], plain("brass", (0.9, 0.6, 0.25), 0.2, 1.0), (0.25, 1.9, 0.72), 32)
    ball("apple", 0.06, plain("apple", (0.5, 0.05, 0.03), 0.3), (0.4, 1.78, 0.78), 24)
    area_light("day", (1, 8.6, 4.4), (1, 7.0, 0.5), 1.0, 1.4, 1500, (0.6, 0.78, 1.0))
    world(dark)
    view(24, (0.75, -1.9, 1.45), (-0.1, 2.4, 0.98))


def carafes():
    """Glass: clear and colored vessels, liquid and prisms before a window, with their caustics."""
    bpy.context.scene.cycles.caustics_reflective = True
    rng = random.Random(8)
    cloth = checker("cloth", (0.65, 0.60, 0.52), (0.10, 0.16, 0.30), 9.0, 0.8)
    box("table", (-1.6, -0.9, -0.05), (1.6, 1.1, 0), cloth, 0.01)
    quad("wall", (-4, 2.2, -1), (4, 2.2, -1), (4, 2.2, 3), (-4, 2.2, 3),
         bricks("wall", (0.62, 0.50, 0.42), (0.52, 0.41, 0.34), (0.7, 0.68, 0.64), rotate=(math.pi / 2, 0, 0)))
    quad("floor", (-4, -3, -0.9), (4, -3, -0.9), (4, 2.2, -0.9), (-4, 2.2, -0.9),
         planks("floor", (0.10, 0.05, 0.02), (0.26, 0.14, 0.06)))
    plainly = clear("clear")
    goblet = [(0, 0), (0.1, 0), (0.1, 0.012), (0.014, 0.03), (0.014, 0.2), (0.1, 0.27), (0.12, 0.38), (0.1, 0.48),
              (0.094, 0.48), (0.113, 0.38), (0.094, 0.28), (0, 0.22)]
    carafe = [(0, 0), (0.15, 0), (0.2, 0.06), (0.21, 0.2), (0.1, 0.42), (0.07, 0.55), (0.1, 0.64), (0.09, 0.64),
              (0.06, 0.55), (0.09, 0.42), (0.198, 0.2), (0.19, 0.07), (0.14, 0.02), (0, 0.02)]
    vase = [(0, 0), (0.12, 0), (0.07, 0.08), (0.16, 0.3), (0.17, 0.42), (0.12, 0.52), (0.11, 0.52), (0.158, 0.42),
            (0.148, 0.3), (0.06, 0.1), (0, 0.03)]
    lathe("carafe", carafe, plainly, (-0.35, 0.25, 0.002))
    lathe("wine", [(0, 0.022), (0.138, 0.022), (0.188, 0.07), (0.196, 0.2), (0.15, 0.3), (0, 0.3)],
          clear("wine", (0.85, 0.08, 0.10), ior=1.33), (-0.35, 0.25, 0.004))
    lathe("goblet", goblet, plainly, (0.12, -0.25, 0.002))
    lathe("green goblet", goblet, clear("green", (0.35, 0.85, 0.45)), (-0.75, -0.15, 0.002))
    lathe("blue vase", vase, clear("blue", (0.25, 0.45, 0.95)), (0.55, 0.35, 0.002))
    lathe("amber vase", vase, clear("amber", (0.95, 0.6, 0.15), 0.15), (-1.05, 0.45, 0.002))
    ball("paperweight", 0.14, plainly, (0.42, -0.35, 0.142), 64)
    box("prism", (0.8, -0.25, 0.002), (1.0, -0.05, 0.25), clear("crystal", ior=1.6), 0.015)
    monkey("figure", 0.22, clear("frosted", (0.95, 0.97, 1.0), 0.25), (1.15, 0.35, 0.2), (0, 0, 0.5))
    torus("bangle", 0.1, 0.02, plain("gold", (0.95, 0.65, 0.25), 0.12, 1.0), (-0.2, -0.5, 0.02))
    for i in range(40):
        angle, reach = rng.uniform(0, 6.28), rng.uniform(0.02, 0.22)
        at = (-0.62 + reach * math.cos(angle), -0.5 + 0.6 * reach * math.sin(angle), 0.022)
        ball("marble", 0.022, clear("marble", tuple(rng.uniform(0.3, 1) for _ in range(3))) if i % 2 else plainly, at,
             24)
    area_light("window", (-2.1, 1.6, 1.9), (0.1, 0, 0.1), 1.8, 1.8, 95, (1.0, 0.93, 0.82))
    area_light("fill", (2.2, -1.5, 2.2), (0, 0, 0.2), 1.6, 1.6, 18, (0.7, 0.82, 1.0))
    world(lambda n: n("Background", Color=(0.5, 0.6, 0.8), Strength=0.12))
    view(36, (0.1, -2.4, 0.9), (0.04, 0.1, 0.2))


def fur():
    """Hair: a furry head and two tufted balls on a long-piled rug."""
    def coat(obj, count, length, root, tip, curl, thickness):
        modifier = obj.modifiers.new("hair", "PARTICLE_SYSTEM")
        system = modifier.particle_system
        settings = system.settings
        settings.type, settings.count, settings.hair_length = "HAIR", count, length
        settings.use_advanced_hair = True
        settings.child_type, settings.rendered_child_count = "INTERPOLATED", 14
        settings.roughness_1, settings.roughness_2, settings.roughness_endpoint = curl, curl / 2, curl
        settings.brownian_factor = 0.02
        settings.render_step = settings.display_step = 4
        settings.radius_scale, settings.root_radius, settings.tip_radius = 0.01, thickness, 0.2 * thickness
        settings.material = 2
        obj.data.materials.append(material("hair", lambda n: n(
            "BsdfPrincipled", Roughness=0.38,
            Base_Color=n.ramp(n("HairInfo", _out="Intercept"), (0.0, root), (1.0, tip)))))
        system.seed = count

    skin = plain("skin", (0.2, 0.12, 0.08), 0.7)
    head = monkey("head", 1.1, skin, (-0.15, 0.2, 0.66), (-0.35, 0, 0.25))
    coat(head, 4200, 0.08, (0.10, 0.04, 0.015), (0.62, 0.36, 0.16), 0.02, 0.4)
    coat(ball("white", 0.34, skin, (0.95, -0.1, 0.4), 32), 1500, 0.2, (0.5, 0.45, 0.42), (0.85, 0.82, 0.78), 0.05, 0.4)
    coat(ball("teal", 0.24, skin, (-1.1, -0.45, 0.3), 32), 1000, 0.14, (0.01, 0.05, 0.06), (0.05, 0.42, 0.40), 0.01,
         0.5)
    rug = quad("rug", (-1.9, -1.3, 0), (1.9, -1.3, 0), (1.9, 1.2, 0), (-1.9, 1.2, 0), skin)
    coat(rug, 3600, 0.1, (0.25, 0.03, 0.03), (0.62, 0.14, 0.10), 0.03, 0.7)
    quad("floor", (-6, -4, -0.01), (6, -4, -0.01), (6, 3, -0.01), (-6, 3, -0.01),
         planks("floor", (0.12, 0.06, 0.03), (0.34, 0.2, 0.1)))
    quad("wall", (-6, 3, -0.1), (6, 3, -0.1), (6, 3, 4), (-6, 3, 4), plain("wall", (0.35, 0.42, 0.46), 0.9))
    box("frame", (-1.75, 2.9, 0.6), (-0.85, 2.98, 1.7), wood("frame", (0.1, 0.05, 0.02), (0.3, 0.16, 0.07)), 0.02)
    quad("picture", (-1.68, 2.89, 0.68), (-0.92, 2.89, 0.68), (-0.92, 2.89, 1.62), (-1.68, 2.89, 1.62),
         material("picture", lambda n: n("BsdfPrincipled", Roughness=0.4, Base_Color=n.ramp(
             n("TexNoise", _out="Fac", Vector=n.coords(), Scale=3.0, Detail=3.0, Distortion=2.0),
             (0.3, (0.05, 0.1, 0.3)), (0.5, (0.8, 0.6, 0.2)), (0.7, (0.6, 0.1, 0.05))))))
    area_light("key", (2.2, -1.8, 2.6), (0, 0, 0.5), 0.8, 0.8, 130, (1.0, 0.88, 0.72))
    area_light("rim", (-2.2, 2.2, 2.4), (0, 0.2, 0.6), 0.5, 1.2, 110, (0.65, 0.8, 1.0))
    world(lambda n: n("Background", Color=(0.6, 0.7, 0.9), Strength=0.12))
    view(44, (0.15, -3.5, 1.25), (0, 0, 0.52))


def workbench():
    """Depth of field: screws, coins, gears and tools on a bench; small lamps far out of focus."""
    rng = random.Random(21)
    box("bench", (-1.5, -0.8, -0.05), (1.5, 2.5, 0), wood("bench", (0.16, 0.08, 0.035), (0.45, 0.27, 0.13), 2.0))
    metals = [plain("steel", (0.62, 0.62, 0.64), 0.22, 1.0), plain("brass", (0.88, 0.6, 0.25), 0.18, 1.0),
              plain("copper", (0.85, 0.42, 0.26), 0.3, 1.0), plain("blackened", (0.08, 0.08, 0.09), 0.35, 1.0)]
    coin = [(0, 0), (0.045, 0), (0.05, 0.004), (0.05, 0.009), (0.045, 0.011), (0.04, 0.008), (0, 0.008)]
    for _ in range(34):
        at = (rng.uniform(-0.75, 0.75), rng.uniform(-0.55, 1.3), rng.choice((0, 0.011, 0.022)))
        lathe("coin", coin, rng.choice(metals[:3]), at, 32, 0)
    for _ in range(26):
        at = Vector((rng.uniform(-0.8, 0.8), rng.uniform(-0.5, 1.6), 0.02))
        turn = rng.uniform(0, math.pi)
        along = Vector((math.cos(turn), math.sin(turn), 0))
        mat = rng.choice(metals)
        rod("shaft", at, at + along * 0.14, 0.009, mat, 12)
        rod("cap", at - along * 0.015, at, 0.02, mat, 6)
        for k in range(9):
            torus("thread", 0.0095, 0.003, mat, at + along * (0.03 + 0.012 * k), (0, math.pi / 2, turn))
    for at, radius, teeth, mat in (((-0.28, 0.0, 0.02), 0.17, 18, 1), ((0.35, 0.32, 0.03), 0.22, 24, 0),
                                   ((-0.55, 0.75, 0.02), 0.25, 28, 2)):
        points = []
        for z in (0, 0.035):
            for k in range(4 * teeth):
                reach = radius if k % 4 < 2 else 0.86 * radius
                angle = 2 * math.pi * (k + 0.3 * (k % 2)) / (4 * teeth)
                points.append((reach * math.cos(angle), reach * math.sin(angle), z))
        count = 4 * teeth
        faces = [tuple(range(count - 1, -1, -1)), tuple(range(count, 2 * count))]
        faces += [(k, (k + 1) % count, count + (k + 1) % count, count + k) for k in range(count)]
        gear = mesh("gear", points, faces, metals[mat])
        gear.location, gear.rotation_euler = at, (0.02, -0.03, rng.uniform(0, 1))
        torus("boss", 0.3 * radius, 0.02, metals[3], (at[0], at[1], at[2] + 0.04))
    rod("driver", (0.15, -0.42, 0.03), (0.36, -0.12, 0.03), 0.011, metals[0])
    rod("grip", (0.02, -0.6, 0.035), (0.15, -0.42, 0.03), 0.032, plain("grip", (0.75, 0.08, 0.03), 0.3), 8)
    lathe("jar", [(0, 0), (0.1, 0), (0.11, 0.02), (0.11, 0.2), (0.085, 0.24), (0.085, 0.27), (0.08, 0.27),
                  (0.08, 0.24), (0.104, 0.2), (0.104, 0.02), (0, 0.012)], glass("jar"), (0.0, 0.62, 0))
    for _ in range(30):
        angle, reach = rng.uniform(0, 6.28), 0.07 * rng.random()
        ball("bead", 0.025, plain("bead", tuple(rng.uniform(0.05, 0.8) for _ in range(3)), 0.2),
             (reach * math.cos(angle), 0.62 + reach * math.sin(angle), rng.uniform(0.04, 0.16)), 16)
    quad("wall", (-4, 4, -2), (4, 4, -2), (4, 4, 3), (-4, 4, 3), plain("wall", (0.08, 0.1, 0.12), 0.8))
    for _ in range(26):
        color = rng.choice(((1, 0.55, 0.2), (1, 0.8, 0.5), (0.3, 0.6, 1.0), (1, 0.25, 0.2), (0.4, 1.0, 0.5)))
        ball("lamp", 0.075, glow("lamp", color, 7), (rng.uniform(-1.6, 1.6), 3.4, rng.uniform(0.1, 1.1)), 12)
    area_light("desk lamp", (-0.9, 0.1, 1.2), (0, 0.1, 0), 0.6, 0.6, 14, (1.0, 0.82, 0.6))
    area_light("ceiling", (1.2, -1.0, 1.8), (0, 0.3, 0), 1.0, 0.6, 9, (0.65, 0.8, 1.0))
    world(dark)
    view(58, (0.06, -1.45, 0.5), (0.0, 0.1, 0.06), fstop=0.9, focus=(0.1, -0.1, 0.03))


def bulbs():
    """Many small lamps: three hundred tiny bulbs on a bare tree and along the ceiling of an unlit room."""
    rng = random.Random(12)
    bark = plain("bark", (0.16, 0.09, 0.05), 0.7)
    box("floor", (-3, -3, -0.1), (3, 3, 0), planks("floor", (0.05, 0.025, 0.012), (0.2, 0.1, 0.05), 0.12))
    paper = bricks("paper", (0.20, 0.26, 0.30), (0.16, 0.21, 0.25), (0.30, 0.28, 0.22), width=0.4, height=0.3,
                   rotate=(math.pi / 2, 0, 0), rough=0.7, gap=0.02)
    box("back", (-3, 2.4, 0), (3, 2.5, 2.6), paper)
    for x in (-2.6, 2.5):
        box("side", (x, -3, 0), (x + 0.1, 2.5, 2.6), plain("side", (0.45, 0.40, 0.34), 0.9))
    box("ceiling", (-3, -3, 2.6), (3, 3, 2.7), plain("ceiling", (0.6, 0.58, 0.54), 0.9))
    colors = [(1, 0.5, 0.16), (1, 0.5, 0.16), (1, 0.66, 0.3), (1, 0.12, 0.06), (0.15, 0.9, 0.2), (0.12, 0.3, 1.0)]
    glows = [glow("bulb", color, 62) for color in colors]
    lamps = [ball("bulb", 0.013, mat, (0, 0, -5), 8) for mat in glows]

    def lamp(at):
        copy(rng.choice(lamps), at)

    def grow(at, along, length, radius):
        end = at + along * length
        rod("branch", at, end, radius, bark, 8)
        if radius < 0.009:
            lamp(end)
            return
        for _ in range(3 if radius > 0.012 else 2):
            tilt = Vector((rng.gauss(0, 0.75), rng.gauss(0, 0.75), rng.gauss(0.0, 0.35)))
            grow(end, (along + tilt).normalized(), length * rng.uniform(0.68, 0.92), radius * 0.68)

    lathe("pot", [(0, 0), (0.24, 0), (0.3, 0.4), (0.27, 0.4), (0, 0.36)], plain("pot", (0.5, 0.12, 0.06), 0.2),
          (-0.7, 1.2, 0), 40, 1)
    grow(Vector((-0.7, 1.2, 0.3)), Vector((0, 0, 1)), 0.5, 0.05)
    for k in range(60):
        lamp((-2.45 + 4.9 * k / 59, 2.33, 2.38 - 0.16 * abs(math.sin(6 * math.pi * k / 59))))
    for low, high, color in (((0.3, 0.9, 0), (0.8, 1.4, 0.38), (0.45, 0.03, 0.03)),
                             ((0.9, 1.3, 0), (1.3, 1.7, 0.55), (0.03, 0.2, 0.08)),
                             ((0.38, 1.0, 0.38), (0.7, 1.3, 0.6), (0.55, 0.45, 0.2))):
        box("gift", low, high, plain("wrap", color, 0.25), 0.008)
        middle = (low[0] + high[0]) / 2
        box("ribbon", (middle - 0.03, low[1] - 0.004, low[2]), (middle + 0.03, high[1] + 0.004, high[2] + 0.004),
            plain("ribbon", (0.85, 0.7, 0.4), 0.2, 1.0))
    for x, y, radius in ((-0.1, 0.35, 0.11), (0.2, 0.2, 0.09), (-1.35, 0.4, 0.13)):
        ball("bauble", radius, plain("bauble", rng.choice(((0.9, 0.2, 0.15), (0.9, 0.7, 0.3))), 0.06, 1.0),
             (x, y, radius))
    lathe("bowl", [(0, 0), (0.1, 0), (0.24, 0.14), (0.25, 0.16), (0.22, 0.14), (0, 0.03)], clear("bowl", (0.8, 0.9, 1)),
          (1.55, 0.5, 0))
    monkey("figure", 0.3, plain("porcelain", (0.75, 0.72, 0.68), 0.12), (1.62, 1.75, 0.3), (-0.3, 0, -0.3))
    world(dark)
    view(30, (0.2, -2.4, 1.25), (0.0, 1.2, 0.95))


def washroom():
    """Bright: white tiles, a mirror, chrome and porcelain; most light has bounced."""
    tile = bricks("tile", (0.78, 0.80, 0.80), (0.72, 0.75, 0.76), (0.45, 0.45, 0.44), width=0.2, height=0.1,
                  rotate=(math.pi / 2, 0, 0), rough=0.12, gap=0.004)
    side = bricks("side tile", (0.25, 0.48, 0.46), (0.20, 0.42, 0.42), (0.6, 0.6, 0.58), width=0.2, height=0.1,
                  rotate=(math.pi / 2, 0, math.pi / 2), rough=0.12, gap=0.004)
    chrome = plain("chrome", (0.9, 0.9, 0.92), 0.05, 1.0)
    porcelain = plain("porcelain", (0.8, 0.8, 0.78), 0.08)
    box("floor", (-2, -2.6, -0.1), (2, 1.6, 0), checker("floor", (0.7, 0.68, 0.64), (0.06, 0.06, 0.07), 5.0, 0.15))
    box("back", (-2, 1.5, 0), (2, 1.6, 2.6), tile)
    for x in (-1.7, 1.6):
        box("side", (x, -2.6, 0), (x + 0.1, 1.6, 2.6), side)
    box("behind", (-2, -2.7, 0), (2, -2.6, 2.6), plain("paint", (0.7, 0.62, 0.5), 0.8))
    box("door", (-0.5, -2.62, 0), (0.4, -2.56, 2.1), wood("door", (0.2, 0.1, 0.05), (0.45, 0.26, 0.13)))
    box("ceiling", (-2, -2.7, 2.6), (2, 1.6, 2.7), plain("ceiling", (0.8, 0.8, 0.8), 0.9))
    box("mirror", (-0.75, 1.47, 1.05), (0.55, 1.49, 1.95), plain("mirror", (0.92, 0.93, 0.93), 0.0, 1.0))
    box("ledge", (-0.9, 1.3, 0.95), (0.7, 1.5, 0.98), clear("ledge", (0.8, 0.95, 0.9)), 0.003)
    lathe("basin", [(0, 0.62), (0.08, 0.62), (0.1, 0.66), (0.3, 0.74), (0.36, 0.84), (0.36, 0.86), (0.32, 0.86),
                    (0.27, 0.76), (0, 0.7)], porcelain, (-0.1, 1.1, 0))
    lathe("foot", [(0, 0), (0.17, 0), (0.1, 0.1), (0.08, 0.62), (0, 0.62)], porcelain, (-0.1, 1.1, 0))
    rod("tap", (-0.1, 1.42, 0.84), (-0.1, 1.42, 1.0), 0.02, chrome)
    rod("spout", (-0.1, 1.42, 0.99), (-0.1, 1.2, 0.96), 0.015, chrome)
    for x in (-0.22, 0.02):
        torus("handle", 0.03, 0.01, chrome, (x, 1.4, 0.93))
    rod("rail", (0.75, 1.44, 0.8), (1.4, 1.44, 0.8), 0.012, chrome)
    points = [(0.82 + 0.5 * i / 24, 1.42 - 0.012 * math.sin(i * 1.3) - 0.02, 0.82 - 0.55 * j / 12) for j in range(13)
              for i in range(25)]
    faces = [(25 * j + i, 25 * j + i + 1, 25 * j + i + 26, 25 * j + i + 25) for j in range(12) for i in range(24)]
    mesh("towel", points, faces, material("towel", lambda n: n("BsdfPrincipled", Roughness=0.95, Base_Color=n.ramp(
        n("TexWave", Vector=n.coords(rotate=(0, math.pi / 2, 0)), Scale=6.0, Distortion=0.0),
        (0.45, (0.75, 0.72, 0.66)), (0.55, (0.55, 0.08, 0.1))))), smooth=True)
    for k, (x, color) in enumerate(((-0.75, (0.2, 0.6, 0.9)), (-0.62, (0.9, 0.5, 0.1)), (0.35, (0.9, 0.3, 0.5)))):
        lathe("flask", [(0, 0), (0.04, 0), (0.045, 0.1), (0.015, 0.14), (0.015, 0.17), (0, 0.17)],
              glass("flask", color) if k != 1 else plain("flask", color, 0.3), (x, 1.4, 0.98), 24, 1)
    ball("globe", 0.12, material("globe", lambda n: n("Emission", Color=(1, 0.87, 0.7), Strength=9)),
         (0.95, 1.3, 1.95), 32)
    rod("bracket", (0.95, 1.5, 1.95), (0.95, 1.4, 1.95), 0.02, chrome)
    box("tub", (-1.6, -0.6, 0), (-0.95, 1.2, 0.5), porcelain, 0.05)
    lathe("stool", [(0, 0.4), (0.17, 0.4), (0.17, 0.44), (0, 0.44)], wood("stool", (0.3, 0.17, 0.08), (0.6, 0.4, 0.2)),
          (0.95, 0.5, 0), 40, 0)
    for k in range(3):
        angle = 2.1 * k + 0.4
        rod("leg", (0.95 + 0.17 * math.cos(angle), 0.5 + 0.17 * math.sin(angle), 0),
            (0.95 + 0.1 * math.cos(angle), 0.5 + 0.1 * math.sin(angle), 0.4), 0.016, chrome)
    area_light("window", (-1.55, -0.6, 1.8), (0.5, 0.2, 0.8), 0.7, 0.9, 26, (0.75, 0.87, 1.0))
    bulb("ceiling lamp", (0.3, -0.9, 2.0), 0.15, 38, (1.0, 0.85, 0.65))
    world(dark)
    view(24, (0.6, -2.2, 1.45), (-0.02, 1.2, 0.98))


SCENES = {scene.__name__: scene for scene in (cellar, carafes, fur, workbench, bulbs, washroom)}
