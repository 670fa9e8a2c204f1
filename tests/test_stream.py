"""The residual stream as a sum: all that was added is what comes out."""

import pytest
import torch

from gpt_core import Intervention
from gpt_core.measure.stream import everything_added, movement, stream_lengths


def test_what_leaves_the_last_block_is_the_embedding_and_all_that_was_added(tiny, ids):
    trace = tiny.trace(ids)
    torch.testing.assert_close(everything_added(trace), trace.blocks[-1].resid_post, rtol=1e-5, atol=1e-5)


def test_with_one_shortcut_cut_it_is_not(tiny, ids):
    trace = tiny.trace(ids, Intervention(shortcuts_off={(1, 1)}))
    assert (everything_added(trace) - trace.blocks[-1].resid_post).abs().max() > 0.1


def test_movement_measures_each_addition(tiny, ids):
    trace = tiny.trace(ids)
    found = movement(trace)
    added, stream = trace.blocks[1].ff.out[3], trace.blocks[1].resid_mid[3]
    assert found.feed_forward[1, 3].item() == pytest.approx(sum(x * x for x in added.tolist()) ** 0.5, rel=1e-5)
    cosine = (added @ stream) / (added.norm() * stream.norm())
    torch.testing.assert_close(found.feed_forward_cosine[1, 3], cosine)
    before = trace.blocks[0].resid_pre[6]
    torch.testing.assert_close(
        found.attention_cosine[0, 6] * found.attention[0, 6] * before.norm(), trace.blocks[0].att.out[6] @ before
    )


def test_the_law_of_cosines_gives_the_streams_next_length(tiny, ids):
    """|x + a|² = |x|² + |a|² + 2|x||a|cos: lengths and cosines of both additions explain every station."""
    trace = tiny.trace(ids)
    found, lengths = movement(trace), stream_lengths(trace)
    assert lengths.shape == (3, 7)
    for layer in range(2):
        middle = _added(lengths[layer], found.attention[layer], found.attention_cosine[layer])
        after = _added(middle, found.feed_forward[layer], found.feed_forward_cosine[layer])
        torch.testing.assert_close(after, lengths[layer + 1])


def _added(length, step, cosine):
    return (length**2 + step**2 + 2 * length * step * cosine).sqrt()
