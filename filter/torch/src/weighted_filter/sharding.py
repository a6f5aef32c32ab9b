"""The operators of DTensors: each device filters its part of the batch. Registered when the first DTensor is filtered,
because to import what is needed takes longer than all else."""

from __future__ import annotations

import functools
import sys

from torch import Tensor


def are_sharded(*tensors: Tensor | None) -> bool:
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and any(isinstance(tensor, module.DTensor) for tensor in tensors)


@functools.cache
def register() -> None:
    from torch.distributed.tensor import DTensor, Replicate, Shard
    from torch.distributed.tensor._op_schema import RuntimeSchemaInfo
    from torch.distributed.tensor.experimental import register_sharding

    from .operators import gather, splat

    def choices(tensors: int, bias: object, settings: int, outputs: int) -> list:
        """By batch, or not at all: what outputs and arguments are placed as."""
        bias_placement = [] if bias is False else [None if bias is None else Replicate()]
        rest = bias_placement + [None] * settings
        return [([place] * outputs, [place] * tensors + rest) for place in (Shard(0), Replicate())]

    for operator in (gather, splat):
        @register_sharding(operator.filter_operator)
        def filter_placements(input, weight, bias, *settings):
            return choices(2, bias, len(settings), 1)

        @register_sharding(operator.coverage_operator)
        def coverage_placements(input, weight, bias, *settings):
            return choices(2, bias, len(settings), 2)

        @register_sharding(operator.grad_weight_operator)
        def grad_weight_placements(input, grad_output, *settings):
            return choices(2, False, len(settings), 1)

        # What is found out of a call's shapes is kept by its arguments: all of them, which register_sharding does not
        # see.
        known = DTensor._op_dispatcher.sharding_propagator.op_to_schema_info
        known[operator.filter_operator] = known[operator.coverage_operator] = RuntimeSchemaInfo(3, needs_pytree=True)
        known[operator.grad_weight_operator] = RuntimeSchemaInfo(2, needs_pytree=True)
