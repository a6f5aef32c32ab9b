"""Training of networks that predict kernels: `python -m weighted_filter.train --help`.

A run reads pairs of `wfview --dataset` (records.py) into the device's memory (pool.py), draws and varies batches there
(draw.py, augment.py), and makes steps (step.py) on a loss (loss.py) until its time is up (trainer.py). What it starts
from may be a network of other sizes (resize.py).
"""
