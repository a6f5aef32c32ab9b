"""The custom operators weighted_filter::gather and weighted_filter::splat, and what their gradients are made of.

    gather(input, weight, bias?, kernel_size, mode, dilation, groups) -> output
    gather_coverage(...) -> (output, coverage)
    gather_backward(grad_output, input, weight, bias?, output?, coverage?, ..., wanted) -> the gradients that are wanted
    gather_grad_weight(input, grad_output, ...) -> grad_weight of the linear operator

and the same of splat: wf_apply, wf_backward and wf_grad_weight of libwf, whose manual (wf.h) has the formulas. coverage
is what gradients need in the modes other than linear. Each operator has a kernel for CPU and CUDA tensors and one for
tensors without data, which checks what libwf checks; they are registered at import, from Python, so that nothing is
compiled against PyTorch. Derivatives are in `derivatives`.

A training crop takes a GPU less time than PyTorch's dispatcher takes to call kernels written in Python. So
`Operator.filter` and the gradients go past it, to the same functions, wherever nobody but autograd would have seen the
call. C++ behind PyTorch's stable ABI would save little more, as it has no autograd; nor would a module in C that calls
libwf instead of ctypes (tests/bench/findings/training_step.md).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from . import library, sharding
from .arguments import check_devices, check_image, check_layouts, check_sizes
from .decomposition import decompose
from .derivatives import Both, Filter, GradWeight, in_place
from .dispatch import is_differentiated, is_transformed, only_autograd_sees, records_nothing
from .library import sum_dtype

_namespace = torch.library.Library("weighted_filter", "DEF")

_SETTINGS = "int[2] kernel_size, str mode, int dilation, int groups"


class Operator:
    """Gather or splat; `adjoint` is the other one. What ends in _operator is registered."""

    adjoint: Operator

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        arguments = f"(Tensor input, Tensor weight, Tensor? bias, {_SETTINGS})"
        self.filter_operator = self._define(
            name, f"{arguments} -> Tensor", lambda *arguments: self.plain_filter(*arguments)[0],
            lambda *arguments: _describe_outputs(*arguments)[0],
            lambda *arguments: self._differentiable_filter(self.filter_operator, *arguments)[0])
        self.coverage_operator = self._define(
            f"{name}_coverage", f"{arguments} -> (Tensor, Tensor)",
            functools.partial(self.plain_filter, with_coverage=True),
            functools.partial(_describe_outputs, with_coverage=True),
            lambda *arguments: self._differentiable_filter(self.coverage_operator, *arguments, with_coverage=True))
        self.backward_operator = self._define(
            f"{name}_backward",
            "(Tensor grad_output, Tensor input, Tensor weight, Tensor? bias, Tensor? output, Tensor? coverage, "
            f"{_SETTINGS}, bool[3] wanted) -> Tensor[]",
            self.backward, _describe_gradients)
        self.grad_weight_operator = self._define(
            f"{name}_grad_weight",
            "(Tensor input, Tensor grad_output, int[2] kernel_size, int dilation, int groups, ScalarType dtype) -> "
            "Tensor",
            self._grad_weight, _describe_grad_weight, self._differentiable_grad_weight)

    @staticmethod
    def _define(name: str, schema: str, kernel: Callable, describe: Callable, differentiable: Callable | None = None):
        _namespace.define(name + schema, tags=torch.Tag.pt2_compliant_tag)

        @torch._disable_dynamo
        def untraced(*arguments):
            return kernel(*arguments)

        for key in ("CPU", "CUDA"):
            _namespace.impl(name, untraced, key)
        torch.library.register_fake(f"weighted_filter::{name}", describe, lib=_namespace)
        if differentiable:
            _namespace.impl(name, differentiable, "Autograd")
        return getattr(torch.ops.weighted_filter, name).default

    def filter(self, input: Tensor, weight: Tensor, bias: Tensor | None, *settings,
               with_coverage: bool = False) -> Sequence[Tensor]:
        """output, and perhaps coverage. settings are kernel_size, mode, dilation, groups."""
        if only_autograd_sees(input, weight, bias):
            if records_nothing():
                return self.plain_filter(input, weight, bias, *settings, with_coverage=with_coverage)
            return Filter.fast_apply(self, self.plain_filter, input, weight, bias, settings,
                                     with_coverage or settings[1] != "linear")
        check_layouts(input, weight)
        check_devices(input, weight, bias)
        if torch.onnx.is_in_onnx_export():
            check_sizes(input, weight, bias, settings[0], settings[3])
            return decompose(self is splat, input, weight, bias, *settings)
        if sharding.are_sharded(input, weight, bias):
            sharding.register()
        if is_transformed():
            return Filter.apply(self, self._below_autograd, input, weight, bias, settings,
                                with_coverage or settings[1] != "linear")
        if with_coverage:
            return self.coverage_operator(input, weight, bias, *settings)
        return (self.filter_operator(input, weight, bias, *settings),)

    def grad_weight(self, input: Tensor, grad_output: Tensor, *settings) -> Tensor:
        """wf_grad_weight. settings are kernel_size, dilation, groups, and the type of the result."""
        if only_autograd_sees(input, grad_output):
            if records_nothing():
                return self._grad_weight(input, grad_output, *settings)
            return GradWeight.fast_apply(self, self._grad_weight, input, grad_output, settings)
        if is_transformed():
            return GradWeight.apply(self, _below_autograd(self.grad_weight_operator), input, grad_output, settings)
        return self.grad_weight_operator(input, grad_output, *settings)

    def linear(self, input: Tensor, weight: Tensor, kernel_size: Sequence[int], dilation: int, groups: int) -> Tensor:
        return self.filter(input, weight, None, kernel_size, "linear", dilation, groups)[0]

    # ---- Kernels. A batch of no images is refused by libwf, and nothing to compute ----

    def plain_filter(self, input, weight, bias, *settings, with_coverage=False):
        outputs = _allocate_outputs(input, weight, bias, *settings, with_coverage=with_coverage)
        try:
            library.apply(self.index, settings, input, weight, bias, *outputs)
        except ValueError:
            check_sizes(input, weight, bias, settings[0], settings[3])
            if input.shape[0]:
                raise
        return outputs

    def backward(self, grad_output, input, weight, bias, output, coverage, *settings_and_wanted):
        *settings, wanted = settings_and_wanted
        gradients = _allocate_gradients(grad_output, input, weight, bias, output, coverage, *settings, wanted)
        try:
            library.backward(self.index, settings, input, weight, bias, output, coverage, grad_output,
                             *in_place(gradients, wanted))
        except ValueError:
            check_sizes(input, weight, bias, settings[0], settings[3])
            check_image("grad_output", grad_output, input)
            if input.shape[0]:
                raise
            return [gradient.zero_() for gradient in gradients]
        return gradients

    def _grad_weight(self, input, grad_output, kernel_size, dilation, groups, dtype):
        grad_weight = _allocate_grad_weight(input, grad_output, kernel_size, dilation, groups, dtype)
        try:
            library.grad_weight(self.index, (kernel_size, "linear", dilation, groups), input, grad_output, grad_weight)
        except ValueError:
            check_image("grad_output", grad_output, input)
            if input.shape[0]:
                raise
        return grad_weight

    # ---- At the Autograd key ----

    def _below_autograd(self, input, weight, bias, *settings, with_coverage=False):
        with torch._C._AutoDispatchBelowAutograd():
            if with_coverage:
                return self.coverage_operator(input, weight, bias, *settings)
            return (self.filter_operator(input, weight, bias, *settings),)

    def _differentiable_filter(self, registered, input, weight, bias, *settings, with_coverage=False):
        if not is_differentiated(input, weight, bias):
            return self._below_autograd(input, weight, bias, *settings, with_coverage=with_coverage)
        return Filter.fast_apply(self, self._below_autograd, input, weight, bias, settings,
                                 with_coverage or settings[1] != "linear")

    def _differentiable_grad_weight(self, input, grad_output, *settings):
        return GradWeight.fast_apply(self, _below_autograd(self.grad_weight_operator), input, grad_output, settings)


def _below_autograd(registered: Callable) -> Callable:
    def kernel(*arguments):
        with torch._C._AutoDispatchBelowAutograd():
            return registered(*arguments)
    return kernel


# ---- What the kernels return, not yet written ------------------------------------------------------------------------


def _allocate_outputs(input, weight, bias, kernel_size, mode, dilation, groups, with_coverage=False):
    output = torch.empty_like(input)
    if not with_coverage:
        return (output,)
    return output, input.new_empty((input.shape[0], groups, *input.shape[2:]), dtype=sum_dtype(input.dtype))


def _allocate_gradients(grad_output, input, weight, bias, output, coverage, kernel_size, mode, dilation, groups,
                        wanted):
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


# The same of tensors without data: checked here, as libwf checks those that have some.


def _describe_outputs(input, weight, bias, kernel_size, mode, dilation, groups, with_coverage=False):
    check_sizes(input, weight, bias, kernel_size, groups)
    return _allocate_outputs(input, weight, bias, kernel_size, mode, dilation, groups, with_coverage)


def _describe_gradients(grad_output, input, weight, bias, output, coverage, kernel_size, mode, dilation, groups,
                        wanted):
    check_sizes(input, weight, bias, kernel_size, groups)
    check_image("grad_output", grad_output, input)
    return _allocate_gradients(grad_output, input, weight, bias, output, coverage, kernel_size, mode, dilation, groups,
                               wanted)


def _describe_grad_weight(input, grad_output, kernel_size, dilation, groups, dtype):
    check_image("grad_output", grad_output, input)
    return _allocate_grad_weight(input, grad_output, kernel_size, dilation, groups, dtype)


gather = Operator(library.GATHER, "gather")
splat = Operator(library.SPLAT, "splat")
gather.adjoint, splat.adjoint = splat, gather


def gather_splat(input: Tensor, weight: Tensor, bias: Tensor | None, *settings) -> tuple[Tensor, Tensor]:
    """Both operators. In one call where nothing of it is kept for gradients but what linear weights need."""
    if only_autograd_sees(input, weight, bias) and torch.autograd.forward_ad._current_level < 0:
        if not is_differentiated(input, weight, bias):
            return _gather_splat(input, weight, bias, *settings)
        if settings[1] == "linear":
            return Both.fast_apply(gather, _gather_splat, input, weight, bias, settings)
    return gather.filter(input, weight, bias, *settings)[0], splat.filter(input, weight, bias, *settings)[0]


def _gather_splat(input, weight, bias, *settings):
    outputs = torch.empty_like(input), torch.empty_like(input)
    try:
        library.gather_splat(settings, input, weight, bias, *outputs)
    except ValueError:
        check_sizes(input, weight, bias, settings[0], settings[3])
        if input.shape[0]:
            raise
    return outputs
