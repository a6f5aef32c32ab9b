"""The processes that train together: one, or those that torchrun started, each with its device."""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed as distributed
from torch import Tensor


class Processes:
    """rank of count; device is this process's. Messages go through gloo, gradients through NCCL between GPUs."""

    def __init__(self, device: str) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        self.device = torch.device(device)
        if self.device.type == "cuda":
            if not torch.cuda.is_available():
                raise ValueError("--device is cuda, and there is no GPU that PyTorch can use")
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", self.device.index or 0)))
            torch.cuda.set_device(self.device)
        self._messages = None
        if self.count > 1:
            cuda = self.device.type == "cuda"
            distributed.init_process_group("nccl" if cuda else "gloo", device_id=self.device if cuda else None)
            self._messages = distributed.new_group(backend="gloo")
            self._averages_itself = cuda

    @property
    def first(self) -> bool:
        return self.rank == 0

    def average(self, gradient: Tensor) -> None:
        """In place over all processes; does not wait for the device."""
        if self.count == 1:
            return
        if self._averages_itself:
            distributed.all_reduce(gradient, distributed.ReduceOp.AVG)
        else:
            distributed.all_reduce(gradient)
            gradient /= self.count

    def exchange(self, message: Any) -> list[Any]:
        """Every process's message, in the order of ranks."""
        if self.count == 1:
            return [message]
        messages: list[Any] = [None] * self.count
        distributed.all_gather_object(messages, message, self._messages)
        return messages

    def close(self) -> None:
        if self.count > 1:
            distributed.destroy_process_group()
