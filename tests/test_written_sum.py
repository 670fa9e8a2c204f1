"""A dot product written out is the dot product."""

import torch

from gpt_core.measure.written_sum import Term, weighted, written_out


def test_the_terms_and_the_rest_are_the_whole_sum(tiny, ids):
    att = tiny.trace(ids).blocks[1].att
    for query, key in ((6, 2), (0, 0), (3, 3)):
        for most in (1, 3, 99):
            found = written_out(att.queries[2, query], att.keys[2, key], most=most)
            assert abs(found.total - float(att.scores[2, query, key])) < 1e-5
            assert len(found.terms) + found.n_rest == 4


def test_the_largest_terms_come_first_whatever_their_sign():
    found = written_out(torch.tensor([1.0, -5.0, 2.0, 0.1]), torch.tensor([1.0, 1.0, 1.0, 1.0]), most=3)
    assert [term.place for term in found.terms] == [1, 2, 0]
    assert found.terms[0] == Term(place=1, left=-5.0, right=1.0, product=-5.0)
    assert (found.n_rest, round(found.rest, 6)) == (1, 0.1)


def test_a_short_sum_has_no_rest():
    found = written_out(torch.ones(3), torch.ones(3), most=8)
    assert (found.n_rest, found.rest, found.total) == (0, 0.0, 3.0)


def test_weighted_values_sum_to_the_context(tiny, ids):
    att = tiny.trace(ids).blocks[0].att
    parts = weighted(att.weights[1, 5], att.values[1])
    torch.testing.assert_close(parts.sum(dim=0), att.context[1, 5])
    assert not parts[6:].any()
