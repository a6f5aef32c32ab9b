"""What is compared: each method takes a render and its layers and gives a picture, (H,W,3) float32 linear radiance.

The network runs in one of two engines, which give the same pictures: wfview, as it is shipped, or PyTorch, as it is
trained.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import renders

NAMES = ("noisy", "bilateral", "gather", "splat", "oidn", "oidn_best")
NETWORK = ("gather", "splat")
TITLES = {"noisy": "noisy", "bilateral": "bilateral", "gather": "gather", "splat": "splat", "oidn": "OIDN",
          "oidn_best": "OIDN, prefiltered", "reference": "reference"}


class Wfview:
    """Pictures that wfview saves."""

    def __init__(self, program, backend, arguments):
        self.command = [str(program), "--headless", "--backend", backend, *arguments]

    def pictures(self, render, layers):
        """Gather and splat of one frame."""
        with tempfile.TemporaryDirectory() as folder:
            command = [*self.command, "--save", folder, str(render.frame)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise RuntimeError(result.stderr.strip() or f"{self.command[0]}: ended with status {result.returncode}")
            found = {}
            for name in NETWORK:
                files = list(pathlib.Path(folder).glob(f"{name}*.exr"))
                if len(files) != 1:
                    raise RuntimeError(f"{' '.join(command)}: saved {len(files)} pictures of {name}")
                found[name] = renders.read(files[0])["color"]
            return found


class Torch:
    """weighted_filter.network, on PyTorch."""

    def __init__(self, network, device):
        import torch
        from weighted_filter.network import load_network

        self.torch, self.device = torch, device
        self.network = load_network(network)[0].to(device)

    def pictures(self, render, layers):
        from weighted_filter.network import Frame, denoise

        def planes(layer, channels):
            if layer is None:
                layer = np.zeros((*layers["color"].shape[:2], channels), np.float32)
            return self.torch.from_numpy(np.atleast_3d(layer).transpose(2, 0, 1).copy())[None].to(self.device)

        frame = Frame(*(planes(layers[name], 1 if name == "depth" else 3) for name in Frame._fields))
        denoised = denoise(self.network, frame)
        return {name: getattr(denoised, name)[0].permute(1, 2, 0).float().cpu().numpy() for name in NETWORK}


class Cache:
    """Pictures that depend on files and a text alone are made once."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, key, render, make):
        state = hashlib.sha256("\n".join(key).encode())
        state.update(render.frame.read_bytes())
        path = self.folder / f"{render.name}-{state.hexdigest()[:24]}.npy"
        if path.is_file():
            return np.load(path)
        picture = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.npy")
        np.save(part, picture)
        part.replace(path)
        return picture


class Methods:
    """wfview: its path; network: a file, or None (wfview's engine then takes the bundled one where it has one)."""

    def __init__(self, names, wfview, backend="cpu", engine="wfview", network=None, device="cpu", cache=None):
        self.names, self.cache, self.oidn = names, cache, None
        self.bilateral = Wfview(wfview, backend, ["--predictor", "bilateral"])
        if not set(names) & set(NETWORK):
            self.engine = None
        elif engine == "torch":
            self.engine = Torch(network, device)
        else:
            self.engine = Wfview(wfview, backend,
                                 ["--predictor", "kpn", *(["--network", str(network)] if network else [])])

    def _oidn(self, name, render, layers):
        import oidn

        def make():
            self.oidn = self.oidn or oidn.Oidn()
            return self.oidn.default(layers) if name == "oidn" else self.oidn.best(layers)

        return self.cache((name, oidn.version()), render, make)

    def pictures(self, render, layers):
        """By name, in the order of NAMES."""
        network = self.engine.pictures(render, layers) if self.engine else {}
        found = {}
        for name in (name for name in NAMES if name in self.names):
            if name == "noisy":
                found[name] = layers["color"]
            elif name == "bilateral":
                found[name] = self.bilateral.pictures(render, layers)["gather"]
            elif name in NETWORK:
                found[name] = network[name]
            else:
                found[name] = self._oidn(name, render, layers)
        return found


def add_torch_package():
    """Lets weighted_filter be imported from this tree where it is not installed."""
    source = renders.ROOT / "filter" / "torch" / "src"
    library = renders.ROOT / "build" / "filter" / "libwf.so"
    if str(source) not in sys.path:
        sys.path.insert(0, str(source))
    if library.is_file():
        os.environ.setdefault("WEIGHTED_FILTER_LIBRARY", str(library))
