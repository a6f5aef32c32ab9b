"""Damaged files of every kind are refused or read, without a crash; the sanitizers' build of fuzz makes this sharp."""

import json
import os
import re
import shutil
import struct
import subprocess

import numpy as np
import OpenEXR
import pytest
import safetensors.numpy
import test_pictures

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
WEIGHTS = RANDOM.normal(0, 1, (9, 4, 5)).astype(np.float16)


TIMES = int(os.environ.get("WF_FUZZ", "1"))  # as many rounds as in CI
# In a scene's importer, whose process may end in assimp alone
OWN_CRASH = re.compile(rb"#[01] 0x[0-9a-f]+ in [^\n]*/app/")


@pytest.fixture(name="fuzz")
def fixture_fuzz(build, memory_limit):
    program = build / "tests" / "fuzz"
    limit = memory_limit(program, 4096)  # sizes that damage has made huge must not exhaust the machine

    def run(kind, path, rounds=900, least_refused=1 / 3):
        """A third of the files are cut, and none of these can be read."""
        rounds *= TIMES
        result = subprocess.run([program, kind, path, str(rounds)], capture_output=True, timeout=300 * TIMES,
                                check=False, **limit)
        assert result.returncode == 0, (result.stdout + result.stderr[-4000:]).decode(errors="replace")
        assert not OWN_CRASH.search(result.stderr), result.stderr.decode(errors="replace")
        read, refused = [int(word) for word in result.stdout.split(b"\n")[1].split() if word.isdigit()]
        print(f"{kind} {path.name}: {read} read, {refused} refused")
        assert read + refused == rounds
        assert refused >= least_refused * rounds

    return run


@pytest.mark.parametrize("layout", ["scanline", "tiled"])
@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"])
def test_exr(fuzz, tmp_path, compression, layout):
    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    if layout == "tiled":
        header.update(type=OpenEXR.tiledimage, tiles=OpenEXR.TileDescription())
        header["tiles"].xSize, header["tiles"].ySize = 8, 16
    types = {"R": np.float16, "G": np.float16, "B": np.float32, "A": np.float16, "Z": np.float32, "id": np.uint32}
    pixels = np.broadcast_to(RANDOM.integers(0, 3, (17, 1)), (17, 12))  # simple, or it would not be compressed at all
    channels = {name: pixels.astype(dtype) for name, dtype in types.items()}
    OpenEXR.File(header, channels).write(str(tmp_path / "a.exr"))
    fuzz("frame", tmp_path / "a.exr")


def test_exr_parts(fuzz, tmp_path):
    OpenEXR.File([OpenEXR.Part({}, {name: RANDOM.random((5, 6)).astype(np.float32) for name in names}, part)
                  for part, names in {"rgba": "RGBA", "depth": "Z"}.items()]).write(str(tmp_path / "a.exr"))
    fuzz("frame", tmp_path / "a.exr")


def test_exr_luminance_and_chroma(fuzz, tmp_path):
    channels = {name: OpenEXR.Channel(RANDOM.random((6, 8)).astype(np.float16), *sampling)
                for name, sampling in {"Y": (1, 1), "RY": (2, 2), "BY": (2, 2)}.items()}
    header = {"chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329), "multiView": ["left", "right"],
              "comments": "of no interest", "timeCode": OpenEXR.TimeCode(), "capDate": "2026:01:01 00:00:00"}
    OpenEXR.File(header, channels).write(str(tmp_path / "a.exr"))
    fuzz("frame", tmp_path / "a.exr")


@pytest.mark.parametrize("convert", [np.ascontiguousarray, np.asfortranarray, lambda w: w.astype(">f8")])
def test_npy(fuzz, tmp_path, convert):
    np.save(tmp_path / "w.npy", convert(WEIGHTS))
    fuzz("weights", tmp_path / "w.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(fuzz, tmp_path, save):
    save(tmp_path / "w.npz", weight=WEIGHTS, other=np.arange(3))
    fuzz("weights", tmp_path / "w.npz")


def test_safetensors(fuzz, tmp_path):
    safetensors.numpy.save_file({"weight": WEIGHTS, "other": np.arange(3)}, tmp_path / "w.safetensors", {"K": "3"})
    fuzz("weights", tmp_path / "w.safetensors")


@pytest.mark.parametrize("name", ["assets/networks/kpn", *(f"tests/network/networks/{name}" for name in
                                                         ["single", "tiny", "uneven"])])
def test_network(fuzz, root, tmp_path, name):
    shutil.copy(root / f"{name}.safetensors", tmp_path / "n.safetensors")
    fuzz("network", tmp_path / "n.safetensors", rounds=90 if "kpn" in name else 900)


def gltf(uri):
    """A triangle with integers and colors for attributes, a material with all that is read, and its buffer."""
    data = struct.pack("<9hxx", 0, 0, 0, 9, 0, 0, 0, 9, 0) + bytes(range(12)) + struct.pack("<6H", *range(6))
    places = {"rotation": 0.5, "scale": [2, 2], "offset": [0.5, 0]}
    view = lambda offset, length: {"buffer": 0, "byteOffset": offset, "byteLength": length}
    accessor = lambda index, kind, code: {"bufferView": index, "count": 3, "type": kind, "componentType": code}
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0, 1]}],
        "nodes": [{"mesh": 0, "scale": [1, 2, 3]}, {"camera": 0, "translation": [0, 0, 9]}],
        "cameras": [{"type": "perspective", "perspective": {"yfov": 0.7, "znear": 0.1}}],
        "extensionsUsed": ["KHR_mesh_quantization", "KHR_texture_transform", "KHR_materials_emissive_strength"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "images": [{"uri": "no.png"}], "samplers": [{"wrapS": 33071}], "textures": [{"source": 0, "sampler": 0}],
        "materials": [{"alphaMode": "MASK", "emissiveFactor": [1, 1, 1],
                       "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 3}},
                       "pbrMetallicRoughness": {"baseColorTexture": {
                           "index": 0, "extensions": {"KHR_texture_transform": places}}}}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1, "TEXCOORD_0": 2}, "material": 0}]}],
        "accessors": [accessor(0, "VEC3", 5122), {**accessor(1, "VEC4", 5121), "normalized": True},
                      accessor(2, "VEC2", 5123)],
        "bufferViews": [view(0, 20), view(20, 12), view(32, 12)], "buffers": [{"byteLength": len(data), "uri": uri}]}
    return document, data


def write_scene(folder, kind):
    path = folder / f"s.{kind}"
    document, data = gltf("b%20c.bin")
    (folder / "b c.bin").write_bytes(data)
    if kind == "obj":
        (folder / "s.mtl").write_text("newmtl m\nKd 0.5 0.5 0.5\nKe 1 1 1\nmap_Kd -clamp on no.png\n")
        path.write_text("mtllib s.mtl\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\nvn 0 0 1\n"
                        "usemtl m\nf 1/1/1 2/2/1 3/3/1\n")
    elif kind == "gltf":
        path.write_text(json.dumps(document))
    else:
        del document["buffers"][0]["uri"]
        text = json.dumps(document).encode()
        text += b" " * (-len(text) % 4)
        path.write_bytes(struct.pack("<III", 0x46546C67, 2, 28 + len(text) + len(data))
                         + struct.pack("<II", len(text), 0x4E4F534A) + text
                         + struct.pack("<II", len(data), 0x004E4942) + data)
    return path


@pytest.mark.parametrize("kind", ["gltf", "glb"])
def test_gltf(fuzz, tmp_path, kind):
    fuzz(kind, write_scene(tmp_path, kind), least_refused=0)  # what is no JSON is for assimp to refuse


@pytest.mark.parametrize("kind", ["gltf", "glb", "obj"])
def test_scene(fuzz, tmp_path, kind):
    # Lines of an .obj that are left are an .obj; JSON has an end that says nothing
    least = 0 if kind == "obj" else 1 / 4
    fuzz("scene-binary" if kind == "glb" else "scene", write_scene(tmp_path, kind), rounds=90, least_refused=least)


@pytest.mark.parametrize("kind", ["pfm", "hdr", "hdr-flat", "png", "png-16"])
def test_picture(fuzz, tmp_path, kind):
    pixels = RANDOM.random((9, 8, 3)).astype(np.float32)
    path = tmp_path / f"a.{kind.split('-')[0]}"
    if path.suffix == ".pfm":
        test_pictures.write_pfm(path, pixels)
    elif path.suffix == ".hdr":
        test_pictures.write_hdr(path, test_pictures.to_rgbe(pixels), kind == "hdr")
    else:
        samples = np.uint8(255 * pixels) if kind == "png" else np.uint16(65535 * pixels)
        test_pictures.write_png(path, samples, 2, (b"gAMA", struct.pack(">I", 45455)))
    fuzz("picture", path)


def test_camera_path(fuzz, tmp_path):
    keys = [{"time": t, "eye": [0, 1, 5 + t], "target": [0, 1, 0], "fov": 40} for t in range(3)]
    keys[1].update(up=[0, 1, 0.1], aperture=0.01, focus=5)
    (tmp_path / "p.json").write_text(json.dumps({"loop": False, "keys": keys}))
    fuzz("camera-path", tmp_path / "p.json")
