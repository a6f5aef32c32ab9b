"""The examples: on small inputs for a few steps they already denoise what they have not seen."""

import importlib
import pathlib

import pytest
import torch

EXAMPLES = pathlib.Path(__file__).parents[2] / "filter" / "torch" / "examples"


@pytest.fixture
def example(request, monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    module = importlib.import_module(request.param)
    monkeypatch.setattr(module, "SIZE", 32)
    return module


@pytest.mark.parametrize("example, arguments", [
    ("denoiser", ["--steps", "40"]),
    ("sample_splat", ["--steps", "40"]),
    ("layers", ["--steps", "60"]),
], indirect=["example"], ids=["denoiser", "sample_splat", "layers"])
def test_denoises(example, arguments, capsys):
    before, after = example.main(arguments)
    assert 0.01 < before and after < 0.8 * before
    assert f"noisy {before:.4f}, denoised {after:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize("example", ["sample_splat"], indirect=True)
def test_progressive_is_the_same(example):
    samples = example.Scenes(1, torch.Generator().manual_seed(1)).render(4, 24, 32)
    model = example.SampleSplat()
    whole, merged = (model(samples, progressive) for progressive in (False, True))
    torch.testing.assert_close(merged, whole)
    gradients = [torch.autograd.grad(output.square().mean(), list(model.parameters())) for output in (whole, merged)]
    for a, b in zip(*gradients):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-7)


def test_length():
    for file in EXAMPLES.glob("*.py"):
        assert len(file.read_text().splitlines()) < 120
