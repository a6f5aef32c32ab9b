"""One training step on one device: augment, features, network, filters, loss, gradient; then the optimizer.

On a GPU both halves are CUDA graphs, captured once for each size of crops: the host only copies a few hundred numbers a
step and never waits. Between the halves the gradient is averaged over processes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..network import Network
from ..network.denoise import apply_kernels
from ..network.features import clean, exposure, features
from . import augment, draw, loss
from .options import Options
from .parameters import Parameters
from .pool import Pool
from .processes import Processes

RATE, AVERAGE_WEIGHT, HEADER = 0, 1, 8  # of the numbers that a step is given, before those of its samples
STEPS_AHEAD = 8  # of the device, which the host may be
WARM_UPS = 3  # before a graph is captured
BETAS, NORM_EPSILON = (0.9, 0.99), 1e-6


class Step:
    """vector and average (its exponential moving average) are the network's parameters; sums adds up the loss, its
    terms, the gradient's norm and the number of steps whose gradient was not finite and was left out."""

    def __init__(self, options: Options, network: Network, pool: Pool, processes: Processes,
                 say: Callable[[str], None]) -> None:
        self.options, self.network, self.pool, self.processes, self._say = options, network, pool, processes, say
        device = processes.device
        self.parameters = Parameters(network)
        self.vector = self.parameters.vector(network).to(device).requires_grad_()
        self.average = self.vector.detach().clone()
        self.gradient = torch.zeros_like(self.average)
        self.vector.grad = self.gradient
        self.names = ["loss", *loss.WEIGHTS, "gradient_norm", "skipped"]
        self.terms = torch.zeros(len(self.names) - 2, device=device)
        self.sums = torch.zeros(len(self.names), device=device)
        columns = draw.columns(pool.shape)
        self._inputs = torch.zeros(HEADER + options.batch * columns, device=device)
        self._numbers = self._inputs[HEADER:].view(options.batch, columns)
        self.optimizer = torch.optim.AdamW([self.vector], lr=self._inputs[RATE], betas=BETAS,
                                           weight_decay=options.weight_decay, fused=True,
                                           capturable=device.type == "cuda")
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}
        self._update_graph: torch.cuda.CUDAGraph | None = None
        self._memory = None
        self._cuda = device.type == "cuda"
        self._captures = self._cuda and options.graph
        self._tried: set[int] = set()  # crops that torch.compile has seen
        self._staging = [torch.zeros_like(self._inputs, device="cpu", pin_memory=self._cuda)
                         for _ in range(STEPS_AHEAD + 1)]
        self._events: deque[torch.cuda.Event] = deque()
        self._turn = 0
        self.compile = options.compile or ("parts" if self._cuda else "off")
        self._prepare, self._whole, self._terms = self._compile()
        self._start_optimizer()

    # ---- What a step computes ----

    def _compile(self):
        """The pieces that torch.compile fuses, as far as the options ask for it."""
        prepare, whole, terms = self._prepare_eager, self._terms_of, loss.terms
        how = self.compile
        if how == "all":
            whole = torch.compile(whole, dynamic=False)
        elif how == "parts":
            prepare, terms = torch.compile(prepare, dynamic=False), torch.compile(terms, dynamic=False)
        return prepare, whole, terms

    def _prepare_eager(self, noisy: Tensor, clean_planes: Tensor, numbers: Tensor, crop: tuple[int, int]):
        batch = augment.augment(noisy, clean_planes, numbers, self.pool.shape.width, crop)
        frame = clean(batch.frame)
        seen = exposure(frame.color) * numbers[:, draw.INPUT_EXPOSURE, None, None, None]
        planes = features(self.network.architecture, frame, seen, self.network.planes).to(self.options.dtype)
        return (augment.Batch(frame, batch.reference, batch.albedo),
                planes.contiguous(memory_format=torch.channels_last),
                exposure(batch.reference) * numbers[:, draw.LOSS_EXPOSURE, None, None, None])

    def _terms_of(self, vector: Tensor, crop: tuple[int, int]) -> Tensor:
        batch, planes, loss_exposure = self._prepare(self.pool.noisy, self.pool.clean, self._numbers, crop)
        tensors = self.parameters.tensors(vector.to(self.options.dtype))
        kernels = torch.func.functional_call(self.network, tensors, (planes,))
        denoised = apply_kernels(self.network.architecture, batch.frame, kernels)
        terms = self._terms(denoised, batch, loss_exposure)
        weighted = sum(self.options.loss[name] * term for name, term in terms.items() if self.options.loss[name])
        return torch.stack([weighted, *(terms[name] for name in loss.WEIGHTS)])

    def _first_half(self, crop: tuple[int, int]) -> None:
        terms = self._whole(self.vector, crop)
        gradient, = torch.autograd.grad(terms[0], self.vector)
        self.gradient.copy_(gradient)
        self.terms.copy_(terms.detach())

    @torch.no_grad()
    def _second_half(self) -> None:
        norm = self.gradient.norm()
        finite = norm.isfinite()
        limited = self.gradient * (self.options.clip / (norm + NORM_EPSILON)).clamp_max(1)
        self.gradient.copy_(torch.where(finite, limited, 0))
        self.optimizer.step()
        self.average.lerp_(self.vector, self._inputs[AVERAGE_WEIGHT])
        measured = torch.cat([self.terms, norm[None]])
        self.sums[:-1] += torch.where(finite, measured, 0)
        self.sums[-1] += ~finite

    # ---- Running it ----

    def run(self, rate: float, average_weight: float, crop: int, numbers: np.ndarray) -> None:
        """Enqueues a step: crop is the place among the options' crops, numbers are draw's."""
        staging = self._staging[self._turn]
        self._turn = (self._turn + 1) % len(self._staging)
        staging[RATE], staging[AVERAGE_WEIGHT] = rate, average_weight
        staging[HEADER:] = torch.from_numpy(numbers).flatten()
        self._inputs.copy_(staging, non_blocking=True)
        self._differentiate(crop, self.options.crops[crop][:2])
        self.processes.average(self.gradient)
        self._update()
        if self._cuda:
            self._limit_steps_ahead()

    def _differentiate(self, crop: int, size: tuple[int, int]) -> None:
        if crop not in self._tried:
            self._try_compiled(size)
            self._tried.add(crop)
        if not self._captures:
            self._first_half(size)
            return
        if crop not in self._graphs:
            graph = self._capture(lambda: self._first_half(size), f"crops of {size[1]}x{size[0]}")
            if not graph:
                self._first_half(size)
                return
            self._graphs[crop] = graph
        self._graphs[crop].replay()

    def _update(self) -> None:
        if not self._captures:
            self._second_half()
            return
        if not self._update_graph:
            before, gradient = self._copy_state(), self.gradient.clone()
            self._update_graph = self._capture(self._second_half, "the optimizer")
            self._paste_state(*before)
            self.gradient.copy_(gradient)
            if not self._update_graph:
                self._second_half()
                return
        self._update_graph.replay()

    def _try_compiled(self, size: tuple[int, int]) -> None:
        """The first step of this size: where torch.compile fails, says so and goes on without."""
        if self.compile == "off":
            return
        start = time.monotonic()
        try:
            with self.pool.device_lock:
                self._first_half(size)
        except Exception as error:  # whatever a compiler may raise
            self._say("torch.compile failed, and training is slower without: "
                      f"{str(error).strip().splitlines()[0][:300]}")
            self.compile = "off"
            self._prepare, self._whole, self._terms = self._compile()
        else:
            self._say(f"compiled for crops of {size[1]}x{size[0]} in {time.monotonic() - start:.1f} s")

    def _limit_steps_ahead(self) -> None:
        event = torch.cuda.Event(blocking=True)
        event.record()
        self._events.append(event)
        if len(self._events) >= STEPS_AHEAD:
            self._events.popleft().synchronize()

    def _capture(self, work: Callable[[], None], what: str) -> torch.cuda.CUDAGraph | None:
        """A graph of what work does, which is done a few times on the way. None: it, and all else, is not captured."""
        start = time.monotonic()
        try:
            with self.pool.device_lock:
                graph = self._warm_and_capture(work)
        except RuntimeError as error:
            self._say(f"CUDA cannot capture {what}, and training is slower without: "
                      f"{str(error).strip().splitlines()[0][:300]}")
            self._captures = False
            return None
        self._say(f"captured {what} in {time.monotonic() - start:.1f} s")
        return graph

    def _warm_and_capture(self, work: Callable[[], None]) -> torch.cuda.CUDAGraph:
        torch.cuda.synchronize()
        with torch.cuda.stream(torch.cuda.Stream()):
            for _ in range(WARM_UPS):
                work()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._memory, capture_error_mode="thread_local"):
            work()
        self._memory = self._memory or graph.pool()
        torch.cuda.synchronize()
        return graph

    # ---- State ----

    def _start_optimizer(self) -> None:
        """Moments and counter, which the optimizer makes in its first step, as before that step."""
        vector = self.vector.detach().clone()
        self.optimizer.step()
        for tensor in self._moments():
            tensor.zero_()
        with torch.no_grad():
            self.vector.copy_(vector)

    def _moments(self) -> list[Tensor]:
        state = self.optimizer.state[self.vector]
        return [state[name] for name in ("step", "exp_avg", "exp_avg_sq")]

    def _copy_state(self):
        return ([moment.clone() for moment in self._moments()], self.vector.detach().clone(), self.average.clone(),
                self.sums.clone())

    @torch.no_grad()
    def _paste_state(self, moments: list[Tensor], vector: Tensor, average: Tensor, sums: Tensor) -> None:
        for own, moment in zip(self._moments(), moments):
            own.copy_(moment)
        self.vector.copy_(vector)
        self.average.copy_(average)
        self.sums.copy_(sums)

    def state(self) -> dict:
        """Everything that the next step depends on, on the CPU."""
        moments, vector, average, sums = self._copy_state()
        return {"moments": [moment.cpu() for moment in moments], "vector": vector.cpu(), "average": average.cpu(),
                "sums": sums.cpu()}

    def load_state(self, state: dict) -> None:
        self._paste_state(state["moments"], state["vector"], state["average"], state["sums"])

    def take_sums(self) -> dict[str, float]:
        """What has added up since the last call; waits for the device."""
        sums = dict(zip(self.names, self.sums.tolist()))
        self.sums.zero_()
        return sums

    def averaged_network(self) -> Network:
        """A network of its own, with the averaged parameters, on the CPU."""
        network = Network(self.network.architecture)
        self.parameters.fill(network, self.average.cpu())
        return network
