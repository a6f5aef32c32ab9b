"""A run on disk, so that it may be cut anywhere."""

from __future__ import annotations

import json
import os
import pathlib

import torch

VERSION = 2


def save(path: pathlib.Path, state: dict) -> None:
    """At once or not at all."""
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        torch.save({"version": VERSION, **state}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load(path: pathlib.Path, identity: dict) -> dict | None:
    """None: there is none. ValueError: it is damaged, or of a run with other settings."""
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        version = state["version"]
    except Exception as error:
        raise ValueError(f"{path}: is no checkpoint: {str(error).splitlines()[0]}") from None
    if version != VERSION:
        raise ValueError(f"{path}: its version is {version}, this reads {VERSION}")
    other = _first_difference(state["identity"], identity)
    if other:
        raise ValueError(f"{path}: is of a run with {other}: give another --out, with --init to start from its network")
    return state


def _first_difference(there: dict, wanted: dict) -> str | None:
    """"seed 1, not 2"; of architectures what differs in them."""
    for name, value in wanted.items():
        if there.get(name) == value:
            continue
        if name == "architecture":
            return _first_difference(json.loads(there[name]), json.loads(value))
        had = f"no {name}" if there.get(name) is None else f"{name} {there[name]}"
        return f"{had}, not {'none' if value is None else value}"
    return None


def peek_manifest(path: pathlib.Path) -> list[tuple[str, int, int]] | None:
    """The records of a checkpoint's run, in their order; None where there is none that can be read."""
    try:
        return [tuple(entry) for entry in torch.load(path, map_location="cpu", weights_only=True)["manifest"]]
    except Exception:
        return None  # load says why
