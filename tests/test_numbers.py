"""Random numbers of tests: a module's RANDOM begins anew with each, so that WF_SEED repeats a failed one by itself."""

import zlib

import numpy as np
import pytest

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("name", ["one", "another"])
def test_begins_anew(request, name):
    expected = np.random.default_rng([7, zlib.crc32(f"test_begins_anew[{name}]".encode())]).random(4)
    np.testing.assert_array_equal(RANDOM.random(4), expected)
    assert request.node.name == f"test_begins_anew[{name}]"
