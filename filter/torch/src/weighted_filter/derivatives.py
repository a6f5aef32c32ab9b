"""Derivatives of the operators: backward, forward and batched, of every order.

With q the destination of a tap, S the coverage, S' what weights are divided by, y the output without bias, and g and h
the gradients of output and coverage, D(q) = sum_c g y for softmax and sum_c g y / S' for normalized weights:

    mode          grad_input            grad_weight[t,p]
    linear        adjoint(w, g)         sum_c g[c,q] x[c] + h(q)
    normalized    adjoint(w, g/S')      sum_c g[c,q]/S'(q) x[c] - [|S(q)| > MIN_SUM] D(q) + h(q)
    softmax       adjoint(v, g)         v (sum_c g[c,q] x[c] - D(q) + h(q))                  v[t,p] = exp(w[t,p] - S(q))

All of it is linear operators and their grad_weight, which are each other's derivatives; output and coverage are outputs
of the function itself. So what is written here once can be differentiated any number of times. Where no graph is asked
for, the first gradient is libwf's fused one.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .dispatch import is_batched, is_transformed, only_autograd_sees
from .library import MIN_SUM, sum_dtype
from .sharding import are_sharded


def in_place(gradients, wanted):
    """The wanted ones, each in its place of three; None for the others."""
    remaining = iter(gradients)
    return [next(remaining) if want else None for want in wanted]


def _sum(*terms: Tensor | None) -> Tensor | None:
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


class _Taps:
    """What an operator's settings make of images with a channel for each group."""

    def __init__(self, operator, settings: Sequence) -> None:
        self.operator = operator
        self.kernel_size, self.mode, self.dilation, self.groups = settings

    def spread(self, values: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """(N,G,H,W) -> (N,G*Kh*Kw,H,W): for each tap the value where it arrives, 0 for taps outside the image."""
        ones = values.new_ones(()).expand_as(values)
        return self.grad_weight(ones, values, dtype or values.dtype)

    def total(self, weight: Tensor, dtype: torch.dtype) -> Tensor:
        """(N,G*Kh*Kw,H,W) -> (N,G,H,W): the sum of the weights that arrive."""
        ones = weight.new_ones((), dtype=dtype).expand(weight.shape[0], self.groups, *weight.shape[2:])
        return self.linear(ones, weight)

    def linear(self, input: Tensor, weight: Tensor) -> Tensor:
        return self.operator.linear(input, weight, self.kernel_size, self.dilation, self.groups)

    def adjoint(self, input: Tensor, weight: Tensor) -> Tensor:
        return self.operator.adjoint.linear(input, weight, self.kernel_size, self.dilation, self.groups)

    def grad_weight(self, input: Tensor, grad_output: Tensor, dtype: torch.dtype) -> Tensor:
        return self.operator.grad_weight(input, grad_output, self.kernel_size, self.dilation, self.groups, dtype)

    def scale(self, image: Tensor, factors: Tensor) -> Tensor:
        """Each channel times its group's factor."""
        return self.operator.linear(image, factors, (1, 1), 1, self.groups)

    def dot(self, a: Tensor, b: Tensor) -> Tensor:
        """(N,C,H,W), twice -> (N,G,H,W): the sum of products over each group's channels."""
        return self.operator.grad_weight(a, b, (1, 1), 1, self.groups, a.dtype)

    def softmax(self, logits: Tensor, coverage: Tensor) -> Tensor:
        """v."""
        outside = self.spread(torch.ones_like(coverage)) == 0
        return (logits - self.spread(coverage)).masked_fill(outside, -torch.inf).exp()

    def divided_by(self, coverage: Tensor) -> tuple[Tensor, Tensor]:
        """1/S', and where it is 1/S."""
        large = coverage.abs() > MIN_SUM
        return torch.where(large, coverage, torch.full_like(coverage, MIN_SUM).copysign(coverage)).reciprocal(), large


def _without(bias: Tensor | None, output: Tensor) -> Tensor:
    return output if bias is None else output - bias.view(-1, 1, 1)


class _Function(torch.autograd.Function):
    @classmethod
    def fast_apply(cls, *arguments):
        """apply, of all arguments in their order: sooner where no transform of torch.func is active."""
        if torch._C._are_functorch_transforms_active():
            return cls.apply(*arguments)
        return super(torch.autograd.Function, cls).apply(*arguments)


class Filter(_Function):
    """(output,) or (output, coverage) of Operator.filter; in modes other than linear there is a coverage. `kernel`
    computes, and records nothing."""

    @staticmethod
    def forward(operator, kernel, input, weight, bias, settings, with_coverage):
        return tuple(kernel(input, weight, bias, *settings, with_coverage=with_coverage))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.operator, kernel, input, weight, bias, ctx.settings, ctx.with_coverage = inputs
        ctx.is_plain = kernel == ctx.operator.plain_filter  # only_autograd_sees what is saved
        ctx.types = input.dtype, weight.dtype
        ctx.set_materialize_grads(False)
        if ctx.settings[1] == "linear":
            _, _, needs_input, needs_weight, *_ = ctx.needs_input_grad
            given = input, weight, None, None, None
            ctx.save_for_backward(input if needs_weight else None, weight if needs_input else None, None, None, None)
        else:
            given = input, weight, bias, *outputs
            ctx.save_for_backward(*given)
        if not ctx.is_plain or torch.autograd.forward_ad._current_level >= 0:
            ctx.save_for_forward(*given)

    @staticmethod
    def backward(ctx, grad_output, grad_coverage=None):
        wanted = ctx.needs_input_grad[2:5]
        separate = torch.is_grad_enabled() or (ctx.settings[1] == "linear" and not (wanted[0] and wanted[1]))
        fused = None if separate else _fused(ctx, grad_output, grad_coverage)
        if fused is None:
            gradients = _separate_gradients(ctx, grad_output, grad_coverage, wanted)
        else:
            gradients = _fused_gradients(ctx, fused, grad_output, grad_coverage, wanted)
        return None, None, *gradients, None, None

    @staticmethod
    def jvp(ctx, _operator, _kernel, d_input, d_weight, d_bias, _settings, _with_coverage):
        return _tangents(ctx, d_input, d_weight, d_bias)

    @staticmethod
    def vmap(info, in_dims, operator, _kernel, input, weight, bias, settings, with_coverage):
        _, _, input_dim, weight_dim, bias_dim, *_ = in_dims
        inner_bias = bias if bias_dim is None else None
        (output, *coverage), (dim, *coverage_dims) = _filter_batch(info.batch_size, operator, input, input_dim, weight,
                                                                   weight_dim, inner_bias, settings, with_coverage)
        if bias_dim is not None:
            output = output.unsqueeze(0) if dim is None else output.movedim(dim, 0)
            output, dim = output + bias.movedim(bias_dim, 0).to(output.dtype)[:, None, :, None, None], 0
        return (output, *coverage), (dim, *coverage_dims)


class GradWeight(_Function):
    """Operator.grad_weight with its derivatives, which are the operators again."""

    @staticmethod
    def forward(operator, kernel, input, grad_output, settings):
        return kernel(input, grad_output, *settings)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.operator, _, input, grad_output, ctx.settings = inputs
        ctx.save_for_backward(input, grad_output)
        ctx.save_for_forward(input, grad_output)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, grad):
        if grad is None:
            return None, None, None, None, None
        input, grad_output = ctx.saved_tensors
        wants_input, wants_grad_output = ctx.needs_input_grad[2:4]
        settings = ctx.settings[:3]
        return (None, None, ctx.operator.adjoint.linear(grad_output, grad, *settings) if wants_input else None,
                ctx.operator.linear(input, grad, *settings) if wants_grad_output else None, None)

    @staticmethod
    def jvp(ctx, _operator, _kernel, d_input, d_grad_output, _settings):
        input, grad_output = ctx.saved_tensors
        return _sum(None if d_input is None else ctx.operator.grad_weight(d_input, grad_output, *ctx.settings),
                    None if d_grad_output is None else ctx.operator.grad_weight(input, d_grad_output, *ctx.settings))

    @staticmethod
    def vmap(info, in_dims, operator, _kernel, input, grad_output, settings):
        size = info.batch_size
        grad_weight = operator.grad_weight(_fold(input, in_dims[2], size), _fold(grad_output, in_dims[3], size),
                                           *settings)
        return grad_weight.unflatten(0, (size, -1)), 0


class Both(_Function):
    """Gather and splat of linear weights."""

    @staticmethod
    def forward(gather, kernel, input, weight, bias, settings):
        return kernel(input, weight, bias, *settings)

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.gather, _, input, weight, _, ctx.settings = inputs
        _, _, needs_input, needs_weight, *_ = ctx.needs_input_grad
        ctx.save_for_backward(input if needs_weight else None, weight if needs_input else None)
        ctx.weight_dtype = weight.dtype
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, *grads):
        input, weight = ctx.saved_tensors
        wants_input, wants_weight, wants_bias = ctx.needs_input_grad[2:5]
        gradients = [None, None, None]
        for operator, g in zip((ctx.gather, ctx.gather.adjoint), grads):
            if g is not None:
                taps = _Taps(operator, ctx.settings)
                terms = (taps.adjoint(g, weight) if wants_input else None,
                         taps.grad_weight(input, g, ctx.weight_dtype) if wants_weight else None,
                         _grad_bias(g, wants_bias))
                gradients = [_sum(*pair) for pair in zip(gradients, terms)]
        return None, None, *gradients, None


def _filter_batch(size, operator, input, input_dim, weight, weight_dim, bias, settings, with_coverage):
    """outputs, and where the batch is in each of them."""
    if input_dim is None and weight_dim is None:
        outputs = operator.filter(input, weight, bias, *settings, with_coverage=with_coverage)
        return outputs, (None,) * len(outputs)
    if weight_dim is None and settings[3] == 1:  # further channels, so that each weight is read once
        output, *coverage = operator.filter(input.movedim(input_dim, 1).flatten(1, 2), weight,
                                            None if bias is None else bias.repeat(size), *settings,
                                            with_coverage=with_coverage)
        return (output.unflatten(1, (size, -1)), *coverage), (1, *(None for _ in coverage))
    outputs = operator.filter(_fold(input, input_dim, size), _fold(weight, weight_dim, size), bias, *settings,
                              with_coverage=with_coverage)
    return tuple(output.unflatten(0, (size, -1)) for output in outputs), (0,) * len(outputs)


def _fold(tensor: Tensor, dim: int | None, size: int) -> Tensor:
    """A batch of vmap and the tensor's own as one."""
    batched = tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
    return batched.flatten(0, 1)


# ---- Backward --------------------------------------------------------------------------------------------------------


def _grad_bias(grad_output: Tensor | None, wanted: bool) -> Tensor | None:
    if not wanted or grad_output is None:
        return None
    return grad_output.sum((0, 2, 3), dtype=sum_dtype(grad_output.dtype))


def _separate_gradients(ctx, g, h, wanted):
    """From linear operators, which can be differentiated again."""
    input, weight, bias, output, coverage = ctx.saved_tensors
    taps = _Taps(ctx.operator, ctx.settings)
    image_dtype, weight_dtype = ctx.types
    grad_input = grad_weight = None
    if taps.mode == "linear":
        if g is not None:
            grad_input = taps.adjoint(g, weight) if wanted[0] else None
            grad_weight = taps.grad_weight(input, g, weight_dtype) if wanted[1] else None
        if h is not None and wanted[1]:
            grad_weight = _sum(grad_weight, taps.spread(h, weight_dtype))
        return grad_input, grad_weight, _grad_bias(g, wanted[2])

    dtype = sum_dtype(image_dtype)
    input, weight = input.to(dtype), weight.to(dtype)
    arriving = h  # h - D
    if taps.mode == "softmax":
        weight = taps.softmax(weight, coverage)
    if g is not None and (wanted[0] or wanted[1]):
        scaled = g.to(dtype)
        if taps.mode == "normalized":
            reciprocal, large = taps.divided_by(coverage)
            scaled = taps.scale(scaled, reciprocal)
        grad_input = taps.adjoint(scaled, weight).to(image_dtype) if wanted[0] else None
        if wanted[1]:
            grad_weight = taps.grad_weight(input, scaled, dtype)
            products = taps.dot(scaled, _without(bias, output.to(dtype)))
            arriving = _sum(h, -(products if taps.mode == "softmax" else products * large))
    if wanted[1] and arriving is not None:
        grad_weight = _sum(grad_weight, taps.spread(arriving))
        grad_weight = (grad_weight * weight if taps.mode == "softmax" else grad_weight).to(weight_dtype)
    return grad_input, grad_weight, _grad_bias(g, wanted[2])


def _fused(ctx, *grads):
    """wf_backward for such tensors; None where a transform, or DTensor, needs operators that it knows."""
    if ctx.is_plain and only_autograd_sees(*grads):
        return ctx.operator.backward
    tensors = [tensor for tensor in (*grads, *ctx.saved_tensors) if tensor is not None]
    if are_sharded(*tensors) or is_transformed() or any(map(is_batched, tensors)):
        return None
    return ctx.operator.backward_operator


def _fused_gradients(ctx, fused, g, h, wanted):
    """From one call, as numbers: without a graph. h by a call of its own."""
    gradients = [None, None, None]
    if g is not None:
        gradients = in_place(fused(g, *ctx.saved_tensors, *ctx.settings, wanted), wanted)
    if h is not None and wanted[1]:
        gradients[1] = _sum(gradients[1], _coverage_gradient(ctx, fused, h))
    return gradients


def _coverage_gradient(ctx, fused, h):
    _, weight, _, _, coverage = ctx.saved_tensors
    taps = _Taps(ctx.operator, ctx.settings)
    if taps.mode != "softmax":
        return taps.spread(h, ctx.types[1])
    ones, zeros = h.new_ones(()).expand_as(h), torch.zeros_like(h)  # D is 0 where the output is
    return fused(h, ones, weight, None, zeros, coverage, *ctx.settings, (False, True, False))[0]


# ---- Forward ---------------------------------------------------------------------------------------------------------


def _tangents(ctx, d_input, d_weight, d_bias):
    """Of the output, and of the coverage where there is one."""
    input, weight, bias, output, coverage = ctx.saved_tensors
    taps = _Taps(ctx.operator, ctx.settings)
    image_dtype = ctx.types[0]
    dtype = sum_dtype(image_dtype)
    d_output = d_coverage = None
    if taps.mode == "linear":
        d_output = _sum(None if d_input is None else taps.linear(d_input, weight),
                        None if d_weight is None else taps.linear(input, d_weight))
        if ctx.with_coverage and d_weight is not None:
            d_coverage = taps.total(d_weight, dtype)
    else:
        input, weight = input.to(dtype), weight.to(dtype)
        if taps.mode == "softmax":
            weight = taps.softmax(weight, coverage)
        if d_input is not None:
            d_output = taps.linear(d_input.to(dtype), weight)
        if d_weight is not None:
            d_weight = d_weight.to(dtype) * weight if taps.mode == "softmax" else d_weight.to(dtype)
            d_coverage = taps.total(d_weight, dtype)
            d_output = _sum(d_output, taps.linear(input, d_weight))
        if taps.mode == "normalized" and d_output is not None:
            reciprocal, large = taps.divided_by(coverage)
            d_output = taps.scale(d_output, reciprocal)
        if d_weight is not None:
            loss = d_coverage if taps.mode == "softmax" else d_coverage * reciprocal * large
            d_output = d_output - taps.scale(_without(bias, output.to(dtype)), loss)
    if d_bias is not None:
        d_bias = d_bias.view(-1, 1, 1)
        d_output = d_bias.expand_as(input) if d_output is None else d_output + d_bias
    d_output = torch.zeros_like(input) if d_output is None else d_output.to(image_dtype)
    if not ctx.with_coverage:
        return (d_output,)
    if d_coverage is None:
        d_coverage = input.new_zeros((input.shape[0], taps.groups, *input.shape[2:]), dtype=dtype)
    return d_output, d_coverage
