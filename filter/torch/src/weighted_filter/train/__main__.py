"""python -m weighted_filter.train"""

from __future__ import annotations

import sys

from .options import parse
from .trainer import Trainer


def main() -> int:
    options = parse()
    try:
        return Trainer(options).run()
    except (ValueError, OSError) as error:
        print(f"weighted_filter.train: {error}", file=sys.stderr)
        return 1


sys.exit(main())
