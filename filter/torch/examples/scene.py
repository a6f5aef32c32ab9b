"""A small renderer for the examples: random spheres on a plane, an area light and a sky, one light path a sample."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

SPHERES = 6
FAR = 20.0


def _hit(origin: Tensor, direction: Tensor, center: Tensor, radius: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest sphere of rays (N,R,3): distance, FAR where there is none, and which."""
    offset = origin[:, :, None] - center[:, None]
    b = (offset * direction[:, :, None]).sum(-1)
    discriminant = b * b - (offset * offset).sum(-1) + radius[:, None] ** 2
    distance = -b - discriminant.clamp(min=0).sqrt()
    return torch.where((discriminant > 0) & (distance > 1e-3), distance, FAR).min(-1)


def _pick(values: Tensor, index: Tensor) -> Tensor:
    return values.gather(1, index[..., None].expand(-1, -1, 3))


class Scenes:
    """A batch of them. `render` gives (N,S,C,H,W): color, and what a denoiser is guided by: albedo, normal, depth."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        def uniform(*size: int, low: float = 0.0, high: float = 1.0) -> Tensor:
            return torch.rand(*size, generator=generator) * (high - low) + low

        self.generator, self.count = generator, count
        self.radius = uniform(count, SPHERES, low=0.25, high=0.7)
        place = uniform(count, SPHERES, 3, low=-2.0, high=2.0)
        self.center = torch.stack([place[..., 0], self.radius - 1, place[..., 2] + 1], -1)
        self.albedo = uniform(count, SPHERES, 3, low=0.1, high=0.9)
        self.ground = uniform(count, 2, 3, low=0.1, high=0.9)
        self.light = torch.stack([uniform(count, low=-2, high=2), uniform(count, low=1.5, high=2.5),
                                  uniform(count, low=-1.5, high=0.5)], -1)

    def render(self, samples: int, height: int, width: int) -> dict[str, Tensor]:
        size = (self.count, samples * height * width)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        jitter = torch.rand(2, self.count, samples, height, width, generator=self.generator)
        x = (2 * (columns + jitter[0]) - width) / height
        y = (height - 2 * (rows + jitter[1])) / height
        direction = normalize(torch.stack([x, y - 0.6, torch.full_like(x, 2.0)], -1).flatten(1, 3), dim=-1)
        origin = torch.tensor([0.0, 0.6, -4.0]).expand(*size, 3)

        distance, sphere = _hit(origin, direction, self.center, self.radius)
        to_ground = torch.where(direction[..., 1] < 0, (-1 - origin[..., 1]) / direction[..., 1], FAR)
        on_ground = to_ground < distance
        distance = torch.minimum(distance, to_ground)[..., None]
        hit = distance < FAR
        point = origin + distance * direction
        up = torch.tensor([0.0, 1.0, 0.0])
        normal = torch.where(on_ground[..., None], up, normalize(point - _pick(self.center, sphere), dim=-1)) * hit
        tile = (point[..., 0].floor() + point[..., 2].floor()).long() % 2
        albedo = torch.where(on_ground[..., None], _pick(self.ground, tile), _pick(self.albedo, sphere))
        albedo = torch.where(hit, albedo, 1.0)

        outside = point + 1e-3 * normal
        random = torch.randn(2, *size, 3, generator=self.generator)
        to_light = self.light[:, None] + 0.5 * normalize(random[0], dim=-1) - outside
        far = to_light.norm(dim=-1, keepdim=True)
        lit = _hit(outside, to_light / far, self.center, self.radius)[0][..., None] > far
        from_light = lit * (normal * to_light / far).sum(-1, keepdim=True).clamp(min=0) * 6 / far**2
        to_sky = normalize(normal + normalize(random[1], dim=-1) + 1e-4, dim=-1)
        from_sky = (_hit(outside, to_sky, self.center, self.radius)[0][..., None] == FAR) * (to_sky[..., 1:2] > 0) * 0.5
        color = torch.where(hit, albedo * (from_light + from_sky), 0.7)

        def image(values: Tensor) -> Tensor:
            return values.unflatten(1, (samples, height, width)).movedim(-1, 2)

        return {"color": image(color), "albedo": image(albedo), "normal": image(normal), "depth": image(distance / FAR)}

    def reference(self, height: int, width: int, samples: int = 128) -> Tensor:
        """(N,3,H,W)."""
        return torch.stack([self.render(8, height, width)["color"].mean(1) for _ in range(samples // 8)]).mean(0)


def smape(image: Tensor, reference: Tensor) -> Tensor:
    return ((image - reference).abs() / (image.abs() + reference.abs() + 0.01)).mean()
