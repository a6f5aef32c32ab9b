"""Tests that take `device` run on CPU and GPU; where there is no GPU they skip, or with WF_REQUIRE_DEVICES=1 fail."""

import os
import zlib

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when PyTorch is imported: tests often share their cores

import pytest  # noqa: E402
import torch  # noqa: E402

torch.backends.cudnn.allow_tf32 = False  # networks are compared in float32


def need_gpu():
    if torch.cuda.is_available():
        return
    if os.environ.get("WF_REQUIRE_DEVICES") == "1":
        pytest.fail("there is no GPU, and WF_REQUIRE_DEVICES is 1")
    pytest.skip("there is no GPU")


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    if request.param == "cuda":
        need_gpu()
    return request.param


@pytest.fixture
def gpu():
    need_gpu()
    return "cuda"


@pytest.fixture(autouse=True)
def seed(request):
    """Fresh numbers in every run, repeated with WF_SEED whichever tests are selected."""
    torch.manual_seed(zlib.crc32(f"{os.environ['WF_SEED']} {request.node.name}".encode()))
