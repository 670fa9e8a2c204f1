"""Reading the stream on its way, and taking a logit apart."""

import pytest
import torch

from gpt_core.measure.lens import contributions, lens_grid, logit_lens, stations, surprise


def test_stations_follow_attention_and_feed_forward(tiny, ids):
    trace = tiny.trace(ids)
    streams = stations(trace)
    assert streams.shape == (5, 7, 12)
    assert torch.equal(streams[0], trace.embedding.out)
    assert torch.equal(streams[3], trace.blocks[1].resid_mid)
    assert torch.equal(streams[::2], trace.residual_stream)


def test_at_the_last_station_the_lens_sees_the_models_own_logits(tiny, ids):
    trace = tiny.trace(ids)
    assert torch.equal(logit_lens(tiny, stations(trace)[-1]), trace.logits)


def test_the_grid_is_the_lens_everywhere(tiny, ids):
    trace = tiny.trace(ids)
    grid = lens_grid(tiny, trace)
    probs = logit_lens(tiny, stations(trace)).softmax(dim=-1)
    assert torch.equal(grid.top_ids, probs.argmax(dim=-1))
    torch.testing.assert_close(grid.top_probs, probs.amax(dim=-1))
    for station in range(5):
        for t in range(6):
            found = probs[station, t]
            assert grid.next_probs[station, t] == pytest.approx(found[ids[t + 1]].item())
            assert grid.next_ranks[station, t] == 1 + (found > found[ids[t + 1]]).sum()


def test_the_grid_of_one_token_has_no_next(tiny):
    grid = lens_grid(tiny, tiny.trace(torch.tensor([3])))
    assert grid.top_ids.shape == (5, 1)
    assert grid.next_ranks.shape == (5, 0)


@pytest.mark.parametrize("position", [0, 3, -1])
@pytest.mark.parametrize("token", [0, 9])
def test_contributions_sum_to_the_logit(tiny, tiny_untied, ids, position, token):
    for model in (tiny, tiny_untied):
        trace = model.trace(ids)
        parts = contributions(model, trace, token=token, position=position)
        assert parts.heads.shape == (2, 3)
        torch.testing.assert_close(parts.total, trace.logits[position, token])


def test_a_heads_contribution_is_what_the_logit_loses_when_the_last_layer_goes_without_it(tiny, ids):
    """In the last layer, with the feed-forward held as it was and the norm frozen, the direct effect is the whole."""
    trace, norm = tiny.trace(ids), tiny.final_norm
    parts = contributions(tiny, trace, token=9)
    part = tiny.blocks[1].att
    written = part.out_proj.weight[:, 4:8] @ trace.blocks[1].att.context[1, -1]
    spread = (trace.final_norm.variance[-1] + 1e-5).sqrt()
    without = trace.blocks[1].resid_post[-1] - written
    centred = without - without.mean()
    logit = (centred / spread * norm.scale + norm.shift) @ tiny.out_head.weight[9]
    torch.testing.assert_close(trace.logits[-1, 9] - logit, parts.heads[1, 1])


def test_surprise_is_minus_log2_of_the_probability(tiny, ids):
    trace = tiny.trace(ids)
    found = surprise(trace.logits, ids)
    assert found.shape == (6,)
    for t in range(6):
        assert 2 ** -found[t].item() == pytest.approx(trace.probs[t, ids[t + 1]].item(), rel=1e-5)


def test_a_coin_toss_is_one_bit():
    assert surprise(torch.zeros(3, 2), torch.tensor([0, 1, 0])).tolist() == [1.0, 1.0]
