"""Before and after: equal traces move nothing, and what moved is counted over the whole vocabulary."""

import torch

from gpt_core import Intervention
from gpt_core.before_after import shift


def test_nothing_changed_nothing_moved(tiny, ids):
    trace = tiny.trace(ids)
    found = shift(trace, trace, n=4)
    assert found.moved == 0
    assert torch.equal(found.before, found.after)
    assert found.ids.tolist() == trace.probs[-1].argsort(descending=True)[:4].tolist()


def test_the_likeliest_of_both_are_named_once_each(tiny, ids):
    before, after = tiny.trace(ids), tiny.trace(ids, Intervention(shortcuts_off={(0, 1), (1, 2)}))
    found = shift(before, after, position=2, n=5)
    tops = [set(trace.probs[2].topk(5).indices.tolist()) for trace in (before, after)]
    assert set(found.ids.tolist()) == tops[0] | tops[1]
    assert len(found.ids) == len(tops[0] | tops[1])
    torch.testing.assert_close(found.after, after.probs[2][found.ids])


def test_moved_is_the_probability_that_changed_places(tiny, ids):
    before, after = tiny.trace(ids), tiny.trace(ids, Intervention(positions_off=True))
    gains = (after.probs[-1] - before.probs[-1]).clamp(min=0).sum()
    torch.testing.assert_close(shift(before, after).moved, gains)
    assert 0 < gains < 1
