"""Whole runs of python -m weighted_filter.train: learning, resuming, several processes, growing data, bad arguments."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from pairs import make_pairs
from weighted_filter.network import load_network
from weighted_filter.train import options, trainer

SMALL = ["--channels", "16,16", "--encoder", "1,1", "--decoder", "1", "--kernels", "3,3", "--albedo-kernel", "3",
         "--batch", "2", "--compile", "off", "--device", "cpu", "--learning-rate", "3e-3", "--warm-up", "5",
         "--log-every", "10", "--crops", "32x32:2,29x21"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
TRAIN = [sys.executable, "-m", "weighted_filter.train"]


def train(*arguments, status=0, launcher=TRAIN, environment=ENVIRONMENT):
    command = [*launcher, *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == status, result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    np.save(folder / "a.npy", make_pairs(4))
    np.save(folder / "b.npy", make_pairs(4, seed=1))
    return folder


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """For validation; a picture that is not among the pairs."""
    path = tmp_path_factory.mktemp("frames") / "picture.npz"
    pair, = make_pairs(1, (45, 37), 1, seed=9)
    np.savez(path, color=pair["color"][0], albedo=pair["albedo"][0], normal=pair["normal"][0], depth=pair["depth"],
             reference=pair["reference"])
    return path


def parameters(folder):
    state = torch.load(folder / "checkpoint.pt", weights_only=True)["step_state"]
    return state["vector"], state["average"], *state["moments"]


@pytest.fixture(scope="module")
def whole(data, frame, tmp_path_factory):
    """A run that was not cut."""
    folder = tmp_path_factory.mktemp("whole")
    train("--data", data, "--out", folder, "--steps", 60, *SMALL, "--frames", frame, "--name", "test", "--licence",
          "MIT")
    return folder


def test_it_learns_and_writes_everything(whole):
    report = json.loads((whole / "report.json").read_text())
    told = [report[name] for name in ("done", "step", "samples", "pairs", "processes")]
    assert told == [True, 60, 120, 8, 1]
    losses = [json.loads(line)["loss"] for line in (whole / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 6 and losses[-1] < losses[0] - 0.05
    result = report["validation"]["picture"]
    for kind in ("gather", "splat"):
        assert result[kind]["psnr"] > result["noisy"]["psnr"] + 5
        assert result[kind]["smape"] < 0.6 * result["noisy"]["smape"]
    assert report["validation"]["mean"]["gather"] == result["gather"]
    network, texts = load_network(whole / "network.safetensors")
    assert texts == {"name": "test", "origin": "", "licence": "MIT"}
    assert report["parameters"] == network.architecture.parameters()
    for picture in ("samples.png", "loss.png"):
        assert (whole / picture).read_bytes().startswith(b"\x89PNG")


def test_cut_and_resumed_is_the_same_to_the_bit(whole, data, tmp_path):
    command = [*TRAIN, "--data", data, "--out", tmp_path, "--steps", "60", *SMALL, "--name", "test", "--licence", "MIT",
               "--checkpoint-every", "0.01"]
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen([*map(str, command)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        start = None if number == signal.SIGTERM else (tmp_path / "checkpoint.pt").stat().st_mtime_ns
        while process.poll() is None:
            log = tmp_path / "log.jsonl"
            checkpoint = tmp_path / "checkpoint.pt"
            if log.exists() and log.read_text() and (not start or checkpoint.stat().st_mtime_ns != start):
                process.send_signal(number)
                break
            time.sleep(0.01)
        message = process.communicate()[1]
        assert process.returncode in ((128 + number, 0) if number == signal.SIGTERM else (-number, 0)), message
    train(*command[3:])
    for one, other in zip(parameters(whole), parameters(tmp_path)):
        assert torch.equal(one, other)
    assert (whole / "network.safetensors").read_bytes() == (tmp_path / "network.safetensors").read_bytes()
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [10, 20, 30, 40, 50, 60]
    assert "done: 60 steps" in train(*command[3:])  # there is nothing left to do


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """The environment of a job on one machine with two GPUs: Slurm's variables, stand-ins for its commands."""
    commands = {"srun": 'exec "$@"', "scontrol": "echo localhost",
                "torchrun": f'exec {shlex.quote(sys.executable)} -m torch.distributed.run "$@"'}
    (tmp_path / "bin").mkdir()
    for name, line in commands.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return {**ENVIRONMENT, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "PORT": str(free_port()),
            "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "localhost", "SLURM_JOB_NUM_NODES": "1",
            "SLURM_GPUS_ON_NODE": "2"}


def test_two_processes_of_a_slurm_job_are_one_with_the_double_batch(data, cluster, tmp_path, root):
    arguments = ["--data", data, "--steps", "20", *SMALL, "--defects", "0"]
    train(*arguments, "--out", tmp_path / "two", launcher=[root / "filter" / "torch" / "examples" / "train.sbatch"],
          environment=cluster)
    train(*arguments, "--out", tmp_path / "one", "--batch", "4")
    for two, one in zip(parameters(tmp_path / "two"), parameters(tmp_path / "one")):
        torch.testing.assert_close(two, one, rtol=1e-4, atol=1e-6)
    report = json.loads((tmp_path / "two" / "report.json").read_text())
    assert (report["processes"], report["samples"]) == (2, 80)


def test_two_processes_that_hold_different_pairs(data, cluster, tmp_path):
    arguments = ["--data", data, *SMALL, "--spread"]
    launcher = ["torchrun", "--nproc-per-node", "2", "--master-port", cluster["PORT"], "-m", "weighted_filter.train"]

    def run(out, *more):
        message = train(*arguments, "--out", tmp_path / out, *more, launcher=launcher, environment=cluster)
        return message, json.loads((tmp_path / out / "report.json").read_text())

    message, report = run("out", "--steps", 20, "--capacity", 4)
    assert "8 pairs of 32x32" in message and (report["pairs"], report["left_out"], report["samples"]) == (8, 0, 80)
    _, small = run("small", "--steps", 1, "--capacity", 3)
    assert (small["pairs"], small["left_out"]) == (6, 2)
    message = train(*arguments, "--out", tmp_path / "out", "--steps", 20, "--batch", "4", status=1)
    assert message.endswith("is of a run with spread over 2, not 1: give another --out, with --init to start from its "
                            "network\n")


def test_starts_from_a_network(whole, data, tmp_path):
    train("--data", data, "--out", tmp_path, "--steps", 1, "--init", whole / "network.safetensors", *SMALL[10:],
          "--learning-rate", "1e-9")
    before, after = (load_network(folder / "network.safetensors")[0] for folder in (whole, tmp_path))
    assert before.architecture == after.architecture
    for name, tensor in before.state_dict().items():
        torch.testing.assert_close(after.state_dict()[name], tensor, atol=1e-4, rtol=1e-3)


def test_takes_up_pairs_that_come_while_it_trains(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    process = subprocess.Popen([*TRAIN, "--data", folder, "--out", tmp_path / "out", "--seconds", "600", *SMALL,
                                "--minimum-pairs", "3"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == f"{folder}: has no training pairs yet, which are waited for\n"
    np.save(folder / "first.npy", make_pairs(3))
    log = tmp_path / "out" / "log.jsonl"

    def wait_for(text):
        while process.poll() is None and not (log.exists() and text in log.read_text()):
            time.sleep(0.05)

    wait_for('"pairs": 3')
    np.save(folder / "again.npy", make_pairs(2, seed=5))  # sorts before what is there
    wait_for('"pairs": 5')
    process.send_signal(signal.SIGTERM)
    message = process.communicate()[1]
    assert process.returncode == 128 + signal.SIGTERM, message
    pairs = [json.loads(line)["pairs"] for line in log.read_text().splitlines()]
    assert pairs[0] == 3 and pairs[-1] == 5 and set(pairs) == {3, 5}
    manifest = torch.load(tmp_path / "out" / "checkpoint.pt", weights_only=True)["manifest"]
    assert [tuple(entry) for entry in manifest] == [(str(folder / "first.npy"), 0, 3),
                                                    (str(folder / "again.npy"), 0, 2)]


def test_one_run_at_a_time(data, tmp_path):
    """A second one with the same --out would write over the first one's checkpoints."""
    folder, out = tmp_path / "data", tmp_path / "out"
    folder.mkdir()
    first = subprocess.Popen([*TRAIN, "--data", folder, "--out", out, "--steps", "5", *SMALL], env=ENVIRONMENT,
                             stderr=subprocess.PIPE, text=True)
    assert "are waited for" in first.stderr.readline()
    assert train("--data", data, "--out", out, "--steps", 5, *SMALL,
                 status=1) == f"weighted_filter.train: {out}: another run writes there\n"
    np.save(folder / "first.npy", make_pairs(3))
    assert first.communicate()[1] and first.returncode == 0
    train("--data", folder, "--out", out, "--steps", 5, *SMALL)


@pytest.mark.parametrize("arguments, message", [
    ([], "give one of --steps and --seconds"),
    (["--steps", "5", "--seconds", "5"], "give one of --steps and --seconds"),
    (["--steps", "0"], "--steps is 0, it is above 0"),
    (["--steps", "5", "--batch", "0"], "--batch is 0, it is at least 1"),
    (["--steps", "5", "--defects", "1.5"], "--defects is 1.5, it is 0 to 1"),
    (["--steps", "5", "--average", "1"], "--average is 1.0, it is at least 0 and below 1"),
    (["--steps", "5", "--channels", "16,17"], "the architecture's channels have 17, they are multiples of 16"),
    (["--steps", "5", "--channels", "a"], "argument --channels: 'a' is not a list of integers"),
    (["--steps", "5", "--crops", "0x5"], "argument --crops: '0x5' is not a list of WxH:share"),
    (["--steps", "5", "--loss", "mse=1"],
     "argument --loss: the loss has no term 'mse': there are smape, log, gradient, coarse, energy, psnr, albedo"),
])
def test_wrong_usage(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        options.parse(["--data", "pairs", "--out", "out", *arguments])
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"python -m weighted_filter.train: error: {message}"


def test_help():
    """Every option says what it is, and a default where that is a value one could give."""
    text = " ".join(options.parser().format_help().split())
    described = {action.option_strings[0]: action.help for action in options.parser()._actions}
    assert all(described.values()), described
    assert re.findall(r"\(default: (?:None|True|False|\[\]|)\)", text) == []
    assert "--seed SEED of the first parameters and of which samples are drawn (default: 1)" in text


def test_errors(whole, data, frame, tmp_path):
    def fails(*arguments):
        with pytest.raises(ValueError) as error:
            trainer.Trainer(options.parse([*SMALL, "--steps", "60", *map(str, arguments)]))
        return str(error.value)

    out = tmp_path / "out"
    assert fails("--data", tmp_path / "none.npy", "--out", out) == f"{tmp_path}/none.npy: has no training pairs"
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "0000.exr").touch()
    assert fails("--data", pictures, "--out", out) == (
        f"{pictures}: has EXR files, training pairs are what wfview --dataset OUT.npy writes")
    assert fails("--data", data, "--out", out, "--frames", data / "a.npy") == (
        f"{data}/a.npy: is no frame of weighted_filter.train.frames: it has no color")
    assert fails("--data", data, "--out", out, "--init", data / "a.npy").startswith(f"{data}/a.npy: is no safetensors "
                                                                                    "file: ")
    assert fails("--data", data, "--out", out, "--crops", "40x8") == "--crops has 40x8, pairs have 32x32 pixels"
    assert fails("--data", data, "--out", whole, "--seed", "2") == (
        f"{whole}/checkpoint.pt: is of a run with seed 1, not 2: give another --out, with --init to start from its "
        "network")
    network = whole / "network.safetensors"
    assert fails("--data", data, "--out", out, "--init", network, "--channels", "16,32") == (
        f"{network}: has other sizes than those given: python -m weighted_filter.train.resize makes a network of these "
        "out of it")
    for arguments, difference in ((["--channels", "16,32"], "channels [16, 16], not [16, 32]"),
                                  (["--seconds", "5"], "steps 60, not none"),
                                  (["--init", network], f"no init, not {network}")):
        settings = [*SMALL, *(["--steps", "60"] if "--seconds" not in arguments else []), *map(str, arguments)]
        with pytest.raises(ValueError,
                           match=re.escape(f"checkpoint.pt: is of a run with {difference}: give another --out")):
            trainer.Trainer(options.parse(["--data", str(data), "--out", str(whole), *settings]))
    (out / "checkpoint.pt").write_bytes(b"nothing")
    assert fails("--data", data, "--out", out).startswith(f"{out}/checkpoint.pt: is no checkpoint: ")
    assert train("--data", tmp_path / "none.npy", "--out", out, "--steps", 5, *SMALL, status=1) == (
        f"weighted_filter.train: {tmp_path}/none.npy: has no training pairs\n")


@pytest.mark.parametrize("compile", ["off", "parts", "all"])
def test_captured_and_compiled_steps_are_the_plain_ones(compile, gpu, data, tmp_path):
    arguments = ["--data", data, "--steps", "20", *SMALL, "--device", "cuda", "--dtype", "float32", "--deterministic"]
    train(*arguments, "--out", tmp_path / "plain", "--no-graph")
    message = train(*arguments, "--out", tmp_path / "captured", "--compile", compile)
    assert len(re.findall(r"captured .* in ", message)) == 3 and "failed" not in message
    for plain, captured in zip(parameters(tmp_path / "plain"), parameters(tmp_path / "captured")):
        torch.testing.assert_close(plain, captured, rtol=1e-3, atol=1e-4)


def test_a_run_on_a_gpu_learns(gpu, data, frame, tmp_path):
    train("--data", data, "--out", tmp_path, "--steps", 100, *SMALL, "--frames", frame, "--device", "cuda")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["options"]["dtype"] == "bfloat16"
    result = report["validation"]["picture"]
    assert min(result[kind]["psnr"] for kind in ("gather", "splat")) > result["noisy"]["psnr"] + 5
