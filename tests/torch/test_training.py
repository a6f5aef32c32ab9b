"""The usage example: a network predicts the weights, the layer filters, the loss falls."""

import pytest
import torch
from torch import nn
from weighted_filter import WeightedFilter


class UNet(nn.Module):
    """One level down and up: as small as one can be."""

    def __init__(self, in_channels, out_channels, width=16):
        super().__init__()
        self.before = nn.Sequential(nn.Conv2d(in_channels, width, 3, padding=1), nn.ReLU())
        self.below = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
                                   nn.Upsample(scale_factor=2))
        self.after = nn.Conv2d(2 * width, out_channels, 3, padding=1)

    def forward(self, features):
        before = self.before(features)
        return self.after(torch.cat([before, self.below(before)], dim=1))


@pytest.mark.parametrize("splat, mode", [(False, "linear"), (False, "softmax"), (True, "softmax"), (True, "linear")])
def test_loss_falls(device, splat, mode):
    torch.manual_seed(1)  # how fast a network learns is no property of the layer
    rows = torch.linspace(0, 3, 32)
    target = torch.stack([rows.sin().expand(32, 32), rows.cos().expand(32, 32).mT, (rows * rows[:, None]).sin()])
    target = target.expand(2, 3, 32, 32).to(device)
    normal = torch.nn.functional.normalize(target, dim=1)
    color = target + 0.5 * torch.randn_like(target)

    network = UNet(in_channels=6, out_channels=25).to(device)
    layer = WeightedFilter(3, 5, splat=splat, mode=mode).to(device)
    optimizer = torch.optim.Adam([*network.parameters(), *layer.parameters()], lr=3e-3)
    losses = []
    for _ in range(40):
        output = layer(color, network(torch.cat([color, normal], dim=1)))
        loss = nn.functional.mse_loss(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    noise = nn.functional.mse_loss(color, target).item()
    assert losses[-1] < 0.5 * noise and losses[-1] < 0.8 * losses[0]
    assert layer.bias.abs().sum() > 0
