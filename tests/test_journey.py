"""A token's journey shows the trace's own numbers: each place is found again by indexing by hand."""

import pytest
import torch

from gpt_core.measure.journey import guesses, of_head, places, strongest_keys, tensor_at, vector_at


def test_every_place_of_the_journey_is_a_vector_of_the_token(tiny, ids):
    trace = tiny.trace(ids)
    for place in places(2):
        vector = vector_at(trace, place, position=3)
        assert vector.shape == ((48,) if place.endswith(("ff.pre", "ff.post")) else (12,))


def test_places_are_those_of_the_trace(tiny, ids):
    trace, block = (found := tiny.trace(ids)), found.blocks[1]
    assert torch.equal(vector_at(trace, "embedding.position", position=4), trace.embedding.position[4])
    assert torch.equal(vector_at(trace, "blocks.1.norm2.normalised", position=4), block.norm2.normalised[4])
    assert torch.equal(vector_at(trace, "blocks.1.att.context", position=4), torch.cat(list(block.att.context[:, 4])))
    assert torch.equal(vector_at(trace, "final_norm.normalised", position=0), trace.final_norm.normalised[0])


def test_each_step_of_the_journey_follows_from_the_one_before(tiny, ids):
    trace = tiny.trace(ids)
    at = {place: vector_at(trace, place, position=5) for place in places(2)}
    torch.testing.assert_close(at["embedding.token"] + at["embedding.position"], at["embedding.out"])
    assert torch.equal(at["blocks.0.resid_pre"], at["embedding.out"])
    assert torch.equal(at["blocks.1.resid_pre"], at["blocks.0.resid_post"])
    for layer in range(2):
        block = f"blocks.{layer}."
        torch.testing.assert_close(at[block + "resid_pre"] + at[block + "att.out"], at[block + "resid_mid"])
        torch.testing.assert_close(at[block + "resid_mid"] + at[block + "ff.out"], at[block + "resid_post"])


def test_a_heads_values_times_its_weights_are_its_part_of_the_context(tiny, ids):
    trace = tiny.trace(ids)
    weights = of_head(trace, "blocks.1.att.weights", head=2, position=4)
    values = of_head(trace, "blocks.1.att.values", head=2, position=4)
    assert weights.shape == (5,) and values.shape == (5, 4)
    assert weights.sum() == pytest.approx(1.0)
    part = vector_at(trace, "blocks.1.att.context", position=4)[8:]
    torch.testing.assert_close(weights @ values, part)


def test_queries_meet_keys_in_the_scores(tiny, ids):
    trace = tiny.trace(ids)
    query = of_head(trace, "blocks.0.att.queries", head=1, position=5)
    keys = of_head(trace, "blocks.0.att.keys", head=1, position=5)
    torch.testing.assert_close(keys @ query, trace.blocks[0].att.scores[1, 5, :6])


def test_the_last_guess_is_what_the_model_says(tiny, ids):
    trace = tiny.trace(ids)
    found = guesses(tiny, trace, position=2, n=3)
    assert found.ids.shape == (3, 3)
    says = trace.logits[2].softmax(-1).topk(3)
    assert torch.equal(found.ids[-1], says.indices)
    torch.testing.assert_close(found.probs[-1], says.values)


def test_the_strongest_keys_come_in_order():
    assert strongest_keys(torch.tensor([0.1, 0.6, 0.3]), n=5).tolist() == [1, 2, 0]


@pytest.mark.parametrize(("place", "error"), [("blocks.7.resid_pre", IndexError), ("blocks.0.soul", AttributeError)])
def test_a_place_that_is_not_there_is_an_error(tiny, ids, place, error):
    with pytest.raises(error):
        tensor_at(tiny.trace(ids), place)
