"""Writes meshes, materials and textures (numpy arrays) as one .glb file."""

import json
import struct
import zlib

import numpy as np

FLOAT, UINT = 5126, 5125


def png(pixels):
    """PNG bytes of an (H,W,3) or (H,W,4) uint8 array."""
    height, width, channels = pixels.shape
    left = np.zeros_like(pixels)
    left[:, 1:] = pixels[:, :-1]
    rows = np.empty((height, 1 + width * channels), np.uint8)
    rows[:, 0] = 1  # filter: difference to the left
    rows[:, 1:] = (pixels - left).reshape(height, -1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) +
            chunk(b"IEND", b""))


class Scene:
    """A glTF scene that grows: textures, materials, meshes, nodes, a camera."""

    def __init__(self, name):
        self.binary = bytearray()
        self.extensions = set()
        self.json = {
            "asset": {"version": "2.0", "generator": "assets/scenes/make.py", "copyright": "CC0 1.0 Universal"},
            "scene": 0, "scenes": [{"name": name, "nodes": []}], "nodes": [], "meshes": [], "materials": [],
            "accessors": [], "bufferViews": [], "images": [], "textures": [], "cameras": [],
            "samplers": [{"magFilter": 9729, "minFilter": 9729, "wrapS": 10497, "wrapT": 10497}],
        }

    def _add(self, kind, item):
        self.json[kind].append(item)
        return len(self.json[kind]) - 1

    def _view(self, data):
        self.binary += b"\0" * (-len(self.binary) % 4)
        view = self._add("bufferViews", {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)})
        self.binary += data
        return view

    def _accessor(self, array, kind):
        item = {"bufferView": self._view(array.tobytes()), "count": len(array), "type": kind,
                "componentType": FLOAT if array.dtype == np.float32 else UINT}
        if kind == "VEC3":
            item.update(min=array.min(0).tolist(), max=array.max(0).tolist())
        return self._add("accessors", item)

    def texture(self, pixels):
        """An (H,W,C) array of values in [0,1], encoded as they are."""
        data = png(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
        image = self._add("images", {"bufferView": self._view(data), "mimeType": "image/png"})
        return {"index": self._add("textures", {"source": image, "sampler": 0})}

    def _extension(self, material, name, value):
        self.extensions.add(name)
        material.setdefault("extensions", {})[name] = value

    def material(self, name, color=(0.8, 0.8, 0.8), *, metallic=0.0, roughness=1.0, base=None, surface=None,
                 normal=None, emission=None, strength=1.0, transmission=0.0, ior=None, cutout=False):
        """base, surface and normal are textures; emission times strength is radiance."""
        pbr = {"baseColorFactor": [*map(float, color), 1.0], "metallicFactor": metallic, "roughnessFactor": roughness}
        if base:
            pbr["baseColorTexture"] = base
        if surface:
            pbr["metallicRoughnessTexture"] = surface
        material = {"name": name, "pbrMetallicRoughness": pbr, "doubleSided": True}
        if normal:
            material["normalTexture"] = normal
        if cutout:
            material.update(alphaMode="MASK", alphaCutoff=0.5)
        if emission:
            material["emissiveFactor"] = list(map(float, emission))
            self._extension(material, "KHR_materials_emissive_strength", {"emissiveStrength": float(strength)})
        if transmission:
            self._extension(material, "KHR_materials_transmission", {"transmissionFactor": float(transmission)})
        if ior:
            self._extension(material, "KHR_materials_ior", {"ior": float(ior)})
        return self._add("materials", material)

    def mesh(self, shape, material):
        """A mesh to be placed, perhaps several times."""
        positions, normals, uvs, indices = shape
        attributes = {"POSITION": self._accessor(positions.astype(np.float32), "VEC3"),
                      "NORMAL": self._accessor(normals.astype(np.float32), "VEC3"),
                      "TEXCOORD_0": self._accessor(uvs.astype(np.float32), "VEC2")}
        primitive = {"attributes": attributes, "material": material,
                     "indices": self._accessor(indices.astype(np.uint32).reshape(-1), "SCALAR")}
        return self._add("meshes", {"primitives": [primitive]})

    def place(self, mesh, at=(0, 0, 0), scale=(1, 1, 1), turn=0.0):
        """turn is about the vertical axis, in degrees."""
        half = np.radians(turn) / 2
        scale = [scale] * 3 if np.isscalar(scale) else scale
        node = {"mesh": mesh, "translation": list(map(float, at)), "scale": list(map(float, scale)),
                "rotation": [0.0, float(np.sin(half)), 0.0, float(np.cos(half))]}
        self.json["scenes"][0]["nodes"].append(self._add("nodes", node))

    def camera(self, eye, target, fov):
        """fov is the vertical angle in degrees."""
        eye, target = np.asarray(eye, float), np.asarray(target, float)
        back = (eye - target) / np.linalg.norm(eye - target)
        right = np.cross((0, 1, 0), back)
        right /= np.linalg.norm(right)
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = right, np.cross(back, right), back, eye
        camera = self._add("cameras", {"type": "perspective",
                                       "perspective": {"yfov": float(np.radians(fov)), "znear": 0.01}})
        node = {"name": "camera", "camera": camera, "matrix": [float(x) for x in matrix.T.reshape(-1)]}
        self.json["scenes"][0]["nodes"].append(self._add("nodes", node))

    def write(self, path):
        self.json["buffers"] = [{"byteLength": len(self.binary)}]
        if self.extensions:
            self.json["extensionsUsed"] = sorted(self.extensions)
        text = json.dumps({key: value
                           for key, value in self.json.items() if value != []}, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        binary = bytes(self.binary) + b"\0" * (-len(self.binary) % 4)
        with open(path, "wb") as file:
            file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary)))
            file.write(struct.pack("<I4s", len(text), b"JSON") + text)
            file.write(struct.pack("<I4s", len(binary), b"BIN\0") + binary)
