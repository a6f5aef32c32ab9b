"""The weighted filter: every pixel has its own kernel, which another network predicts.

    from weighted_filter import WeightedFilter, gather, splat

    layer = WeightedFilter(3, 5, bias=False)                       # gather; splat=True scatters
    output = layer(color, network(features))                       # (N,3,H,W), (N,25,H,W) -> (N,3,H,W)

`gather` and `splat` are the functions, `gather_splat` is both of them; `merge` puts filtered parts together;
`kernel_pyramid`, and `KernelPyramid` as a layer, filter with kernels of several resolutions. They run on CPU and on
CUDA tensors, in float64, float32, float16 and bfloat16, with derivatives of every order, under autocast, torch.func,
torch.compile and in CUDA graphs. `backends` says what this build has.
"""

from . import flops as _flops  # registers the formulas
from .coverage import merge
from .functional import gather, gather_splat, splat
from .library import VERSION as __version__, backends
from .module import WeightedFilter
from .pyramid import KernelPyramid, kernel_pyramid

__all__ = ["KernelPyramid", "WeightedFilter", "__version__", "backends", "gather", "gather_splat", "kernel_pyramid",
           "merge", "splat"]
