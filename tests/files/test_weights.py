"""Weights written by NumPy and safetensors are read value by value; everything else is refused with the numbers."""

import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest
import safetensors.numpy

HEIGHT, WIDTH = 7, 11
RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
KINDS = ["npy", "npz", "npz compressed", "safetensors"]
DTYPES = [np.float32, np.float16]


def random_weights(taps=9, dtype=np.float32, height=HEIGHT, width=WIDTH):
    return RANDOM.normal(0, 1, (taps, height, width)).astype(dtype)


def write(folder, kind, array, name="weight"):
    path = folder / f"w.{kind.split()[0]}"
    if kind == "npy":
        np.save(path, array)
    elif kind == "npz":
        np.savez(path, **{name: array})
    elif kind == "npz compressed":
        np.savez_compressed(path, **{name: array})
    else:
        safetensors.numpy.save_file({name: np.ascontiguousarray(array)}, path, {"K": "3"})
    return path


def read(dump, path, kernel=(0, 0), size=(WIDTH, HEIGHT)):
    header, rest = dump("weights", path, *kernel, *size)
    return header, np.frombuffer(rest, header["dtype"]).reshape(header["shape"])


def error(dump, path, kernel=(0, 0), size=(WIDTH, HEIGHT)):
    """The sentence without the path in front."""
    message = dump.error("weights", path, *kernel, *size)
    assert message.startswith(f"{path}: ")
    return message[len(f"{path}: ") :]


def check(dump, path, expected, kernel):
    header, values = read(dump, path, *([kernel] if kernel[0] != kernel[1] else []))
    assert header["kernel"] == list(kernel)
    assert values.dtype == expected.dtype
    np.testing.assert_array_equal(values, expected)


# ---- What is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 21])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_square(dump, tmp_path, kind, dtype, size, batch):
    weights = random_weights(size * size, dtype)
    check(dump, write(tmp_path, kind, weights[None] if batch else weights), weights, (size, size))


@pytest.mark.parametrize("kernel", [(3, 4), (1, 5), (4, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_rectangular(dump, tmp_path, kind, kernel):
    weights = random_weights(kernel[0] * kernel[1])
    check(dump, write(tmp_path, kind, weights), weights, kernel)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_versions(dump, tmp_path, version):
    weights = random_weights()
    with open(tmp_path / "w.npy", "wb") as file:
        np.lib.format.write_array(file, weights, version)
    check(dump, tmp_path / "w.npy", weights, (3, 3))


@pytest.mark.parametrize("kind", ["npz", "npz compressed", "safetensors"])
@pytest.mark.parametrize("name", ["weight", "weights", "anything"])
def test_names(dump, tmp_path, kind, name):
    weights = random_weights()
    check(dump, write(tmp_path, kind, weights, name), weights, (3, 3))


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
@pytest.mark.parametrize("name", ["weight", "weights"])
def test_several_arrays_one_named(dump, tmp_path, kind, name):
    weights = random_weights()
    path = tmp_path / f"w.{kind}"
    save = {"npz": lambda arrays: np.savez(path, **arrays),
            "safetensors": lambda arrays: safetensors.numpy.save_file(arrays, path)}[kind]
    save({"bias": random_weights(), name: weights, "zzz": random_weights()})
    check(dump, path, weights, (3, 3))


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_several_arrays_one_fits(dump, tmp_path, kind):
    weights = random_weights()
    arrays = {"a": random_weights(height=HEIGHT + 1), "b": random_weights(8), "c": weights,
              "d": weights.astype(np.float64), "e": np.arange(4)}
    if kind == "npz":
        np.savez(tmp_path / "w.npz", **arrays)
    else:
        safetensors.numpy.save_file(arrays, tmp_path / "w.safetensors")
    check(dump, tmp_path / f"w.{kind}", weights, (3, 3))


# ---- What is converted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape",
                         [(9, HEIGHT, WIDTH), (1, 9, HEIGHT, WIDTH), (HEIGHT, WIDTH, 9), (1, HEIGHT, WIDTH, 9)],
                         ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", ">f2", "<f8", ">f8", "=f4"])
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_every_order_and_type(dump, tmp_path, kind, dtype, order, shape):
    array = RANDOM.normal(0, 1, shape).astype(dtype)
    planes = array.reshape(shape[-3:])
    expected = np.moveaxis(planes, 2, 0) if shape[-1] == 9 else planes
    path = write(tmp_path, kind, np.asarray(array, order=order))
    check(dump, path, expected.astype(np.float16 if "f2" in dtype else np.float32), (3, 3))


def bfloat16(array):
    """Their bits: the upper halves of float32's."""
    return (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


@pytest.mark.parametrize("kind", ["npy", "safetensors"])
def test_bfloat16(dump, tmp_path, kind):
    bits = bfloat16(random_weights())
    if kind == "npy":
        np.save(tmp_path / "w.npy", bits.view("V2"))
    else:
        header = json.dumps({"w": {"dtype": "BF16", "shape": [9, HEIGHT,
                                                              WIDTH], "data_offsets": [0, bits.nbytes]}}).encode()
        (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bits.tobytes())
    check(dump, tmp_path / f"w.{kind}", (bits.astype(np.uint32) << 16).view(np.float32), (3, 3))


def test_float64_in_safetensors(dump, tmp_path):
    weights = random_weights(dtype=np.float64)
    check(dump, write(tmp_path, "safetensors", weights), weights.astype(np.float32), (3, 3))


def test_every_half_swapped(dump, tmp_path):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    weights = halves[np.isfinite(halves)].reshape(1, 62, 1024)
    np.save(tmp_path / "w.npy", weights.astype(">f2"))
    _, values = read(dump, tmp_path / "w.npy", size=(1024, 62))
    assert values.tobytes() == weights.tobytes()


def test_python_2_numbers(dump, tmp_path):
    (tmp_path / "w.npy").write_bytes(npy(GOOD.replace(b"(9, 7, 11)", b"(9L, 7L, 11L)")))
    check(dump, tmp_path / "w.npy", np.zeros((9, HEIGHT, WIDTH), np.float32), (3, 3))


def test_planes_where_both_orders_fit(dump, tmp_path):
    """What is documented first is taken: (K*K,H,W)."""
    weights = random_weights(9, height=9, width=9)
    np.save(tmp_path / "w.npy", weights)
    _, values = read(dump, tmp_path / "w.npy", size=(9, 9))
    np.testing.assert_array_equal(values, weights)


def test_planes_last_that_are_no_kernel(dump, tmp_path):
    np.save(tmp_path / "w.npy", np.zeros((HEIGHT, WIDTH, 24), np.float32))
    assert error(dump, tmp_path / "w.npy") == (
        "24 taps are no square kernel of 1x1 to 255x255; --kernel-size KhxKw names another one")


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_array_asked_for(dump, tmp_path, kind):
    arrays = {"a": random_weights(), "weight": random_weights(), "b.c": random_weights(dtype=np.float16)}
    path = tmp_path / f"w.{kind}"
    np.savez(path, **arrays) if kind == "npz" else safetensors.numpy.save_file(arrays, path)
    for name, array in arrays.items():
        check(dump, f"{path}:{name}", array, (3, 3))
    message = dump.error("weights", f"{path}:d", 0, 0, WIDTH, HEIGHT)
    names = ", ".join(arrays if kind == "npz" else sorted(arrays, key=lambda name: message.index(name)))
    assert message == f"{path}: no array d among {names}"


def test_array_asked_for_of_one_without_a_name(dump, tmp_path):
    path = write(tmp_path, "npy", random_weights())
    assert dump.error("weights", f"{path}:w", 0, 0, WIDTH, HEIGHT) == f"{path}: no array w among arrays without names"


def test_file_with_a_colon(dump, tmp_path):
    weights = random_weights()
    np.save(tmp_path / "a:b.npy", weights)
    check(dump, tmp_path / "a:b.npy", weights, (3, 3))


def test_every_half(dump, tmp_path):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    weights = halves[np.isfinite(halves)].reshape(1, 62, 1024)
    np.save(tmp_path / "w.npy", weights)
    _, values = read(dump, tmp_path / "w.npy", size=(1024, 62))
    assert values.tobytes() == weights.tobytes()


# ---- What is refused -------------------------------------------------------------------------------------------------


def test_missing(dump, tmp_path):
    assert error(dump, tmp_path / "w.npy") == "cannot open: No such file or directory"


def test_directory(dump, tmp_path):
    (tmp_path / "w.npz").mkdir()
    assert error(dump, tmp_path / "w.npz") == "cannot open: not a regular file"


def test_other_extension(dump, tmp_path):
    assert error(dump, tmp_path / "w.pt") == "expected a .npy, .npz or .safetensors file"


@pytest.mark.parametrize("kind", KINDS)
def test_other_size(dump, tmp_path, kind):
    message = error(dump, write(tmp_path, kind, random_weights()), size=(WIDTH + 1, HEIGHT - 2))
    assert message.endswith("its weights are for 11x7 pixels, the frame has 12x5: (K*K,5,12), not (9,7,11)")


@pytest.mark.parametrize("kind", KINDS)
def test_no_square(dump, tmp_path, kind):
    message = error(dump, write(tmp_path, kind, random_weights(24)))
    assert message.endswith("24 taps are no square kernel of 1x1 to 255x255; --kernel-size KhxKw names another one")


@pytest.mark.parametrize("kind", KINDS)
def test_other_kernel(dump, tmp_path, kind):
    message = error(dump, write(tmp_path, kind, random_weights(24)), kernel=(5, 5))
    assert message.endswith("24 taps, a 5x5 kernel needs 25")


def test_kernel_too_large(dump, tmp_path):
    np.save(tmp_path / "w.npy", np.zeros((256 * 256, 1, 1), np.float32))
    assert "65536 taps are no square kernel of 1x1 to 255x255" in error(dump, tmp_path / "w.npy", size=(1, 1))


@pytest.mark.parametrize("shape", [(9, HEIGHT), (2, 9, HEIGHT, WIDTH), (1, 3, 3, HEIGHT, WIDTH), (9,)])
@pytest.mark.parametrize("kind", KINDS)
def test_other_rank(dump, tmp_path, kind, shape):
    message = error(dump, write(tmp_path, kind, np.zeros(shape, np.float32)))
    text = "(" + ",".join(map(str, shape)) + ")"
    assert message.endswith(f"its shape is {text}, a frame of {WIDTH}x{HEIGHT} needs (K*K,{HEIGHT},{WIDTH})")


@pytest.mark.parametrize("dtype,npy,safe", [(np.int64, "<i8", "I64"), (np.int32, "<i4", "I32"), (bool, "|b1", "BOOL")])
@pytest.mark.parametrize("kind", KINDS)
def test_other_type(dump, tmp_path, kind, dtype, npy, safe):
    message = error(dump, write(tmp_path, kind, np.zeros((9, HEIGHT, WIDTH), dtype)))
    name = safe if kind == "safetensors" else npy
    assert message.endswith(f"its elements are {name}, expected float16, bfloat16, float32 or float64")


@pytest.mark.parametrize("dtype", [">i4", "<c8", "<f16", "O", "V3", [("a", "<f4"), ("b", "<f4")]])
def test_other_numpy_type(dump, tmp_path, dtype):
    np.save(tmp_path / "w.npy", np.zeros((9, HEIGHT, WIDTH), dtype), allow_pickle=True)
    assert "expected float16, bfloat16, float32 or float64" in error(dump, tmp_path / "w.npy")


@pytest.mark.parametrize("value", [1e39, -1e300])
def test_beyond_float32(dump, tmp_path, value):
    weights = random_weights(dtype=np.float64)
    weights[4, 5, 6] = value
    np.save(tmp_path / "w.npy", weights)
    assert error(dump, tmp_path / "w.npy") == (
        "1 of its weights are NaN or infinite as float32, the first is tap 4 of pixel x=6 y=5")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_not_finite(dump, tmp_path, kind, dtype, value):
    weights = random_weights(dtype=dtype)
    weights[4, 5, 6] = weights[5, 0, 0] = weights[8, 6, 10] = value
    message = error(dump, write(tmp_path, kind, weights))
    assert message.endswith("3 of its weights are NaN or infinite, the first is tap 4 of pixel x=6 y=5")


@pytest.mark.parametrize("arrays,fitting", [(["a", "b"], 2), (["a", "x", "c"], 2), (["x", "y"], 0)])
@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_several_arrays(dump, tmp_path, kind, arrays, fitting):
    arrays = {name: random_weights(8 if name in "xy" else 9) for name in arrays}
    if kind == "npz":
        np.savez(tmp_path / "w.npz", **arrays)
    else:
        safetensors.numpy.save_file(arrays, tmp_path / "w.safetensors")
    assert error(dump, tmp_path / f"w.{kind}") == (
        f'{fitting} of its {len(arrays)} arrays fit a frame of 11x7; name the one to use "weight", or ask '
        "for FILE:NAME")


def test_array_is_named(dump, tmp_path):
    assert error(dump, write(tmp_path, "npz", random_weights(24), "kernels")).startswith("array kernels: 24 taps")
    assert error(dump, write(tmp_path, "safetensors", random_weights(24), "k")).startswith("array k: 24 taps")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fraction", [0, 0.001, 0.01, 0.03, 0.1, 0.5, 0.9, 0.999])
def test_truncated(dump, tmp_path, kind, fraction):
    path = write(tmp_path, kind, random_weights(25))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    error(dump, path)


def test_truncated_numbers(dump, tmp_path):
    path = write(tmp_path, "npy", random_weights())
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    assert error(dump, path) == "2767 bytes of elements, its shape (9,7,11) needs 2772"
    path.write_bytes(content + b"1")
    assert error(dump, path) == "2773 bytes of elements, its shape (9,7,11) needs 2772"
    path.write_bytes(content[:100])
    assert error(dump, path) == "truncated in its NumPy header: 100 of 128 bytes"


def test_not_enough_memory(dump, tmp_path):
    """A sparse file: a hole of 2 GB."""
    path = tmp_path / "w.npy"
    size = 4 * 255 * 255 * 100 * 80
    header = npy(GOOD.replace(b"(9, 7, 11)", b"(65025, 80, 100)"), data=b"")
    path.write_bytes(header)
    with open(path, "r+b") as file:
        file.truncate(len(header) + size)
    message = dump.error("weights", path, 0, 0, 100, 80, megabytes=1024)
    assert message == f"{path}: not enough memory for {size} bytes of weights"


# ---- NumPy headers ---------------------------------------------------------------------------------------------------


def npy(header, version=1, data=bytes(4 * 9 * HEIGHT * WIDTH), length=None):
    length = len(header) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", length) + header + data


GOOD = b"{'descr': '<f4', 'fortran_order': False, 'shape': (9, 7, 11), }\n"


def test_npy_by_hand(dump, tmp_path):
    """The headers that follow differ from this one, which is read."""
    (tmp_path / "w.npy").write_bytes(npy(GOOD))
    check(dump, tmp_path / "w.npy", np.zeros((9, HEIGHT, WIDTH), np.float32), (3, 3))


@pytest.mark.parametrize("header", [
    b"", b"{}", b"\0" * 60, GOOD.replace(b"descr", b"dscr"), GOOD.replace(b"fortran_order", b"order"),
    GOOD.replace(b"shape", b"size"), GOOD.replace(b"(9, 7, 11)", b"[9, 7, 11]"), GOOD.replace(b"11)", b"-11)"),
    GOOD.replace(b"11)", b"eleven)"), GOOD.replace(b"11), }\n", b"11"),
    GOOD.replace(b"9,", b"99999999999999999999999,"), GOOD.replace(b"9,", b"9," * 9)])
def test_npy_header(dump, tmp_path, header):
    (tmp_path / "w.npy").write_bytes(npy(header))
    assert error(dump, tmp_path / "w.npy") == "a NumPy header that cannot be understood"


def test_npy_sizes_that_overflow(dump, tmp_path):
    (tmp_path / "w.npy").write_bytes(npy(GOOD.replace(b"9, 7, 11", b"4611686018427387913, 7, 11")))
    assert "4611686018427387913 taps are no square kernel" in error(dump, tmp_path / "w.npy")


@pytest.mark.parametrize("version", [0, 4, 255])
def test_npy_version(dump, tmp_path, version):
    (tmp_path / "w.npy").write_bytes(npy(GOOD, version))
    assert error(dump, tmp_path / "w.npy") == f"NumPy format version {version}, expected 1, 2 or 3"


@pytest.mark.parametrize("length", [70000, (1 << 32) - 1])
def test_npy_header_length(dump, tmp_path, length):
    (tmp_path / "w.npy").write_bytes(npy(GOOD, 2, length=length))
    assert error(dump, tmp_path / "w.npy") == f"a NumPy header of {length} bytes, at most 65536 are read"


def test_npy_without_magic(dump, tmp_path):
    (tmp_path / "w.npy").write_bytes(b"PK\3\4" + bytes(30))
    assert error(dump, tmp_path / "w.npy") == "no NumPy header at its start (34 bytes in all)"


# ---- Archives --------------------------------------------------------------------------------------------------------


def array_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"PK", b"nothing of the kind" * 20])
def test_no_archive(dump, tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    assert error(dump, tmp_path / "w.npz").startswith("not a readable .npz archive: ")


def test_empty_archive(dump, tmp_path):
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("readme.txt", "no array")
    assert error(dump, tmp_path / "w.npz") == "holds no arrays"


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archive_with_wrong_checksum(dump, tmp_path, kind):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("weight.npy", array_bytes(np.zeros((9, HEIGHT, WIDTH), np.float32)))
    checksum = struct.pack("<I", zipfile.ZipFile(path).getinfo("weight.npy").CRC)
    path.write_bytes(path.read_bytes().replace(checksum, b"\1\2\3\4"))
    assert error(dump, path).startswith("array weight: ")


def test_archive_with_other_content(dump, tmp_path):
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("weight.npy", b"not an array at all")
    assert error(dump, tmp_path / "w.npz") == "array weight: no NumPy header at its start (19 bytes in all)"


def test_archive_with_other_files(dump, tmp_path):
    weights = random_weights()
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("readme.txt", "not an array")
        archive.writestr("folder/w.npy", array_bytes(weights))
    check(dump, tmp_path / "w.npz", weights, (3, 3))


# ---- safetensors headers ---------------------------------------------------------------------------------------------


DATA = bytes(4 * 9 * HEIGHT * WIDTH)


def tensor(**changes):
    return {"dtype": "F32", "shape": [9, HEIGHT, WIDTH], "data_offsets": [0, len(DATA)], **changes}


def safe(header, data=DATA, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_safetensors_by_hand(dump, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safe({"__metadata__": {"a": "b"}, "w": tensor()}))
    check(dump, tmp_path / "w.safetensors", np.zeros((9, HEIGHT, WIDTH), np.float32), (3, 3))


@pytest.mark.parametrize("changes", [
    {"dtype": 4}, {"dtype": None}, {"shape": 9}, {"shape": [9, 7, -11]}, {"shape": [9, 7, 11.5]},
    {"shape": ["9", 7, 11]}, {"shape": [9, 7, 1e300]}, {"shape": [1] * 9}, {"data_offsets": 0}, {"data_offsets": [0]},
    {"data_offsets": [0, 1, 2]}, {"data_offsets": [-1, 5]}, {"data_offsets": ["0", "2772"]}])
def test_safetensors_entry(dump, tmp_path, changes):
    (tmp_path / "w.safetensors").write_bytes(safe({"w": tensor(**changes)}))
    assert error(dump, tmp_path / "w.safetensors") == "array w: its header cannot be understood"


@pytest.mark.parametrize("entry", [1, [], {}, "F32", None])
def test_safetensors_entry_of_another_kind(dump, tmp_path, entry):
    (tmp_path / "w.safetensors").write_bytes(safe({"w": entry}))
    assert error(dump, tmp_path / "w.safetensors") == "array w: its header cannot be understood"


@pytest.mark.parametrize("begin,end", [(0, 2773), (10, 5), (1 << 53, 1 << 53), (2773, 2773)])
def test_safetensors_offsets(dump, tmp_path, begin, end):
    (tmp_path / "w.safetensors").write_bytes(safe({"w": tensor(data_offsets=[begin, end])}))
    assert error(dump, tmp_path / "w.safetensors") == f"array w: bytes {begin} to {end} of 2772"


def test_safetensors_bounds_of_arrays_not_used(dump, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safe({"weight": tensor(), "other": tensor(data_offsets=[0, 9999])}))
    assert error(dump, tmp_path / "w.safetensors") == "array other: bytes 0 to 9999 of 2772"


@pytest.mark.parametrize("begin,end", [(0, 2768), (4, 2772), (5, 5)])
def test_safetensors_bytes_and_shape(dump, tmp_path, begin, end):
    (tmp_path / "w.safetensors").write_bytes(safe({"w": tensor(data_offsets=[begin, end])}))
    assert error(dump, tmp_path / "w.safetensors") == (
        f"array w: {end - begin} bytes of elements, its shape (9,7,11) needs 2772")


@pytest.mark.parametrize("length", [1 << 20, (1 << 64) - 1, 1 << 63])
def test_safetensors_header_length(dump, tmp_path, length):
    content = safe({"w": tensor()}, length=length)
    (tmp_path / "w.safetensors").write_bytes(content)
    assert error(dump, tmp_path / "w.safetensors") == f"a header of {length} bytes in a file of {len(content)}"


def test_safetensors_header_too_long(dump, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safe(b" " * (5 << 20)))
    assert error(dump, tmp_path / "w.safetensors") == f"a header of {5 << 20} bytes, at most {4 << 20} are read"


@pytest.mark.parametrize("header", [b"", b"[]", b"3", b"{", b'{"w":', b"\0\0", b"[" * 5000])
def test_safetensors_header(dump, tmp_path, header):
    (tmp_path / "w.safetensors").write_bytes(safe(header))
    assert error(dump, tmp_path / "w.safetensors") == "its header is not a JSON object"


def test_safetensors_without_arrays(dump, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safe({"__metadata__": {}}))
    assert error(dump, tmp_path / "w.safetensors") == "holds no arrays"


def test_safetensors_too_short(dump, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"1234567")
    assert error(dump, tmp_path / "w.safetensors") == "truncated: 7 bytes, its header needs more"
