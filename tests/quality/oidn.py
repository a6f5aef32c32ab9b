"""Intel Open Image Denoise on the CPU, through PyPI's pyoidn: at its best quality, used as its documentation says."""

import importlib.metadata

import numpy as np


def version():
    return importlib.metadata.version("pyoidn")


class Oidn:
    """One CPU device, used again."""

    def __init__(self):
        import pyoidn

        self.library = pyoidn
        self.device = pyoidn.Device(pyoidn.OIDN_DEVICE_TYPE_CPU)
        self.device.commit()
        self.check()

    def check(self):
        error = self.device.get_error()
        if error:
            raise RuntimeError(f"Open Image Denoise: {error}")

    def filter(self, images, **flags):
        """images: what the RT filter takes, by name, (H,W,3) float32; returns its output."""
        images = {name: np.ascontiguousarray(image, np.float32) for name, image in images.items() if image is not None}
        output = np.empty_like(next(iter(images.values())))
        with self.library.Filter(self.device, "RT") as rt:
            for name, image in {**images, "output": output}.items():
                rt.set_image(name, image, self.library.OIDN_FORMAT_FLOAT3)
            for name, value in flags.items():
                rt.set_bool(name, value)
            rt.set_quality(self.library.OIDN_QUALITY_HIGH)
            rt.commit()
            rt.execute()
            self.check()
        return output

    def default(self, layers):
        """Color with albedo and normal as the renderer wrote them."""
        return self.filter({name: layers[name] for name in ("color", "albedo", "normal")}, hdr=True)

    def best(self, layers):
        """Albedo and normal each filtered first, then taken as free of noise."""
        guides = {name: self.filter({name: layers[name]}) for name in ("albedo", "normal") if layers[name] is not None}
        return self.filter({"color": layers["color"], **guides}, hdr=True, cleanAux=len(guides) > 0)
