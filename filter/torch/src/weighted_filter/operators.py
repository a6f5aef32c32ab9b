"""The custom operators weighted_filter::gather and weighted_filter::splat, and what their gradients are made of.

    gather(input, weight, bias?, kernel_size, mode, dilation, groups) -> [output] or [output, coverage]
    gather_backward(grad_output, input, weight, bias?, output?, coverage?, ..., wanted) -> the gradients that are wanted
    gather_grad_weight(input, grad_output, ...) -> grad_weight of the linear operator

and the same of splat: wf_apply, wf_backward and wf_grad_weight of libwf, whose manual (wf.h) has the formulas. coverage is
what gradients need in the modes other than linear. Each operator has a kernel for CPU and CUDA tensors and one for tensors
without data; they are registered at import, from Python, so that nothing is compiled against PyTorch.

The linear operators and their grad_weight are each other's derivatives, so they can be differentiated any number of times.
For the other modes the first gradient is the fused one; where a graph of it is asked for, it comes from `compose` instead.

A training crop takes a GPU less time than PyTorch's dispatcher takes to call kernels written in Python. So `Operator.filter`
and the gradients go past it, to the same functions, wherever nobody but autograd would have seen the call.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor

from . import library

_namespace = torch.library.Library("weighted_filter", "DEF")

_PLAIN_TYPES = Tensor, torch.nn.Parameter
_SETTINGS = "int[2] kernel_size, str mode, int dilation, int groups"


def sum_dtype(dtype: torch.dtype) -> torch.dtype:
    """The type of sums, coverage and bias for images of this type."""
    return torch.float64 if dtype == torch.float64 else torch.float32


@functools.cache
def _plain_keys(is_cuda: bool) -> int:
    """The dispatch keys of a tensor that is nothing but data, and perhaps differentiated."""
    return torch._C._dispatch_keys(torch.empty(0, device="cuda" if is_cuda else "cpu")).raw_repr()


def _only_autograd_sees(*tensors: Tensor | None) -> bool:
    """Whether the dispatcher would take such a call through autograd to the kernel and nowhere else: no compiler or tracer, no
    mode, no transform; no subclasses, and tensors of a CPU or GPU with values as they lie in memory."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() or \
            torch._C._are_functorch_transforms_active() or torch.jit.is_tracing():
        return False
    for tensor in tensors:
        if tensor is not None and (type(tensor) not in _PLAIN_TYPES or
                                   torch._C._dispatch_keys(tensor).raw_repr() != _plain_keys(tensor.is_cuda)):
            return False
    return True


class Operator:
    """Gather or splat; `adjoint` is the other one. filter_operator, backward_operator and grad_weight_operator are what is
    registered."""

    adjoint: Operator

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        self.filter_operator = self._define(
            name,
            f"(Tensor input, Tensor weight, Tensor? bias, {_SETTINGS}) -> Tensor[]",
            self._filter, _allocate_outputs, self._differentiable_filter)
        self.backward_operator = self._define(
            f"{name}_backward",
            "(Tensor grad_output, Tensor input, Tensor weight, Tensor? bias, Tensor? output, Tensor? coverage, "
            f"{_SETTINGS}, bool[3] wanted) -> Tensor[]",
            self._backward, _allocate_gradients)
        self.grad_weight_operator = self._define(
            f"{name}_grad_weight",
            "(Tensor input, Tensor grad_output, int[2] kernel_size, int dilation, int groups, ScalarType dtype) -> Tensor",
            self._grad_weight, _allocate_grad_weight, self._differentiable_grad_weight)

    @staticmethod
    def _define(name, schema, kernel, fake, differentiable=None):
        _namespace.define(name + schema, tags=torch.Tag.pt2_compliant_tag)
        for key in ("CPU", "CUDA"):
            _namespace.impl(name, kernel, key)
        torch.library.register_fake(f"weighted_filter::{name}", fake, lib=_namespace)
        if differentiable:
            _namespace.impl(name, differentiable, "Autograd")
        return getattr(torch.ops.weighted_filter, name).default

    def filter(self, input: Tensor, weight: Tensor, bias: Tensor | None, *settings) -> Sequence[Tensor]:
        if _only_autograd_sees(input, weight, bias):
            return _Filter.apply(self, self._filter, input, weight, bias, settings)
        return self.filter_operator(input, weight, bias, *settings)

    def grad_weight(self, input: Tensor, grad_output: Tensor, *settings) -> Tensor:
        if _only_autograd_sees(input, grad_output):
            return _GradWeight.apply(self, self._grad_weight, input, grad_output, settings)
        return self.grad_weight_operator(input, grad_output, *settings)

    def linear(self, input: Tensor, weight: Tensor, kernel_size: Sequence[int], dilation: int, groups: int) -> Tensor:
        return self.filter(input, weight, None, kernel_size, "linear", dilation, groups)[0]

    # ---- Kernels. settings are kernel_size, mode, dilation, groups ----

    def _filter(self, input, weight, bias, *settings):
        outputs = _allocate_outputs(input, weight, bias, *settings)
        library.apply(self.index, settings, input, weight, bias, *outputs)
        return outputs

    def _backward(self, grad_output, input, weight, bias, output, coverage, *settings_and_wanted):
        *settings, wanted = settings_and_wanted
        gradients = _allocate_gradients(grad_output, input, weight, bias, output, coverage, *settings, wanted)
        library.backward(self.index, settings, input, weight, bias, output, coverage, grad_output,
                         *_in_place(gradients, wanted))
        return gradients

    def _grad_weight(self, input, grad_output, kernel_size, dilation, groups, dtype):
        grad_weight = _allocate_grad_weight(input, grad_output, kernel_size, dilation, groups, dtype)
        library.grad_weight(self.index, (kernel_size, "linear", dilation, groups), input, grad_output, grad_weight)
        return grad_weight

    # ---- Derivatives ----

    def _differentiable_filter(self, input, weight, bias, *settings):
        return list(_Filter.apply(self, _below_autograd(self.filter_operator), input, weight, bias, settings))

    def _differentiable_grad_weight(self, input, grad_output, *settings):
        return _GradWeight.apply(self, _below_autograd(self.grad_weight_operator), input, grad_output, settings)

    def compose(self, input: Tensor, weight: Tensor, coverage: Tensor, kernel_size: Sequence[int], mode: str,
                dilation: int, groups: int) -> Tensor:
        """The normalized or softmax operator without bias, made of linear ones, to be differentiated any number of times.
        coverage is a constant here: softmax does not change with what is subtracted from its logits."""
        dtype = sum_dtype(input.dtype)
        input, weight = input.to(dtype), weight.to(dtype)
        ones = input.new_ones(()).expand_as(coverage)

        def at_destinations(values: Tensor) -> Tensor:
            """For each tap the value where it arrives, 0 for taps outside the image."""
            return self.grad_weight(ones, values, kernel_size, dilation, groups, dtype)

        if mode == "softmax":
            logits = weight - at_destinations(coverage)
            weight = logits.masked_fill(at_destinations(ones) == 0, -torch.inf).exp()
        total = self.linear(ones, weight, kernel_size, dilation, groups)
        smallest = torch.full_like(total, library.MIN_SUM)
        divisor = torch.where(total.abs() > smallest, total, smallest.copysign(total))
        output = self.linear(input, weight, kernel_size, dilation, groups)
        return gather.linear(output, divisor.reciprocal(), (1, 1), 1, groups)


# ---- What the kernels return, not yet written -------------------------------------------------------------------------


def _allocate_outputs(input, weight, bias, kernel_size, mode, dilation, groups):
    output = torch.empty_like(input)
    if mode == "linear":
        return [output]
    return [output, input.new_empty((input.shape[0], groups, *input.shape[2:]), dtype=sum_dtype(input.dtype))]


def _allocate_gradients(grad_output, input, weight, bias, output, coverage, kernel_size, mode, dilation, groups, wanted):
    gradients = []
    if wanted[0]:
        gradients.append(torch.empty_like(input))
    if wanted[1]:
        gradients.append(torch.empty_like(weight))
    if wanted[2]:
        gradients.append(input.new_empty(input.shape[1], dtype=sum_dtype(input.dtype)))
    return gradients


def _allocate_grad_weight(input, grad_output, kernel_size, dilation, groups, dtype):
    taps = groups * kernel_size[0] * kernel_size[1]
    return input.new_empty((input.shape[0], taps, *input.shape[2:]), dtype=dtype)


def _in_place(gradients, wanted):
    """The wanted ones, each in its place of three; None for the others."""
    remaining = iter(gradients)
    return [next(remaining) if want else None for want in wanted]


# ---- Autograd ---------------------------------------------------------------------------------------------------------
#
# Functions of our own at the Autograd key: torch.library.register_autograd makes the same of a formula, but takes 25 us more
# for a forward and a backward pass, a fifth of what a GPU works on a training crop. `kernel` computes, and records nothing.


def _below_autograd(registered):
    def kernel(*arguments):
        with torch._C._AutoDispatchBelowAutograd():
            return registered(*arguments)
    return kernel


class _Filter(torch.autograd.Function):
    """Operator.filter with its gradients."""

    @staticmethod
    def forward(ctx, operator, kernel, input, weight, bias, settings):
        outputs = kernel(input, weight, bias, *settings)
        ctx.operator, ctx.settings, ctx.weight_dtype = operator, settings, weight.dtype
        if settings[1] == "linear":
            _, _, needs_input, needs_weight, *_ = ctx.needs_input_grad
            ctx.save_for_backward(input if needs_weight else None, weight if needs_input else None, None, None, None)
        else:
            ctx.save_for_backward(input, weight, bias, *outputs)
            ctx.mark_non_differentiable(outputs[1])
        ctx.set_materialize_grads(False)  # of coverage there is none
        return tuple(outputs)

    @staticmethod
    def backward(ctx, grad_output, *_):
        wanted = ctx.needs_input_grad[2:5]
        if grad_output is None:
            gradients = None, None, None
        elif ctx.settings[1] == "linear" and (torch.is_grad_enabled() or not (wanted[0] and wanted[1])):
            gradients = _separate_gradients(ctx, grad_output, wanted)
        elif torch.is_grad_enabled():
            gradients = _composed_gradients(ctx, grad_output, wanted)
        else:
            gradients = _fused_gradients(ctx, grad_output, wanted)
        return None, None, *gradients, None


def _fused_gradients(ctx, grad_output, wanted):
    """From one call, as numbers: without a graph."""
    saved, operator = ctx.saved_tensors, ctx.operator
    backward = operator._backward if _only_autograd_sees(grad_output, *saved) else operator.backward_operator
    return _in_place(backward(grad_output, *saved, *ctx.settings, wanted), wanted)


def _grad_bias(grad_output, wanted):
    return grad_output.sum((0, 2, 3), dtype=sum_dtype(grad_output.dtype)) if wanted else None


def _separate_gradients(ctx, grad_output, wanted):
    """Of linear weights, each by an operator of its own."""
    input, weight, *_ = ctx.saved_tensors
    kernel_size, _, *rest = ctx.settings
    operator = ctx.operator
    return (operator.adjoint.linear(grad_output, weight, kernel_size, *rest) if wanted[0] else None,
            operator.grad_weight(input, grad_output, kernel_size, *rest, ctx.weight_dtype) if wanted[1] else None,
            _grad_bias(grad_output, wanted[2]))


def _composed_gradients(ctx, grad_output, wanted):
    """Of the other modes, through Operator.compose."""
    input, weight, _, _, coverage = ctx.saved_tensors
    gradients = ()
    if wanted[0] or wanted[1]:
        input, weight = input.view_as(input), weight.view_as(weight)  # the weight may have been computed from the input
        output = ctx.operator.compose(input, weight, coverage, *ctx.settings)
        variables = [variable for variable, want in zip((input, weight), wanted) if want]
        gradients = torch.autograd.grad(output, variables, grad_output.to(output.dtype), create_graph=True)
    return *_in_place(gradients, wanted[:2]), _grad_bias(grad_output, wanted[2])


class _GradWeight(torch.autograd.Function):
    """Operator.grad_weight with its gradients, which are the operators again."""

    @staticmethod
    def forward(ctx, operator, kernel, input, grad_output, settings):
        ctx.operator, ctx.settings = operator, settings[:3]
        ctx.save_for_backward(input, grad_output)
        return kernel(input, grad_output, *settings)

    @staticmethod
    def backward(ctx, grad):
        input, grad_output = ctx.saved_tensors
        wants_input, wants_grad_output = ctx.needs_input_grad[2:4]
        return (None, None, ctx.operator.adjoint.linear(grad_output, grad, *ctx.settings) if wants_input else None,
                ctx.operator.linear(input, grad, *ctx.settings) if wants_grad_output else None, None)


gather = Operator(library.GATHER, "gather")
splat = Operator(library.SPLAT, "splat")
gather.adjoint, splat.adjoint = splat, gather
