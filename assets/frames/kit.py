"""What the scenes here are built from, for Blender 3.4 and later: materials, shapes, plants, lights, camera; and how
they are rendered."""

import math

import bpy
from mathutils import Vector, noise

KEYED = range(-1, 42)  # frames with a camera key: motion also needs the ones before and after
RENAMED = {"Specular": "Specular IOR Level"}  # inputs since Blender 4.0

# ---------------------------------------------------------------- materials


class Nodes:
    """A small wrapper to write node trees as expressions."""
    def __init__(self, tree):
        self.tree = tree
        tree.nodes.clear()

    def __call__(self, kind, _out=0, _set=None, **inputs):
        """Adds a node. Inputs are values or sockets; '_' in a name stands for a space."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for key, value in (_set or {}).items():
            setattr(node, key, value)
        for key, value in inputs.items():
            index = int(key[1:]) if key[0] == "i" and key[1:].isdigit() else key.replace("_", " ")
            if index in RENAMED and index not in node.inputs:
                index = RENAMED[index]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[index])
            else:
                if isinstance(value, tuple) and len(value) == 3 and node.inputs[index].type == "RGBA":
                    value = (*value, 1.0)
                node.inputs[index].default_value = value
        return node.outputs[_out]

    def coords(self, scale=(1, 1, 1), rotate=(0, 0, 0), space="Object"):
        return self("Mapping", Vector=self("TexCoord", _out=space), Scale=scale, Rotation=rotate)

    def ramp(self, fac, *stops):
        out = self("ValToRGB", Fac=fac)
        elements = out.node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, color) in zip(elements, stops):
            element.position, element.color = position, (*color, 1)
        return out

    def mix(self, fac, a, b, blend="MIX"):
        return self("MixRGB", _set={"blend_type": blend}, Fac=fac, Color1=a, Color2=b)

    def bump(self, height, strength=0.5, distance=0.01):
        return self("Bump", Height=height, Strength=strength, Distance=distance)


def material(name, build):
    """A material whose surface is what build(nodes) returns."""
    mat = bpy.data.materials.new(name)
    mat.use_nodes = True
    n = Nodes(mat.node_tree)
    surface = build(n)
    mat.node_tree.links.new(surface, mat.node_tree.nodes.new("ShaderNodeOutputMaterial").inputs[0])
    return mat


def plain(name, color, rough=0.5, metal=0.0, specular=0.5):
    return material(
        name,
        lambda n: n("BsdfPrincipled", Base_Color=color, Roughness=rough, Metallic=metal, Specular=specular))


def glass(name, color=(1, 1, 1), rough=0.0, ior=1.45):
    """Glass that lets shadow and diffuse rays straight through, instead of caustics."""
    def build(n):
        shadow, diffuse = (n("LightPath", _out=kind) for kind in ("Is Shadow Ray", "Is Diffuse Ray"))
        through = n("Math", _set={"operation": "MAXIMUM"}, i0=shadow, i1=diffuse)
        return n("MixShader",
                 Fac=through,
                 i1=n("BsdfGlass", Color=color, Roughness=rough, IOR=ior),
                 i2=n("BsdfTransparent", Color=tuple(0.93 * c for c in color)))

    return material(name, build)


def glow(name, color, strength):
    return material(name, lambda n: n("Emission", Color=color, Strength=strength))


def wood(name, dark, light, scale=1.0, rough=0.35, rotate=(0, 0, 0)):
    def build(n):
        at = n.coords((scale, scale * 9, scale * 9), rotate)
        grain = n("TexNoise", _out="Fac", Vector=at, Scale=2.2, Detail=8.0, Distortion=1.6)
        fine = n("TexNoise", _out="Fac", Vector=at, Scale=14.0, Detail=4.0)
        color = n.mix(0.35, n.ramp(grain, (0.3, dark), (0.7, light)),
                       n.ramp(fine, (0.3, dark), (0.7, light)))
        return n("BsdfPrincipled", Base_Color=color, Roughness=rough, Normal=n.bump(fine, 0.12))

    return material(name, build)


def planks(name, dark, light, rough=0.28):
    """Floor boards along X."""
    def build(n):
        brick = n("TexBrick",
                  _out="Color",
                  _set={"offset": 0.37},
                  Vector=n.coords(),
                  Scale=1.0,
                  Brick_Width=1.7,
                  Row_Height=0.16,
                  Mortar_Size=0.004,
                  Mortar_Smooth=0.2,
                  Color1=(0, 0, 0),
                  Color2=(1, 1, 1),
                  Mortar=(0.5, 0.5, 0.5))
        mortar = brick.node.outputs["Fac"]
        at = n("VectorMath",
               _set={"operation": "ADD"},
               i0=n.coords((1.2, 14, 14)),
               i1=n("VectorMath", _set={"operation": "SCALE"}, i0=brick, Scale=7.0))
        grain = n("TexNoise", _out="Fac", Vector=at, Scale=2.0, Detail=9.0, Distortion=1.2)
        color = n.mix(0.5, n.ramp(grain, (0.3, dark), (0.75, light)), n.mix(brick, dark, light))
        color = n.mix(mortar, color, (0.02, 0.012, 0.008))
        return n("BsdfPrincipled",
                 Base_Color=color,
                 Roughness=n("MapRange", Value=grain, i3=rough, i4=rough + 0.22),
                 Normal=n.bump(
                     n("Math",
                       _set={"operation": "SUBTRACT"},
                       i0=n("Math", _set={"operation": "MULTIPLY"}, i0=grain, i1=0.08),
                       i1=mortar), 0.6, 0.006))

    return material(name, build)


def bricks(name,
           one,
           two,
           mortar,
           width=0.24,
           height=0.075,
           rotate=(0, 0, 0),
           rough=0.85,
           gap=0.008,
           offset=0.5):
    def build(n):
        at = n.coords(rotate=rotate)
        brick = n("TexBrick",
                  _out="Color",
                  _set={"offset": offset},
                  Vector=at,
                  Scale=1.0,
                  Brick_Width=width,
                  Row_Height=height,
                  Mortar_Size=gap,
                  Mortar_Smooth=0.15,
                  Color1=one,
                  Color2=two,
                  Mortar=mortar,
                  Bias=-0.1)
        joint = brick.node.outputs["Fac"]
        dirt = n("TexNoise", _out="Fac", Vector=at, Scale=30.0, Detail=6.0)
        patches = n("TexNoise", _out="Fac", Vector=at, Scale=1.7, Detail=3.0)
        color = n.mix(0.55, brick, n.ramp(dirt, (0.3, (0.35, 0.32, 0.3)), (0.7, (1, 1, 1))), "MULTIPLY")
        color = n.mix(0.4, color, n.ramp(patches, (0.35, (0.5, 0.47, 0.45)), (0.65, (1, 1, 1))), "MULTIPLY")
        height_ = n("Math",
                    _set={"operation": "SUBTRACT"},
                    i0=n("Math", _set={"operation": "MULTIPLY"}, i0=dirt, i1=0.3),
                    i1=joint)
        return n("BsdfPrincipled", Base_Color=color, Roughness=rough, Normal=n.bump(height_, 0.7, 0.012))

    return material(name, build)


def checker(name, one, two, scale, rough=0.25):
    return material(
        name, lambda n: n("BsdfPrincipled",
                          Roughness=rough,
                          Base_Color=n("TexChecker", Vector=n.coords(), Color1=one, Color2=two, Scale=scale)))


def leaf(name, dark, light):
    """Leaves: each loose part of the mesh has its own color, and light shines through."""
    def build(n):
        island = n("NewGeometry", _out="Random Per Island")
        color = n.ramp(island, (0.0, dark), (1.0, light))
        surface = n("BsdfPrincipled", Base_Color=color, Roughness=0.42)
        through = n("BsdfTranslucent", Color=n.mix(0.5, color, (0.5, 0.6, 0.05)))
        return n("MixShader", Fac=0.35, i1=surface, i2=through)

    return material(name, build)


# ----------------------------------------------------------------- geometry


def mesh(name, points, faces, mat, smooth=False):
    data = bpy.data.meshes.new(name)
    data.from_pydata(points, [], faces)
    data.polygons.foreach_set("use_smooth", [smooth] * len(data.polygons))
    data.materials.append(mat)
    obj = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(obj)
    return obj


def copy(obj, at, turn=0.0, scale=1.0):
    new = obj.copy()
    new.location, new.rotation_euler, new.scale = at, (0, 0, turn), (scale, ) * 3
    bpy.context.collection.objects.link(new)
    return new


def box(name, low, high, mat, bevel=0.0):
    """An axis-aligned box; its origin is its center."""
    half = [(b - a) / 2 for a, b in zip(low, high)]
    points = [(x * half[0], y * half[1], z * half[2]) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]
    faces = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    obj = mesh(name, points, faces, mat)
    obj.location = [(a + b) / 2 for a, b in zip(low, high)]
    if bevel:
        modifier = obj.modifiers.new("bevel", "BEVEL")
        modifier.width, modifier.segments = bevel, 2
    return obj


def quad(name, a, b, c, d, mat):
    return mesh(name, [a, b, c, d], [(0, 1, 2, 3)], mat)


def lathe(name, profile, mat, at=(0, 0, 0), segments=48, subdivide=2):
    """A solid of revolution around Z from (radius, height) pairs."""
    points, faces, count = [], [], len(profile)
    for i in range(segments):
        angle = 2 * math.pi * i / segments
        points += [(r * math.cos(angle), r * math.sin(angle), z) for r, z in profile]
    for i in range(segments):
        a, b = i * count, (i + 1) % segments * count
        faces += [(a + k, b + k, b + k + 1, a + k + 1) for k in range(count - 1)]
    obj = mesh(name, points, faces, mat, smooth=True)
    obj.location = at
    weld = obj.modifiers.new("weld", "WELD")
    weld.merge_threshold = 1e-5
    if subdivide:
        obj.modifiers.new("smooth", "SUBSURF").render_levels = subdivide
    return obj


def ball(name, radius, mat, at, segments=48):
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius,
                                         location=at,
                                         segments=segments,
                                         ring_count=segments // 2)
    return finish(name, mat)


def torus(name, major, minor, mat, at, turn=(0, 0, 0)):
    bpy.ops.mesh.primitive_torus_add(location=at,
                                     rotation=turn,
                                     major_radius=major,
                                     minor_radius=minor,
                                     major_segments=72,
                                     minor_segments=24)
    return finish(name, mat)


def rod(name, start, end, radius, mat, segments=16):
    start, end = Vector(start), Vector(end)
    bpy.ops.mesh.primitive_cylinder_add(radius=radius,
                                        depth=(end - start).length,
                                        vertices=segments,
                                        location=(start + end) / 2)
    bpy.context.object.rotation_euler = (end - start).to_track_quat("Z", "Y").to_euler()
    return finish(name, mat)


def monkey(name, size, mat, at, turn):
    bpy.ops.mesh.primitive_monkey_add(size=size, location=at, rotation=turn)
    bpy.context.object.modifiers.new("smooth", "SUBSURF").render_levels = 3
    return finish(name, mat)


def finish(name, mat):
    obj = bpy.context.object
    obj.name = name
    obj.data.materials.append(mat)
    obj.data.polygons.foreach_set("use_smooth", [True] * len(obj.data.polygons))
    return obj


def leaves(name, spots, size, mat, rng, droop=0.4):
    """One mesh of many folded leaves; spots are (position, outward direction) pairs."""
    points, faces = [], []
    for at, out in spots:
        along = Vector(out) + Vector((rng.gauss(0, 0.5), rng.gauss(0, 0.5), rng.gauss(0, 0.4) - droop))
        along.normalize()
        side = along.cross(Vector((rng.gauss(0, 0.4), rng.gauss(0, 0.4), 1))).normalized()
        up = side.cross(along)
        length = size * rng.uniform(0.6, 1.25)
        wide, base = 0.3 * length, len(points)
        at = Vector(at)
        points += [
            at, at + along * 0.5 * length + side * wide + up * 0.09 * length, at + along * 0.55 * length,
            at + along * 0.5 * length - side * wide + up * 0.09 * length,
            at + along * length - up * 0.12 * length
        ]
        faces += [(base, base + 1, base + 2), (base + 1, base + 4, base + 2), (base, base + 2, base + 3),
                  (base + 3, base + 2, base + 4)]
    return mesh(name, [tuple(p) for p in points], faces, mat)


def bush(name, at, radius, count, size, mat, rng, squash=1.0):
    spots = []
    for _ in range(count):
        out = Vector((rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1))).normalized()
        reach = radius * rng.uniform(0.35, 1.0)**0.5 * (0.8 + 0.45 * noise.noise(out * 2.3 + Vector(at)))
        spots.append((Vector(at) + Vector((out.x, out.y, out.z * squash)) * reach, out))
    return leaves(name, spots, size, mat, rng)


def area_light(name, at, target, width, height, watts, color, shape="RECTANGLE"):
    data = bpy.data.lights.new(name, "AREA")
    data.shape, data.size, data.size_y, data.energy, data.color = shape, width, height, watts, color
    obj = bpy.data.objects.new(name, data)
    obj.location = at
    obj.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(obj)
    return obj


def bulb(name, at, radius, watts, color):
    data = bpy.data.lights.new(name, "POINT")
    data.shadow_soft_size, data.energy, data.color = radius, watts, color
    obj = bpy.data.objects.new(name, data)
    obj.location = at
    bpy.context.collection.objects.link(obj)
    return obj


def camera(lens, path):
    """A camera keyed on every frame; path(t) gives position and target, t = 0 at frame 1."""
    data = bpy.data.cameras.new("camera")
    data.lens = lens
    obj = bpy.data.objects.new("camera", data)
    bpy.context.collection.objects.link(obj)
    for frame in KEYED:
        at, target = (Vector(v) for v in path(frame - 1))
        obj.location = at
        obj.rotation_euler = (target - at).to_track_quat("-Z", "Y").to_euler()
        obj.keyframe_insert("location", frame=frame)
        obj.keyframe_insert("rotation_euler", frame=frame)
    bpy.context.scene.camera = obj


def world(build):
    w = bpy.data.worlds.new("world")
    bpy.context.scene.world = w
    w.use_nodes = True
    n = Nodes(w.node_tree)
    w.node_tree.links.new(build(n), w.node_tree.nodes.new("ShaderNodeOutputWorld").inputs[0])


def view(lens, at, target, fstop=None, focus=None):
    """A camera that rests; with a stop it has depth of field, sharp at the distance of focus."""
    data = bpy.data.cameras.new("camera")
    data.lens = lens
    obj = bpy.data.objects.new("camera", data)
    bpy.context.collection.objects.link(obj)
    obj.location = at
    obj.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    if fstop:
        data.dof.use_dof, data.dof.aperture_fstop = True, fstop
        data.dof.focus_distance = (Vector(focus) - Vector(at)).length
    bpy.context.scene.camera = obj


# ------------------------------------------------------------------- render


def plain_cycles(args, diffuse_bounces, glossy_bounces):
    """Cycles with args.spp samples and nothing that would clamp, filter or denoise them, in frames of 480x270 at
    args.percent; what files have: color, and unless args.reference what denoisers ask for."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = 480, 270
    scene.render.resolution_percentage = args.percent
    cycles = scene.cycles
    cycles.samples, cycles.use_adaptive_sampling, cycles.use_denoising = args.spp, False, False
    cycles.pixel_filter_type = "BOX"
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 10, diffuse_bounces, glossy_bounces
    cycles.transmission_bounces, cycles.transparent_max_bounces = 10, 8
    layer.name = "ViewLayer"
    image = scene.render.image_settings
    if args.reference:
        image.file_format, image.color_mode = "OPEN_EXR", "RGB"
    else:
        image.file_format = "OPEN_EXR_MULTILAYER"
        layer.use_pass_z = False
        layer.cycles.denoising_store_passes = True
    image.color_depth, image.exr_codec = "32", "ZIP"
