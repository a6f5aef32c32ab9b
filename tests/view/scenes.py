"""Small scenes of the tests' own."""

import json
import struct

import numpy as np
from frames import ROOT

SCENES = ROOT / "assets" / "scenes"


def write_obj(path, lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def triangle(path, *more):
    """One white triangle, without light and camera."""
    return write_obj(path, ["v -1 0 0", "v 1 0 0", "v 0 1 0", "f 1 2 3", *more])


def write_glb(path, document, data):
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    path.write_bytes(
        struct.pack("<III", 0x46546C67, 2, 28 + len(text) + len(data))
        + struct.pack("<II", len(text), 0x4E4F534A) + text
        + struct.pack("<II", len(data), 0x004E4942) + data)
    return path


def waves(path, side):
    """A surface of 2 * side**2 triangles."""
    x, z = np.meshgrid(*2 * [np.linspace(-1, 1, side + 1, dtype=np.float32)])
    positions = np.stack([x, 0.2 * np.sin(9 * x) * np.cos(7 * z), z], -1).astype(np.float32).reshape(-1, 3)
    corner = np.arange(side * (side + 1), dtype=np.uint32).reshape(side, side + 1)[:, :-1].ravel()
    below = corner + side + 1
    indices = np.stack([corner, below, corner + 1, corner + 1, below, below + 1], -1).astype(np.uint32)
    views = [{"buffer": 0, "byteOffset": 0, "byteLength": positions.nbytes},
             {"buffer": 0, "byteOffset": positions.nbytes, "byteLength": indices.nbytes}]
    accessors = [{"bufferView": 0, "componentType": 5126, "count": len(positions), "type": "VEC3",
                  "min": positions.min(0).tolist(), "max": positions.max(0).tolist()},
                 {"bufferView": 1, "componentType": 5125, "count": indices.size, "type": "SCALAR"}]
    document = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
                "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
                "buffers": [{"byteLength": positions.nbytes + indices.nbytes}], "bufferViews": views,
                "accessors": accessors}
    return write_glb(path, document, positions.tobytes() + indices.tobytes())


def camera_path(path, eyes, target=(0, 1, 0), seconds_a_key=1 / 30):
    keys = [{"time": i * seconds_a_key, "eye": list(eye), "target": list(target), "fov": 40}
            for i, eye in enumerate(eyes)]
    path.write_text(json.dumps({"keys": keys}))
    return path
