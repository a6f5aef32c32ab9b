"""Which channels of a frame are its layers: what other programs write is found, by name."""

import numpy as np
import OpenEXR
import pytest
from exr_frames import check_color, check_layer, random_channels, write, write_parts



def names_of(names):
    """A list of channels; GROUP.RGB stands for GROUP.R, GROUP.G, GROUP.B."""
    if not isinstance(names, str):
        return names
    group, _, letters = names.rpartition(".")
    return [f"{group}.{letter}" if group else letter for letter in letters]


def check(layers, channels, expected):
    """expected: from layers, in their order, to names of channels."""
    assert list(layers) == list(expected)
    for layer, names in expected.items():
        if layer == "color":
            check_color(layers[layer], channels, names_of(names))
        else:
            check_layer(layers[layer], channels, names_of(names), fourth=0 if layer == "normal" else 1)


def blender(layer="ViewLayer"):
    """Blender's multilayer channels for a layer, and those among them that are a frame's."""
    groups = {"Combined": "RGBA", "Denoising Albedo": "RGB", "Denoising Normal": "XYZ", "Denoising Depth": "Z",
              "Vector": "XYZW", "DiffCol": "RGB", "Normal": "XYZ", "Depth": "Z"}
    return [f"{layer}.{group}.{letter}" for group, letters in groups.items() for letter in letters]


def check_blender(layers, channels, layer="ViewLayer"):
    assert list(layers) == ["color", "albedo", "normal", "depth", "motion"]
    check_color(layers["color"], channels, [f"{layer}.Combined.{c}" for c in "RGB"])
    check_layer(layers["albedo"], channels, [f"{layer}.Denoising Albedo.{c}" for c in "RGB"])
    check_layer(layers["normal"], channels, [f"{layer}.Denoising Normal.{c}" for c in "XYZ"], fourth=0)
    check_layer(layers["depth"], channels, [f"{layer}.Denoising Depth.Z"])
    check_layer(layers["motion"], channels, [f"{layer}.Vector.{c}" for c in "XY"])


@pytest.mark.parametrize("layer", ["ViewLayer", "View Layer.001", "Küche"])
def test_blender(dump, tmp_path, layer):
    channels = random_channels(blender(layer))
    check_blender(dump.layers("frame", write(tmp_path / "a.exr", channels)), channels, layer)


def test_blender_without_denoising_data(dump, tmp_path):
    names = [name for name in blender() if "Denoising" not in name]
    channels = random_channels(names)
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "normal", "depth", "motion"]
    check_layer(layers["normal"], channels, [f"ViewLayer.Normal.{c}" for c in "XYZ"], fourth=0)
    check_layer(layers["depth"], channels, ["ViewLayer.Depth.Z"])


def test_blender_newer_depth(dump, tmp_path):
    channels = random_channels([f"ViewLayer.Combined.{c}" for c in "RGBA"] + ["ViewLayer.Depth.V"])
    check_layer(dump.layers("frame", write(tmp_path / "a.exr", channels))["depth"], channels, ["ViewLayer.Depth.V"])


def test_blender_with_compositor(dump, tmp_path):
    """The compositor's picture is not what was rendered."""
    channels = random_channels(blender() + [f"Composite.Combined.{c}" for c in "RGBA"])
    check_blender(dump.layers("frame", write(tmp_path / "a.exr", channels)), channels)


def test_blender_layers_are_not_mixed(dump, tmp_path):
    """The first view layer has no denoising data: the second one's must not be taken for it."""
    channels = random_channels([f"Back.Combined.{c}" for c in "RGBA"] + blender("Front"))
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    assert list(layers) == ["color"]
    check_color(layers["color"], channels, [f"Back.Combined.{c}" for c in "RGB"])


@pytest.mark.parametrize("picture", ["Combined", "DiffCol"])
def test_guides_of_a_view_layer_that_is_named(dump, tmp_path, picture):
    channels = random_channels(blender("Back") + blender("Front"))
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels), f"color=Front.{picture}")
    check(layers, channels, {"color": f"Front.{picture}.RGB", "albedo": "Front.Denoising Albedo.RGB",
                             "normal": "Front.Denoising Normal.XYZ", "depth": "Front.Denoising Depth.Z",
                             "motion": "Front.Vector.XY"})


def test_guides_of_the_only_view_layer(dump, tmp_path):
    """A picture that is in none has them."""
    channels = random_channels(blender() + ["my.picture.R", "my.picture.G", "my.picture.B"])
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels), "color=my.picture")
    check_color(layers["color"], channels, [f"my.picture.{c}" for c in "RGB"])
    check_layer(layers["albedo"], channels, [f"ViewLayer.Denoising Albedo.{c}" for c in "RGB"])


def test_bundled_frames(dump, root):
    """As Cycles rendered them; those in the folder quality have other renderers' layers, or not all."""
    paths = sorted(path for path in (root / "assets" / "frames").glob("*/*.exr") if path.parent.name != "quality")
    assert len(paths) >= 8
    for path in paths:
        file = OpenEXR.File(str(path), separate_channels=True)
        check_blender(dump.layers("frame", path), {name: channel.pixels for name, channel in file.channels().items()})


MITSUBA = "albedo.R albedo.G albedo.B nn.X nn.Y nn.Z dd.T".split()


@pytest.mark.parametrize("color", ["", "path.", "my_image."])
def test_mitsuba(dump, tmp_path, color):
    names = [f"{color}{c}" for c in "RGB"]
    channels = random_channels(names + MITSUBA, np.float16)
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "albedo", "normal", "depth"]
    check_color(layers["color"], channels, names)
    check_layer(layers["albedo"], channels, MITSUBA[0:3])
    check_layer(layers["normal"], channels, MITSUBA[3:6], fourth=0)
    check_layer(layers["depth"], channels, MITSUBA[6:7])


def test_mitsuba_with_its_integrator(dump, tmp_path):
    """What the AOV integrator writes: the nested integrator's picture under its name too."""
    channels = random_channels(["R", "G", "B", "img.R", "img.G", "img.B", "img.A", *MITSUBA])
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "albedo", "normal", "depth"]
    check_color(layers["color"], channels, "RGB")


def test_mitsuba_other_names(dump, tmp_path):
    channels = random_channels("R G B sh_normal.X sh_normal.Y sh_normal.Z dd.y.T".split())
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    check_layer(layers["normal"], channels, [f"sh_normal.{c}" for c in "XYZ"], fourth=0)
    check_layer(layers["depth"], channels, ["dd.y.T"])


def test_oidn(dump, tmp_path):
    files = {kind: random_channels("RGB") for kind in ("hdr", "alb", "nrm")}
    for kind, channels in files.items():
        write(tmp_path / f"shot.{kind}.exr", channels)
    layers = dump.layers("frame", tmp_path / "shot.hdr.exr")
    assert list(layers) == ["color", "albedo", "normal"]
    check_color(layers["color"], files["hdr"], "RGB")
    check_layer(layers["albedo"], files["alb"], "RGB")
    check_layer(layers["normal"], files["nrm"], "RGB", fourth=0)


def test_oidn_normals_named_xyz(dump, tmp_path):
    write(tmp_path / "shot.hdr.exr", random_channels("RGB"))
    channels = random_channels("XYZ")
    write(tmp_path / "shot.nrm.exr", channels)
    check_layer(dump.layers("frame", tmp_path / "shot.hdr.exr")["normal"], channels, "XYZ", fourth=0)


@pytest.mark.parametrize("channel", ["Z", "depth.Z", "depth.V"])
def test_depth_names(dump, tmp_path, channel):
    channels = random_channels(["R", "G", "B", channel])
    check_layer(dump.layers("frame", write(tmp_path / "a.exr", channels))["depth"], channels, [channel])


def test_parts(dump, tmp_path):
    """Parts named after layers; the color is not in the first one."""
    parts = {"albedo": "RGB", "rgba": "RGBA", "normal": "XYZ", "depth": "Z", "motion": "XY"}
    channels = {name: random_channels(letters, np.float16) for name, letters in parts.items()}
    layers = dump.layers("frame", write_parts(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "albedo", "normal", "depth", "motion"]
    check_color(layers["color"], channels["rgba"], "RGB")
    check_layer(layers["albedo"], channels["albedo"], "RGB")
    check_layer(layers["normal"], channels["normal"], "XYZ", fourth=0)
    check_layer(layers["depth"], channels["depth"], "Z")
    check_layer(layers["motion"], channels["motion"], "XY")


def test_parts_with_full_names(dump, tmp_path):
    channels = random_channels(blender())
    parts = {}
    for name, pixels in channels.items():
        parts.setdefault(name.rpartition(".")[0], {})[name] = pixels
    check_blender(dump.layers("frame", write_parts(tmp_path / "a.exr", parts)), channels)


# Files of renderers: channels beside those that a frame's layers are, and the layers.
RENDERERS = {
    "Arnold": ("A variance.R variance.G variance.B diffuse.R diffuse.G diffuse.B motionvector.R motionvector.G",
               {"color": ".RGB", "albedo": "diffuse_albedo.RGB", "normal": "N.XYZ", "depth": ".Z"}),
    "Arnold with its denoiser's": ("A N.X N.Y N.Z albedo.R albedo.G albedo.B",
                                   {"color": ".RGB", "albedo": "denoise_albedo.RGB", "normal": "N_denoise.XYZ",
                                    "depth": ".Z"}),
    "RenderMan": ("Ci.a albedo_var.r albedo_var.g albedo_var.b diffuse.r diffuse.g diffuse.b",
                  {"color": "Ci.rgb", "albedo": "albedo.rgb", "normal": "normal.xyz"}),
    "V-Ray": (".A diffuse.red diffuse.green diffuse.blue lighting.red lighting.green lighting.blue",
              {"color": [".R", ".G", ".B"], "normal": "normals.XYZ"}),
    "V-Ray in 3ds Max": ("A VRayLighting.R VRayLighting.G VRayLighting.B",
                         {"color": ".RGB", "albedo": "VRayDiffuseFilter.RGB", "normal": "VRayNormals.RGB"}),
    "Karma": ("C.A directdiffuse.R directdiffuse.G directdiffuse.B",
              {"color": "C.RGB", "albedo": "albedo.RGB", "normal": "N.XYZ", "depth": "depth.Z"}),
    "Mantra": ("A direct_comp.r direct_comp.g direct_comp.b", {"color": ".RGB", "normal": "N.xyz"}),
    "Redshift": ("A GI.R GI.G GI.B MotionVectors.R MotionVectors.G",
                 {"color": ".RGB", "albedo": "DiffuseFilter.RGB", "normal": "N.RGB", "depth": ".Z"}),
    "pbrt": ("P.X P.Y P.Z N.X N.Y N.Z Variance.R Variance.G Variance.B dzdx dzdy u v",
             {"color": ".RGB", "albedo": "Albedo.RGB", "normal": "Ns.XYZ"}),
    "pbrt's older": ("Px Py Pz Nx Ny Nz dzdx dzdy",
                     {"color": ".RGB", "albedo": "Albedo.RGB", "normal": ["Nsx", "Nsy", "Nsz"]}),
    "LuxCore": ("CONVERGENCE.Y", {"color": "RGB_IMAGEPIPELINE.RGB", "albedo": "ALBEDO.RGB",
                                  "normal": "AVG_SHADING_NORMAL.XYZ", "depth": "DEPTH.Z"}),
    "Corona": ("CESSENTIAL_Direct.R CESSENTIAL_Direct.G CESSENTIAL_Direct.B",
               {"color": "BEAUTY.RGB", "albedo": "CShading_Albedo.RGB", "normal": "CGeometry_NormalsShading.RGB"}),
    "appleseed": ("beauty.A albedo.A depth.A diffuse.R diffuse.G diffuse.B diffuse.A",
                  {"color": "beauty.RGB", "albedo": "albedo.RGB", "normal": "normal.RGB", "depth": ["depth.Z"]}),
    "Unreal": ("A FinalImageMovieRenderQueue_MotionVectors.R FinalImageMovieRenderQueue_MotionVectors.G",
               {"color": ".RGB", "albedo": "FinalImageBaseColor.RGB",
                "normal": "FinalImageMovieRenderQueue_WorldNormal.RGB",
                "depth": "FinalImageMovieRenderQueue_WorldDepth.R"}),
    "Cycles with its denoiser": ("ViewLayer.Combined.R ViewLayer.Combined.G ViewLayer.Combined.B ViewLayer.Noisy "
                                 "Image.A",
                                 {"color": "ViewLayer.Noisy Image.RGB", "albedo": "ViewLayer.Denoising Albedo.RGB",
                                  "normal": "ViewLayer.Denoising Normal.XYZ"}),
    "letters' case": ("a", {"color": ".rgb", "albedo": "ALBEDO.RGB", "normal": "Normal.xyz", "depth": ".z",
                            "motion": "MOTION.xy"}),
    "a depth without a letter": ("A", {"color": ".RGB", "depth": ["depth"]}),
}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_renderers(dump, tmp_path, renderer):
    others, expected = RENDERERS[renderer]
    layers = [name for names in expected.values() for name in names_of(names)]
    channels = random_channels(layers + others.split())
    check(dump.layers("frame", write(tmp_path / "a.exr", channels)), channels, expected)


VIEWS = {"multiView": ["left", "right"]}


@pytest.mark.parametrize("views", [VIEWS, {}], ids=["listed", "not listed"])
def test_stereo(dump, tmp_path, views):
    """The first view is the frame; --channel takes the other."""
    channels = random_channels([f"{name.rpartition('.')[0]}.{view}.{name[-1]}" for name in blender()
                                for view in ("left", "right")])
    path = write(tmp_path / "a.exr", channels, **views)
    check(dump.layers("frame", path), channels,
          {"color": "ViewLayer.Combined.left.RGB", "albedo": "ViewLayer.Denoising Albedo.left.RGB",
           "normal": "ViewLayer.Denoising Normal.left.XYZ", "depth": "ViewLayer.Denoising Depth.left.Z",
           "motion": "ViewLayer.Vector.left.XY"})
    layers = dump.layers("frame", path, "color=ViewLayer.Combined.right", "depth=ViewLayer.Depth.right.Z")
    check(layers, channels,
          {"color": "ViewLayer.Combined.right.RGB", "albedo": "ViewLayer.Denoising Albedo.right.RGB",
           "normal": "ViewLayer.Denoising Normal.right.XYZ", "depth": "ViewLayer.Depth.right.Z",
           "motion": "ViewLayer.Vector.right.XY"})


def test_stereo_of_the_standard(dump, tmp_path):
    """Channels of the first view need not name it."""
    channels = random_channels("R G B right.R right.G right.B albedo.R albedo.G albedo.B right.albedo.R "
                               "right.albedo.G right.albedo.B".split())
    path = write(tmp_path / "a.exr", channels, **VIEWS)
    check(dump.layers("frame", path), channels, {"color": ".RGB", "albedo": "albedo.RGB"})
    check(dump.layers("frame", path, "color=right"), channels, {"color": "right.RGB", "albedo": "right.albedo.RGB"})


def test_second_view_first(dump, tmp_path):
    channels = random_channels("left.R left.G left.B right.R right.G right.B".split())
    path = write(tmp_path / "a.exr", channels, multiView=["right", "left"])
    check(dump.layers("frame", path), channels, {"color": "right.RGB"})


def test_parts_of_views(dump, tmp_path):
    channels = {name: random_channels("RGB") for name in ("a", "b")}
    OpenEXR.File([OpenEXR.Part({"view": view}, dict(channels[name]), name)
                  for name, view in (("a", "right"), ("b", "left"))]).write(str(tmp_path / "a.exr"))
    check(dump.layers("frame", tmp_path / "a.exr"), channels["a"], {"color": ".RGB"})
    check(dump.layers("frame", tmp_path / "a.exr", "color=b"), channels["b"], {"color": ".RGB"})


@pytest.mark.parametrize("main", ["rgba", "RGBA", "beauty", "Beauty", "Ci", "C", "main"])
def test_the_main_part_wins(dump, tmp_path, main):
    """Before parts that are pictures, too, wherever it is."""
    parts = {"diffuse_direct": "RGB", "albedo": "RGB", "specular": "RGB", main: "RGBA", "N": "XYZ"}
    if main == "main":  # no name that anybody knows: the first one
        parts = {main: parts.pop(main), **parts}
    channels = {name: random_channels(letters) for name, letters in parts.items()}
    layers = dump.layers("frame", write_parts(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "albedo", "normal"]
    check_color(layers["color"], channels[main], "RGB")
    check_layer(layers["albedo"], channels["albedo"], "RGB")
    check_layer(layers["normal"], channels["N"], "XYZ", fourth=0)


def test_depth_in_the_main_part(dump, tmp_path):
    channels = {"rgba": random_channels("RGBAZ"), "other": random_channels("Z")}
    layers = dump.layers("frame", write_parts(tmp_path / "a.exr", channels))
    check(layers, channels["rgba"], {"color": ".RGB", "depth": ".Z"})


def test_position_is_no_picture(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels("XYZ"))
    assert dump.error("frame", path) == (
        f"{path}: no color among its channels X, Y, Z; --channel color=NAME tells where it is")


def test_mapping(dump, tmp_path):
    names = "Beauty.R Beauty.G Beauty.B R G B diffuse.R diffuse.G diffuse.B N.X N.Y N.Z my.V flow.R flow.G".split()
    channels = random_channels(names)
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels), "color=Beauty", "albedo=diffuse", "normal=N",
                         "depth=my.V", "motion=flow")
    check_color(layers["color"], channels, names[0:3])
    check_layer(layers["albedo"], channels, names[6:9])
    check_layer(layers["normal"], channels, names[9:12], fourth=0)
    check_layer(layers["depth"], channels, ["my.V"])
    check_layer(layers["motion"], channels, names[13:15])


def test_mapping_beside_recognized_names(dump, tmp_path):
    channels = random_channels(blender())
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels), "albedo=ViewLayer.DiffCol",
                         "depth=ViewLayer.Depth")
    check_color(layers["color"], channels, [f"ViewLayer.Combined.{c}" for c in "RGB"])
    check_layer(layers["albedo"], channels, [f"ViewLayer.DiffCol.{c}" for c in "RGB"])
    check_layer(layers["depth"], channels, ["ViewLayer.Depth.Z"])


def test_reference(dump, tmp_path):
    channels = random_channels("R G B Beauty.R Beauty.G Beauty.B".split())
    path = write(tmp_path / "a.exr", channels)
    check_layer(dump.layers("reference", path)["reference"], channels, "RGB")
    layers = dump.layers("reference", path, "color=nothing", "reference=Beauty")
    check_layer(layers["reference"], channels, [f"Beauty.{c}" for c in "RGB"])


def test_mapping_by_channels(dump, tmp_path):
    """Any three channels, of any names, in any parts; one for a gray picture."""
    parts = {"one": ["first", "second.x", "Küche"], "two": ["third", "near"], "three": ["u", "v"]}
    channels = {name: random_channels(names) for name, names in parts.items()}
    path = write_parts(tmp_path / "a.exr", channels)
    layers = dump.layers("frame", path, "color=first,second.x,third", "albedo=Küche", "normal=two.third,ONE.FIRST,u",
                         "depth=near", "motion=u,three.v")
    everything = {name: pixels for part in channels.values() for name, pixels in part.items()}
    check(layers, everything, {"color": ["first", "second.x", "third"], "albedo": ["Küche"] * 3,
                               "normal": ["third", "first", "u"], "depth": ["near"], "motion": ["u", "v"]})


def test_mapping_prefers_names_as_they_are_written(dump, tmp_path):
    channels = random_channels("R G B a A".split())
    for name in "aA":
        check(dump.layers("frame", write(tmp_path / "a.exr", channels), f"depth={name}"), channels,
              {"color": ".RGB", "depth": [name]})


@pytest.mark.parametrize("mapping", ["color=R,G", "color=R,G,B,R", "color=R,,B", "color=R,G,X", "normal=R",
                                     "depth=R,G", "motion=R"])
def test_mapping_of_other_counts(dump, tmp_path, mapping):
    path = write(tmp_path / "a.exr", random_channels("RGB"))
    assert dump.error("frame", path, mapping) == f"{path}: --channel {mapping}: no such channels among B, G, R"
