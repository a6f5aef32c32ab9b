"""The training pairs in the device's memory, which threads fill from the files while training goes on.

Pairs have numbers in the order in which the manifest lists their files; processes that train together load the same
manifest. All hold all of it, so that a number is the same pair in each, or every process its share, one pair in so
many, so that two devices hold twice as many.
"""

from __future__ import annotations

import contextlib
import pathlib
import queue
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from . import records
from .records import Shape, Slice

READERS = 8
Manifest = list[tuple[str, int, int]]  # a file, its first record that is not loaded yet, how many from there on


class Pool:
    """noisy (capacity,S,10,H*W) and clean (capacity,6,H*W) in float16, of which the first `ready` are there."""

    def __init__(self, shape: Shape, capacity: int, device: torch.device, share: tuple[int, int] = (0, 1)) -> None:
        """share (i,n): of the records it is told to load, in their order, it takes the i-th of every n."""
        pixels = shape.height * shape.width
        self.shape, self.capacity, self.device, self._share = shape, capacity, device, share
        self._passed = 0  # records that were asked for
        self.noisy = torch.empty((capacity, shape.buffers, records.NOISY_PLANES, pixels), dtype=torch.float16,
                                 device=device)
        self.clean = torch.empty((capacity, records.CLEAN_PLANES, pixels), dtype=torch.float16, device=device)
        self.ready = 0  # pairs
        self.unusable = 0  # records that were left out: black, or not finite
        self.left_out = 0  # records for which there was no place
        self.device_lock = threading.Lock()  # held by whoever must be alone on the device
        self.failure: BaseException | None = None
        self._slices: dict[str, Slice] = {}
        self._orders: queue.Queue[tuple[str, int, int] | None] = queue.Queue()
        self._stream: torch.cuda.Stream | None = None
        self._readers = ThreadPoolExecutor(READERS)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def load(self, manifest: Manifest) -> None:
        """Has further records loaded, behind those that are."""
        for entry in manifest:
            self._orders.put(entry)

    def wait(self) -> None:
        """Until all is loaded that was asked for."""
        self._orders.join()
        self.check()

    def check(self) -> None:
        """Raises what a loading thread met."""
        if self.failure:
            raise self.failure

    def close(self) -> None:
        self._orders.put(None)
        self._readers.shutdown(cancel_futures=True)

    def _work(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            self._stream = torch.cuda.Stream()
        while (order := self._orders.get()) is not None:
            try:
                if not self.failure:
                    self._load(*order)
            except (OSError, ValueError, RuntimeError) as error:
                self.failure = error
            self._orders.task_done()

    def _load(self, path: str, first: int, count: int) -> None:
        slice = records.open_slice(path)
        if slice.shape != self.shape:
            raise ValueError(f"{path}: has {slice.shape.buffers} buffers of {slice.shape.width}x{slice.shape.height} "
                             f"pixels, the others have {self.shape.buffers} of {self.shape.width}x{self.shape.height}")
        mine, every = self._share
        own = range(first + (mine - self._passed) % every, first + count, every)
        self._passed += count
        ahead: deque[Future] = deque()
        submitted = 0
        for done in range(len(own)):
            while submitted < len(own) and len(ahead) < 3 * READERS:
                ahead.append(self._readers.submit(records.read, slice, own[submitted]))
                submitted += 1
            if self.ready == self.capacity:
                self.left_out += len(own) - done
                break
            self._put(slice, ahead.popleft().result())
        for future in ahead:
            future.cancel()

    def _put(self, slice: Slice, data: bytearray) -> None:
        on_stream = torch.cuda.stream(self._stream) if self._stream else contextlib.nullcontext()
        with self.device_lock, on_stream:
            pair = records.convert(slice, data, self.device)
            if pair is None:
                self.unusable += 1
                return
            self.noisy[self.ready].copy_(pair[0])
            self.clean[self.ready].copy_(pair[1])
            if self._stream:
                self._stream.synchronize()
        self.ready += 1


class Watcher:
    """What the files have that is not in the manifest yet."""

    def __init__(self, paths: list[str], manifest: Manifest = ()) -> None:
        self._paths = paths
        self._taken: dict[str, int] = {}
        for path, first, count in manifest:
            self._taken[path] = max(self._taken.get(path, 0), first + count)

    def new(self) -> Manifest:
        added: Manifest = []
        for path in records.find(self._paths):
            try:
                count = records.open_slice(path).count
            except (FileNotFoundError, ValueError):
                if pathlib.Path(path).exists():
                    raise
                continue  # renamed meanwhile, or its header is not written yet: next time
            taken = self._taken.get(path, 0)
            if count > taken:
                added.append((path, taken, count - taken))
                self._taken[path] = count
        return added
