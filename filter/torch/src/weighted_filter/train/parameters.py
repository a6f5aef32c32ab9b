"""A network's parameters as one vector: one leaf to differentiate, to send, to clip, to update and to average."""

from __future__ import annotations

import torch
from torch import Tensor

from ..network import Network

_ALIGNMENT = 64  # numbers: each tensor starts where tensor cores like it


class Parameters:
    """Where each tensor is. Weights of convolutions lie channels-last."""

    def __init__(self, network: Network) -> None:
        self._sizes: list[int] = []  # of tensors and of the gaps behind them, in turn
        self._shapes = {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
        for shape in self._shapes.values():
            count = torch.Size(shape).numel()
            self._sizes += [count, -count % _ALIGNMENT]
        self.count = sum(self._sizes)

    def tensors(self, vector: Tensor) -> dict[str, Tensor]:
        """Views of the vector by name, with gradients to it."""
        pieces = vector.split(self._sizes)[::2]
        return {name: _shaped(piece, shape) for piece, (name, shape) in zip(pieces, self._shapes.items())}

    def vector(self, network: Network) -> Tensor:
        """The network's numbers, float32."""
        vector = torch.zeros(self.count)
        for name, view in self.tensors(vector).items():
            view.copy_(network.get_parameter(name).detach())
        return vector

    def fill(self, network: Network, vector: Tensor) -> None:
        """The other way."""
        with torch.no_grad():
            for name, view in self.tensors(vector).items():
                network.get_parameter(name).copy_(view)


def _shaped(piece: Tensor, shape: tuple[int, ...]) -> Tensor:
    if len(shape) == 1:
        return piece
    outputs, inputs, rows, columns = shape
    return piece.view(outputs, rows, columns, inputs).permute(0, 3, 1, 2)
