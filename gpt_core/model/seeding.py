"""Randomness is an argument: draws that depend on a seed alone, and leave everybody else's dice where they were."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_one_at_a_time = threading.Lock()  # torch.nn draws from the one global generator of the process


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within, torch's global generator starts at `seed`, as after `torch.manual_seed`; after, it is as it was before.

    >>> with seeded(123):
    ...     first = torch.rand(2)
    >>> with seeded(123):
    ...     assert torch.equal(torch.rand(2), first)
    """
    with _one_at_a_time, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
