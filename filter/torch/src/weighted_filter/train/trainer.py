"""A training run from its start, or from where it was cut, to its end."""

from __future__ import annotations

import json
import pathlib
import signal
import time

import numpy as np
import torch

from ..network import Architecture, Network, load_network, save_network
from . import checkpoint, draw, frames, log, loss, pictures, records, schedule
from .options import Options, as_json, default_crops
from .pool import Manifest, Pool, Watcher
from .processes import Processes
from .step import Step
from .validation import table, validate

CONTROL_STEPS = 20  # after so many, processes agree on what comes next
_LOOK_SECONDS, _WAIT_SECONDS = 2.0, 0.5  # between looks for new files
_MEMORY_SHARE = 0.6  # of a device's free memory, for pairs
_CPU_BYTES = 2 << 30


class Trainer:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.processes = Processes(options.device)
        self.folder = pathlib.Path(options.out)
        if self.processes.first:
            self.folder.mkdir(parents=True, exist_ok=True)
        self.log = log.Log(self.folder, self.processes.first)
        self._signal = 0
        self._choose_arithmetic()
        self.step = 0
        self.elapsed = 0.0  # seconds of training, earlier runs' included
        self.manifest: Manifest = []
        self.validations: list[dict] = []
        self.speed = 0.0  # samples a second of all processes
        self._frames = frames.load(options.frames) if self.processes.first else {}
        self._load_pairs()
        self._make_network()

    # ---- Start ----

    def _choose_arithmetic(self) -> None:
        cuda = self.processes.device.type == "cuda"
        self.options.dtype = self.options.dtype or (torch.bfloat16 if cuda else torch.float32)
        torch.backends.cudnn.benchmark = not self.options.deterministic
        torch.backends.cudnn.deterministic = self.options.deterministic
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = self.options.dtype != torch.float32

    def _load_pairs(self) -> None:
        """All that is there, and as many as the options want to wait for."""
        options, processes = self.options, self.processes
        first = processes.exchange(self._first_manifest() if processes.first else [])[0]
        shape = records.open_slice(first[0][0]).shape
        options.crops = options.crops or default_crops(shape)
        for height, width, _ in options.crops:
            if height > shape.height or width > shape.width:
                raise ValueError(f"--crops has {width}x{height}, pairs have {shape.width}x{shape.height} pixels")
        self._shares = shares = processes.count if options.spread else 1
        self.pool = Pool(shape, self._capacity(shape, first), processes.device, (processes.rank % shares, shares))
        start = time.monotonic()
        self._take(first)
        self.pool.wait()
        while (ready := min(processes.exchange(self.pool.ready))) * shares < options.minimum_pairs:
            self.log.progress(0, f"{ready * shares} of {options.minimum_pairs} pairs are there")
            time.sleep(_WAIT_SECONDS)
            self._take(processes.exchange(self._look())[0])
            self.pool.wait()
        self.pairs = ready  # that a process draws from
        self.log.say(f"{ready * shares} pairs of {shape.width}x{shape.height} pixels and {shape.buffers} buffers in "
                     f"{time.monotonic() - start:.1f} s; {self.pool.unusable} are of no use, there is place for "
                     f"{self.pool.capacity}")

    def _first_manifest(self) -> Manifest:
        saved = checkpoint.peek_manifest(self.folder / "checkpoint.pt") or []
        self._watcher = Watcher(self.options.data, saved)
        manifest = saved + self._look()
        if not manifest:
            folder = records.find_folder(self.options.data)
            self.log.say(f"{folder}: has no training pairs yet, which are waited for")
        while not manifest:
            time.sleep(_WAIT_SECONDS)
            manifest = self._look()
        return manifest

    def _look(self) -> Manifest:
        return self._watcher.new() if self.processes.first else []

    def _take(self, added: Manifest) -> None:
        self.manifest += added
        self.pool.load(added)

    def _capacity(self, shape: records.Shape, first: Manifest) -> int:
        if self.options.capacity:
            return self.options.capacity
        if self.processes.device.type == "cuda":
            size = int(_MEMORY_SHARE * torch.cuda.mem_get_info()[0])
        else:
            size = _CPU_BYTES
        fits = max(1, size // shape.bytes())
        grows = any(pathlib.Path(path).is_dir() for path in self.options.data) or any(
            not pathlib.Path(path).exists() for path, _, _ in first)
        return fits if grows else min(fits, -(-sum(count for _, _, count in first) // self._shares))

    def _make_network(self) -> None:
        options = self.options
        torch.manual_seed(options.seed)
        if options.init:
            network, _ = load_network(options.init)
            if options.architecture not in (Architecture(), network.architecture):
                raise ValueError(f"{options.init}: has other sizes than those given: python -m "
                                 "weighted_filter.train.resize makes a network of these out of it")
            options.architecture = network.architecture
        else:
            network = Network(options.architecture)
        self.work = Step(options, network, self.pool, self.processes, self.log.say)
        state = checkpoint.load(self.folder / "checkpoint.pt", options.identity(self.processes.count))
        if state:
            self.work.load_state(state["step_state"])
            self.step, self.elapsed, self.validations = state["step"], state["elapsed"], state["validations"]
            self.log.say(f"goes on from step {self.step}, after {self.elapsed:.0f} s")
        if self.processes.first:
            self.log.start(self.step)
        self.log.say(f"network {options.architecture.parameters()} parameters, "
                     f"{options.architecture.flop_per_pixel() / 1e3:.0f} kFLOP a pixel; batch {options.batch} x "
                     f"{self.processes.count}, crops " + ", ".join(f"{w}x{h}" for h, w, _ in options.crops))

    # ---- The run ----

    def run(self) -> int:
        """0: the run is done. Else the signal that ended it, 128 added as shells do."""
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._loop()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        self._save()
        self._validate()
        self._report()
        if self._done():
            self.log.say(f"done: {self.step} steps in {self.elapsed:.0f} s, {self.folder / 'network.safetensors'}")
        else:
            self.log.say(f"stopped by a signal at step {self.step}: the same command goes on from there")
        self.log.close()
        self.pool.close()
        self.processes.close()
        return 0 if self._done() else 128 + self._signal

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signal = number

    def _progress(self) -> float:
        return self.step / self.options.steps if self.options.steps else self.elapsed / self.options.seconds

    def _done(self) -> bool:
        return self._progress() >= 1

    def _loop(self) -> None:
        options = self.options
        earlier, start = self.elapsed, time.monotonic()
        self._saved = self._validated = self._looked = self._logged = time.monotonic()
        self._logged_step = self.step
        shares = [share for _, _, share in options.crops]
        first = self.processes.rank * options.batch
        while True:
            if self.step % CONTROL_STEPS == 0 or self._done():
                self.elapsed = earlier + time.monotonic() - start
                if self._agree():
                    return
            random = draw.generator(options.seed, self.step)
            crop = draw.choose(random, shares)
            numbers = draw.draw(random, self.pairs, options.batch * self.processes.count, self.pool.shape,
                                options.crops[crop][:2], options.defects)
            rate = schedule.rate(options.learning_rate, self.step, options.warm_up, self._progress())
            self.work.run(rate, schedule.average_weight(options.average, self.step), crop,
                          numbers[first:first + options.batch])
            self.step += 1
            if self.step % options.log_every == 0:
                self._log_loss(rate)

    def _agree(self) -> bool:
        """Between steps, the same in all processes: time, new pairs, what to write; whether to end."""
        now = time.monotonic()
        self.pool.check()
        orders = {"elapsed": self.elapsed, "added": [], "save": False, "validate": False, "signal": self._signal,
                  "ready": self.pool.ready}
        if self.processes.first:
            if now - self._looked > _LOOK_SECONDS:
                self._looked, orders["added"] = now, self._look()
            orders["save"] = now - self._saved > self.options.checkpoint_every
            orders["validate"] = bool(self._frames) and now - self._validated > self.options.validate_every
        answers = self.processes.exchange(orders)
        self.pairs = min(answer["ready"] for answer in answers)
        self.elapsed = answers[0]["elapsed"]
        self._take(answers[0]["added"])
        self._signal = max(answer["signal"] for answer in answers)
        if self._done() or self._signal:
            return True
        if answers[0]["save"]:
            self._save()
            self._saved = time.monotonic()
        if answers[0]["validate"]:
            self._validate()
            self._validated = time.monotonic()
        return False

    # ---- What it writes ----

    def _log_loss(self, rate: float) -> None:
        sums = self.work.take_sums()
        now = time.monotonic()
        steps, seconds = self.step - self._logged_step, now - self._logged
        self._logged, self._logged_step = now, self.step
        counted = max(steps - sums["skipped"], 1)
        self.speed = steps * self.options.batch * self.processes.count / seconds
        row = {"step": self.step, "seconds": round(self.elapsed, 1),
               **{name: sum / counted for name, sum in sums.items()}, "skipped": sums["skipped"], "rate": rate,
               "pairs": self.pairs * self._shares, "samples_per_second": self.speed}
        self.log.add(row)
        self.log.progress(self._progress(),
                          f"step {self.step}  loss {row['loss']:.4f}  {1e3 * seconds / steps:.1f} ms a step  "
                          f"{self.speed:.0f} samples/s  {self.pairs * self._shares} pairs")

    def _save(self) -> None:
        if not self.processes.first:
            return
        checkpoint.save(self.folder / "checkpoint.pt", {
            "identity": self.options.identity(self.processes.count), "step": self.step, "elapsed": self.elapsed,
            "manifest": self.manifest, "validations": self.validations, "step_state": self.work.state()})
        save_network(self.folder / "network.safetensors", self.work.averaged_network(), name=self.options.name,
                     origin=self.options.origin, licence=self.options.licence)

    def _validate(self) -> None:
        if not self.processes.first:
            return
        benchmark, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, False
        network = self.work.averaged_network()
        if self._frames:
            rows, images = validate(network, self._frames, self.processes.device)
            self.validations.append({"step": self.step, "seconds": self.elapsed, "frames": rows})
            self.log.add_validation(self.step, rows)
            self.log.say("PSNR / SMAPE / relMSE / energy\n" + table(rows))
        else:
            _, images = validate(network, self._pairs_as_frames(), self.processes.device)
        torch.backends.cudnn.benchmark = benchmark
        self._draw(images)

    def _pairs_as_frames(self, count: int = 4) -> dict:
        """The first pairs, all buffers averaged: what there is to look at where no frames are given."""
        found, shape = {}, (-1, self.pool.shape.height, self.pool.shape.width)
        for index in range(min(count, self.pairs)):
            noisy = self.pool.noisy[index].float().mean(0).cpu().numpy().reshape(shape)
            clean = self.pool.clean[index].float().cpu().numpy().reshape(shape)
            found[f"pair {index}"] = {"color": noisy[:3], "albedo": noisy[3:6], "normal": noisy[6:9],
                                      "depth": noisy[9:], "reference": clean[:3]}
        return found

    def _draw(self, images: dict) -> None:
        try:
            pictures.sheet(self.folder / "samples.png", images)
            rows = self.log.rows()
            if rows:
                pictures.curve(self.folder / "loss.png", rows, self.validations)
        except ImportError as error:
            self.log.say(f"a picture is missing: {error}")

    def _report(self) -> None:
        losses = self.processes.exchange((self.pool.unusable, self.pool.left_out))[:self._shares]
        unusable, left_out = (sum(counts) for counts in zip(*losses))
        if not self.processes.first:
            return
        rows = self.log.rows()
        last = rows[-1] if rows else {}
        report = {
            "version": 1, "done": self._done(), "step": self.step, "seconds": self.elapsed,
            "samples": self.step * self.options.batch * self.processes.count,
            "samples_per_second": float(np.median([row["samples_per_second"] for row in rows])) if rows else None,
            "processes": self.processes.count, "device": self._device_name(), "torch": torch.__version__,
            "pairs": self.pairs * self._shares, "unusable": unusable, "left_out": left_out,
            "parameters": self.options.architecture.parameters(),
            "flop_per_pixel": self.options.architecture.flop_per_pixel(),
            "loss": {name: last.get(name) for name in ("loss", *loss.WEIGHTS)},
            "validation": self.validations[-1]["frames"] if self.validations else {},
            "validations": self.validations, "options": as_json(self.options),
        }
        part = self.folder / "report.json.part"
        part.write_text(json.dumps(report, indent=1) + "\n")
        part.replace(self.folder / "report.json")

    def _device_name(self) -> str:
        return torch.cuda.get_device_name() if self.processes.device.type == "cuda" else "CPU"
