"""Timing generation: with the cache and without it are two different things, and each step has its own seconds."""

from time import perf_counter

import pytest

from gpt_core import GPT
from gpt_core.measure.timing import seconds_per_step


@pytest.mark.parametrize(("use_cache", "expected"), [(True, [4, 1, 1]), (False, [4, 5, 6])])
def test_with_the_cache_a_step_reads_one_token_and_without_it_the_whole_text(tiny, monkeypatch, use_cache, expected):
    read, trace = [], GPT.trace

    def watched(model, ids, *args, **kwargs):
        read.append(len(ids))
        return trace(model, ids, *args, **kwargs)

    monkeypatch.setattr(GPT, "trace", watched)
    seconds = seconds_per_step(tiny, [3, 1, 4, 1], max_new_tokens=3, use_cache=use_cache)
    assert read == expected
    assert len(seconds) == 3


def test_the_steps_take_no_longer_than_the_whole(tiny):
    start = perf_counter()
    seconds = seconds_per_step(tiny, [3, 1, 4], max_new_tokens=5, use_cache=True)
    assert sum(seconds) <= perf_counter() - start
    assert min(seconds) > 0
