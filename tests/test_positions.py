"""Positions: shuffling and relative schemes."""

import torch

from gpt_core.measure import positions
from gpt_core.measure.positions import linear_bias


def test_shuffling_keeps_the_words_and_the_last_place():
    ids = tuple(range(20))
    mixed = positions.shuffled(ids, seed=3)
    assert mixed != ids
    assert sorted(mixed) == sorted(ids)
    assert mixed[-1] == ids[-1]
    assert mixed == positions.shuffled(ids, seed=3) != positions.shuffled(ids, seed=4)
    assert positions.shuffled((7,), seed=3) == (7,)


def test_shuffling_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    positions.shuffled((1, 2, 3), seed=9)
    assert torch.rand(1) == expected


def test_a_distance_bias_turns_weights_towards_the_query(tiny, ids):
    att = tiny.trace(ids).blocks[0].att
    torch.testing.assert_close(positions.biased_weights(att, slope=0.0), att.weights)
    biased = positions.biased_weights(att, slope=2.0)
    by_hand = (att.masked[1] + linear_bias(len(ids), 2.0)).softmax(dim=-1)
    torch.testing.assert_close(biased[1], by_hand)
    assert (biased[:, -1, 0] < att.weights[:, -1, 0]).all()


def test_a_rotated_score_depends_on_the_distance_alone():
    query, key = torch.randn(2, 7, generator=torch.Generator().manual_seed(1))
    scores = positions.rotated_scores(query, key, 9)
    assert positions.spread_along_diagonals(scores) < 1e-5
    torch.testing.assert_close(scores[0, 0], query[:6] @ key[:6])
    assert not torch.isclose(scores[0, 3], scores[0, 0])
    assert positions.spread_along_diagonals(torch.tensor([[1.0, 0.0], [0.0, 3.0]])) == 2
