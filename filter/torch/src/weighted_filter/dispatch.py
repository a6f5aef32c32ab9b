"""Who sees a call of the operators, besides the kernel."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

_PLAIN_TYPES = Tensor, torch.nn.Parameter


@functools.cache
def _plain_keys(is_cuda: bool) -> int:
    """The dispatch keys of a tensor that is nothing but data, and perhaps differentiated."""
    return torch._C._dispatch_keys(torch.empty(0, device="cuda" if is_cuda else "cpu")).raw_repr()


def only_autograd_sees(*tensors: Tensor | None) -> bool:
    """Whether the dispatcher would take such a call through autograd to the kernel and nowhere else: no compiler or
    tracer, no mode, no transform, no profiler; no subclasses, and tensors of a CPU or GPU with values as they lie in
    memory."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() or \
            torch._C._are_functorch_transforms_active() or torch.jit.is_tracing() or torch.autograd._profiler_enabled():
        return False
    for tensor in tensors:
        if tensor is not None and (type(tensor) not in _PLAIN_TYPES or
                                   torch._C._dispatch_keys(tensor).raw_repr() != _plain_keys(tensor.is_cuda)):
            return False
    return True


def is_transformed() -> bool:
    """By torch.func."""
    return torch._C._are_functorch_transforms_active() and not torch.compiler.is_compiling()


def is_batched(tensor: Tensor) -> bool:
    """By torch.autograd.grad(is_grads_batched=True)."""
    return torch._C._functorch.is_legacy_batchedtensor(tensor)


def records_nothing() -> bool:
    """Whether no graph and no tangent is asked for, as in a backward pass."""
    return not torch.is_grad_enabled() and torch.autograd.forward_ad._current_level < 0


def is_differentiated(*tensors: Tensor | None) -> bool:
    return (torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in tensors)) or \
        torch.autograd.forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active()
