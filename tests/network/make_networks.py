"""Makes the networks of this folder's tests: python make_networks.py. Random numbers with a seed; what is tested is
that every reader computes the same of them.

    tiny      two levels of 16 channels, 5x5 kernels at both
    uneven    three levels, kernels at two of them and of different sizes, few features in another order
    single    one level, 13x13 kernels, the color as it is
    lifted    kernels' logits around 100, whose exponentials no float32 holds: a softmax does not mind
    steep     the same of one tap of each kernel at full resolution
"""

import pathlib

import torch

from weighted_filter.network import Architecture, Feature, Network, save_network

FOLDER = pathlib.Path(__file__).parent / "networks"
ARCHITECTURES = {
    "tiny": Architecture(channels=(16, 16), encoder=(2, 1), decoder=(1,), kernels=(5, 5)),
    "uneven": Architecture(channels=(32, 16, 48), encoder=(1, 2, 1), decoder=(1, 2), kernels=(3, 5), albedo_kernel=3,
                           epsilon=0.1,
                           features=(Feature("depth", 0.25), Feature("albedo"), Feature("demodulated", 0.5, 4.0))),
    "single": Architecture(channels=(16,), encoder=(2,), decoder=(), kernels=(13,), albedo_kernel=0,
                           features=(Feature("color", 0.5, 8.0),)),
    "lifted": Architecture(channels=(16, 16), encoder=(1, 1), decoder=(1,), kernels=(5, 3)),
    "steep": Architecture(channels=(16, 16), encoder=(1, 1), decoder=(1,), kernels=(5, 3)),
}
LIFT = {"lifted": 100}
STEP = {"steep": 100}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for seed, (name, architecture) in enumerate(ARCHITECTURES.items()):
        torch.manual_seed(seed)
        network = Network(architecture)
        with torch.no_grad():
            for head in network.head:  # kernels that differ from pixel to pixel
                head.weight *= 10
                head.bias.normal_().add_(LIFT.get(name, 0))
            for first in range(0, 2 * architecture.kernels[0]**2, architecture.kernels[0]**2):  # gather's tap, splat's
                network.head[0].bias[first] += STEP.get(name, 0)
            for layers in (*network.encoder, *network.decoder):
                for layer in layers:
                    layer.bias.normal_(0, 0.1)
        save_network(FOLDER / f"{name}.safetensors", network, name=f"{name}, of random numbers",
                     origin="tests/network/make_networks.py", licence="CC0-1.0")


if __name__ == "__main__":
    main()
