"""What a run says while it goes on: lines of JSON, TensorBoard where it is installed, and one line on the terminal."""

from __future__ import annotations

import json
import pathlib
import sys
import time

_SECONDS_BETWEEN_LINES = 10.0  # where no one looks at a terminal


class Log:
    """Of process 0; the others' say nothing."""

    def __init__(self, folder: pathlib.Path, active: bool) -> None:
        self.path = folder / "log.jsonl"
        self._active = active
        self._terminal = sys.stderr.isatty()
        self._shown, self._width = -_SECONDS_BETWEEN_LINES, 0
        self._board = None

    def start(self, step: int) -> None:
        """Drops what a run that was cut wrote behind its checkpoint, and opens what needs an extra package."""
        if not self._active:
            return
        kept = [row for row in self.rows() if row["step"] <= step]
        self.path.write_text("".join(json.dumps(row) + "\n" for row in kept))
        try:
            from torch.utils.tensorboard import SummaryWriter
            self._board = SummaryWriter(str(self.path.parent / "tensorboard"))
        except ImportError:
            self.say("no TensorBoard log: tensorboard is not installed")

    def rows(self) -> list[dict]:
        rows = []
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue  # the last one of a run that was cut
        return rows

    def add(self, row: dict) -> None:
        """row has step; its other numbers are drawn as curves."""
        if not self._active:
            return
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")
        if self._board:
            for name, value in row.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(name, value, row["step"])

    def add_validation(self, step: int, rows: dict) -> None:
        if self._board:
            for frame, kinds in rows.items():
                for kind, values in kinds.items():
                    for name, value in values.items():
                        self._board.add_scalar(f"{frame}/{kind}/{name}", value, step)

    def progress(self, fraction: float, text: str) -> None:
        if not self._active:
            return
        now = time.monotonic()
        if not self._terminal and now - self._shown < _SECONDS_BETWEEN_LINES:
            return
        self._shown = now
        filled = round(20 * min(fraction, 1))
        line = f"{'█' * filled}{'·' * (20 - filled)} {100 * fraction:3.0f} %  {text}"
        if self._terminal:
            print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        if self._active:
            if self._width:
                print(file=sys.stderr)
                self._width = 0
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._width:
            print(file=sys.stderr)
        if self._board:
            self._board.close()
