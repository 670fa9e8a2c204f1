"""How long generation takes on this machine, with and without the key/value cache."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter

from gpt_core.generation.generate import generate
from gpt_core.model.gpt import GPT


def seconds_per_step(model: GPT, ids: Sequence[int], *, max_new_tokens: int, use_cache: bool) -> list[float]:
    """Seconds that each step of one greedy run took; the first one reads the prompt."""
    seconds, start = [], perf_counter()
    for _step in generate(model, ids, max_new_tokens=max_new_tokens, use_cache=use_cache):
        seconds.append(perf_counter() - start)
        start = perf_counter()
    return seconds


def medians(runs: Sequence[Sequence[float]]) -> list[float]:
    """Step by step the median over several runs: one run alone may meet another program's work.

    >>> medians([[1.0, 5.0], [2.0, 4.0], [9.0, 6.0]])
    [2.0, 5.0]
    """
    return [median(step) for step in zip(*runs, strict=True)]
