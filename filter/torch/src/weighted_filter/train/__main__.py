"""python -m weighted_filter.train"""

from __future__ import annotations

import fcntl
import os
import pathlib
import sys

from .options import parse
from .trainer import Trainer


def hold(folder: pathlib.Path) -> None:
    """Keeps other runs out of it for as long as this process lives, where its file system has locks."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{folder}: another run writes there") from None
    except OSError:
        pass


def main() -> int:
    options = parse()
    try:
        if os.environ.get("RANK", "0") == "0":
            hold(pathlib.Path(options.out))
        return Trainer(options).run()
    except (ValueError, OSError) as error:
        print(f"weighted_filter.train: {error}", file=sys.stderr)
        return 1


sys.exit(main())
