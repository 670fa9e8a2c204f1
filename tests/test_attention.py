"""Each token gathers from itself and the tokens before it, and from nowhere else."""

from math import sqrt

import pytest
import torch

from gpt_core.measure.dropout import dropped_out
from gpt_core.model.attention import attend, causal_mask, renormalised


@pytest.fixture
def x():
    return torch.randn(7, 12, generator=torch.Generator().manual_seed(1))


def test_every_row_of_weights_sums_to_one(tiny, x):
    for causal in (True, False):
        weights = tiny.blocks[0].att.trace(x, causal=causal).weights
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 7))
        assert (weights >= 0).all()


def test_no_weight_falls_on_a_later_token(tiny, x):
    trace = tiny.blocks[0].att.trace(x)
    assert (trace.weights.triu(1) == 0).all()
    assert torch.equal(trace.masked == -torch.inf, torch.ones(3, 7, 7).triu(1).bool())
    assert (tiny.blocks[0].att.trace(x, causal=False).weights > 0).all()


def test_one_weight_written_out_by_hand(tiny, x):
    """Head 1, query 4, key 2, from slices of the matrices: columns 4 to 7 of a width of 12 belong to head 1."""
    att, rows = tiny.blocks[0].att, slice(4, 8)
    query = att.W_query.weight[rows] @ x[4] + att.W_query.bias[rows]
    keys = [att.W_key.weight[rows] @ x[t] + att.W_key.bias[rows] for t in range(5)]
    values = [att.W_value.weight[rows] @ x[t] + att.W_value.bias[rows] for t in range(5)]
    shares = torch.stack([torch.exp(query @ key / sqrt(4)) for key in keys])
    weights = shares / shares.sum()
    trace = att.trace(x)
    torch.testing.assert_close(trace.scores[1, 4, 2], query @ keys[2])
    torch.testing.assert_close(trace.scaled[1, 4, 2], query @ keys[2] / 2)
    torch.testing.assert_close(trace.weights[1, 4, :5], weights)
    torch.testing.assert_close(trace.context[1, 4], sum(w * v for w, v in zip(weights, values, strict=True)))


def test_heads_side_by_side_then_projected(tiny, x):
    att = tiny.blocks[0].att
    trace = att.trace(x)
    merged = torch.cat([trace.context[head] for head in range(3)], dim=-1)
    torch.testing.assert_close(trace.out, merged @ att.out_proj.weight.T + att.out_proj.bias)
    assert torch.equal(att(x), trace.out)


def test_it_is_torchs_scaled_dot_product_attention(tiny, x):
    trace = tiny.blocks[1].att.trace(x)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        trace.queries[None], trace.keys[None], trace.values[None], is_causal=True
    )
    torch.testing.assert_close(trace.context, theirs[0])


def test_a_batch_is_the_same_as_one_at_a_time(tiny, x):
    both = torch.stack([x, x.flip(0)])
    batched = tiny.blocks[0].att.trace(both)
    for i in range(2):
        single = tiny.blocks[0].att.trace(both[i])
        torch.testing.assert_close(batched.weights[i], single.weights)
        torch.testing.assert_close(batched.out[i], single.out)


def test_with_keys_and_values_remembered_only_new_tokens_are_computed(tiny, x):
    from gpt_core.model.trace import KeyValues

    att = tiny.blocks[0].att
    whole, start = att.trace(x), att.trace(x[:4])
    rest = att.trace(x[4:], past=KeyValues(start.keys, start.values))
    torch.testing.assert_close(rest.weights, whole.weights[:, 4:])
    torch.testing.assert_close(rest.out, whole.out[4:])
    assert torch.equal(rest.mask, whole.mask[4:])


def test_later_keys_are_those_after_the_query():
    assert causal_mask(1, 1).tolist() == [[False]]
    assert causal_mask(1, 4).tolist() == [[False] * 4]
    assert torch.equal(causal_mask(5, 5), torch.ones(5, 5).triu(1).bool())


def test_renormalising_gives_what_minus_infinity_gives(tiny, x):
    free, masked = tiny.blocks[0].att.trace(x, causal=False), tiny.blocks[0].att.trace(x)
    torch.testing.assert_close(renormalised(free.weights, masked.mask), masked.weights)


def test_large_scores_do_not_overflow():
    huge = torch.full((2, 2), 1e4)
    scores, weights, context = attend(huge, huge, torch.eye(2), causal_mask(2, 2))
    assert scores.max() == 2e8
    assert weights.tolist() == context.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_dropout_keeps_the_average(tiny, x):
    weights = tiny.blocks[0].att.trace(x).weights
    draws = torch.stack([dropped_out(weights, rate=0.3, seed=seed) for seed in range(2_000)])
    torch.testing.assert_close(draws.mean(dim=0), weights, atol=0.08, rtol=0)
    places = weights > 0
    assert (draws[:, places] == 0).float().mean() == pytest.approx(0.3, abs=0.01)
    surviving = draws[0][draws[0] > 0]
    torch.testing.assert_close(surviving, (weights / 0.7)[draws[0] > 0])


def test_dropout_is_drawn_from_its_seed_alone():
    weights, before = torch.ones(6, 6), torch.get_rng_state()
    assert torch.equal(dropped_out(weights, rate=0.5, seed=1), dropped_out(weights, rate=0.5, seed=1))
    assert not torch.equal(dropped_out(weights, rate=0.5, seed=1), dropped_out(weights, rate=0.5, seed=2))
    assert torch.equal(dropped_out(weights, rate=0.0, seed=1), weights)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan")])
def test_a_dropout_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=rf"^rate={rate} is not in \[0, 1\)$"):
        dropped_out(torch.ones(2, 2), rate=rate, seed=1)
