"""The loss's terms, the schedule and the metrics from their formulas, in numpy."""

import math

import network_reference
import numpy as np
import pytest
import torch
from weighted_filter.network import Denoised, Frame
from weighted_filter.train import loss, metrics, schedule
from weighted_filter.train.augment import Batch


def srgb(x):
    x = np.clip(x, 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def logarithm(light):
    return np.sign(light) * np.log1p(np.abs(light))


def expected_terms(image, reference):
    """Of one image (3,H,W)."""
    log = logarithm(image) - logarithm(reference)
    coarse, small, small_reference = 0, image, reference
    for _ in range(3):
        small, small_reference = network_reference.down(small), network_reference.down(small_reference)
        coarse += np.abs(logarithm(small) - logarithm(small_reference)).mean()
    energy = math.log(max(image.mean(), 0) + 0.01) - math.log(reference.mean() + 0.01)
    return {"energy": abs(energy),
            "smape": (np.abs(image - reference) / (np.abs(image) + np.abs(reference) + 0.01)).mean(),
            "log": np.abs(log).mean(),
            "gradient": np.abs(np.diff(log, axis=1)).mean() + np.abs(np.diff(log, axis=2)).mean(),
            "psnr": math.log(((srgb(image) - srgb(reference)) ** 2).mean() + 1e-6), "coarse": coarse}


def test_terms():
    images = [torch.rand(2, 3, 9, 14, dtype=torch.float64) * 3 - 0.2 for _ in range(2)]
    reference, albedo, clean = (torch.rand(2, 3, 9, 14, dtype=torch.float64) for _ in range(3))
    exposure = torch.tensor([0.5, 2.0], dtype=torch.float64).view(2, 1, 1, 1)
    terms = loss.terms(Denoised(*images, albedo), Batch(Frame(*[None] * 4), reference, clean), exposure)
    assert set(terms) == set(loss.WEIGHTS)
    for name, value in terms.items():
        if name == "albedo":
            expected = (albedo - clean).abs().mean().item()
        else:
            expected = sum(expected_terms((factor * image[n]).numpy(), (factor * reference[n]).numpy())[name]
                           for image in images for n, factor in enumerate((0.5, 2.0))) / 2
        assert value.item() == pytest.approx(expected, rel=1e-9), name


def test_no_error_no_loss_and_gradients_are_finite():
    reference = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    reference[..., :4] = 0
    image = reference.clone().requires_grad_()
    terms = loss.terms(Denoised(image, image, image), Batch(Frame(*[None] * 4), reference, reference),
                       torch.ones(1, 1, 1, 1))
    assert all(value.item() == 0 for name, value in terms.items() if name != "psnr")
    assert terms["psnr"].item() == pytest.approx(2 * math.log(1e-6))
    gradient, = torch.autograd.grad(sum(terms.values()), image)
    assert gradient.isfinite().all()


def test_metrics():
    reference = np.random.default_rng(1).random((3, 8, 9))
    image = 1.1 * reference
    result = metrics.compare(image, reference)
    assert result["psnr"] == pytest.approx(-10 * math.log10(((srgb(image) - srgb(reference)) ** 2).mean()))
    assert result["smape"] == pytest.approx((0.1 * reference / (2.1 * reference + 0.01)).mean())
    assert result["relmse"] == pytest.approx(((0.1 * reference) ** 2 / (reference ** 2 + 1e-4)).mean())
    assert result["energy"] == pytest.approx(1.1)
    assert metrics.compare(reference, reference)["psnr"] == pytest.approx(120)


def test_schedule():
    assert schedule.rate(1e-3, 0, 99, 0) == pytest.approx(1e-5)
    assert schedule.rate(1e-3, 99, 99, 0) == pytest.approx(1e-3)
    assert schedule.rate(1e-3, 500, 99, 0.5) == pytest.approx(0.501e-3)
    assert schedule.rate(1e-3, 500, 0, 1) == schedule.rate(1e-3, 500, 0, 1.7) == pytest.approx(2e-6)
    assert schedule.average_weight(0.999, 0) == pytest.approx(0.9)
    assert schedule.average_weight(0.999, 10 ** 6) == pytest.approx(0.001)
