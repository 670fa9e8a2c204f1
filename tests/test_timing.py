"""Timing generation: with the cache and without it are two different things, and each step has its own seconds."""

import pytest

from gpt_core import GPT
from gpt_core.measure import timing
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


def test_each_step_has_the_seconds_from_the_end_of_the_one_before(tiny, monkeypatch):
    clock = iter([0.0, 3.0, 3.5, 4.5, 4.75, 6.75])  # a reading at the start, then two for each step
    monkeypatch.setattr(timing, "perf_counter", lambda: next(clock))
    seconds = timing.seconds_per_step(tiny, [3, 1, 4], max_new_tokens=2, use_cache=True)
    assert seconds == [3.0, 1.0]
