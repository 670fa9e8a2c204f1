"""Rows of tables, and other ways to say where a token stands."""

from math import cos, sin

import pytest
import torch

from gpt_core.measure.positions import linear_bias, rotate
from gpt_core.model.embedding import sinusoids


def test_an_id_picks_a_row_and_so_does_a_position(tiny, ids):
    trace = tiny.embedding.trace(ids)
    assert torch.equal(trace.token, tiny.embedding.tok_emb.weight[ids])
    assert torch.equal(trace.position, tiny.embedding.pos_emb.weight[:7])
    assert torch.equal(trace.out, trace.token + trace.position)
    assert torch.equal(tiny.embedding(ids), trace.out)


def test_the_same_token_has_the_same_vector_anywhere_until_positions_are_added(tiny):
    trace = tiny.embedding.trace(torch.tensor([4, 4]))
    assert torch.equal(trace.token[0], trace.token[1])
    assert not torch.equal(trace.out[0], trace.out[1])


def test_positions_off_adds_zeros(tiny, ids):
    trace = tiny.embedding.trace(ids, positions=False)
    assert (trace.position == 0).all()
    assert torch.equal(trace.out, trace.token)


def test_a_text_may_start_later(tiny, ids):
    assert torch.equal(tiny.embedding.trace(ids[:3], start=5).position, tiny.embedding.pos_emb.weight[5:])


def test_sinusoids_are_those_of_the_first_transformer():
    table = sinusoids(50, 8)
    for position, place in [(3, 0), (3, 4), (49, 6)]:
        angle = torch.tensor(position / 10_000 ** (place / 8))
        torch.testing.assert_close(table[position, place], angle.sin())
        torch.testing.assert_close(table[position, place + 1], angle.cos())


def test_sinusoids_depend_on_distance_when_compared():
    table = sinusoids(40, 16)
    similar = table @ table.T
    torch.testing.assert_close(similar.diagonal(5), similar[0, 5].expand(35))


def test_alibi_lowers_a_score_by_the_distance():
    bias = linear_bias(6, slope=0.25)
    assert bias[5, 1] == -1.0
    assert (bias.triu() == 0).all()


def test_turned_vectors_compare_by_distance_alone():
    generator = torch.Generator().manual_seed(2)
    query, key = torch.randn(2, 6, generator=generator).double()
    scores = rotate(query.expand(9, 6)) @ rotate(key.expand(9, 6)).T
    for distance in range(-8, 9):
        along = scores.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along))
    torch.testing.assert_close(rotate(query.expand(9, 6)).norm(dim=-1), query.norm().expand(9))


def test_the_first_vector_is_not_turned():
    vectors = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(2))
    assert torch.equal(rotate(vectors)[:, 0], vectors[:, 0])
    turned = rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))[1]
    torch.testing.assert_close(turned, torch.tensor([cos(1), sin(1)]))


def test_an_odd_width_cannot_be_turned_in_pairs():
    with pytest.raises(ValueError, match=r"^rotation turns pairs of numbers: head_dim=3 is odd$"):
        rotate(torch.zeros(2, 3))
