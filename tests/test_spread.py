"""Biased and unbiased variance, and ε."""

import torch

from gpt_core.measure.spread import bessel_excess, spreads, variance_after
from gpt_core.model.layer_norm import EPS


def test_both_variances_are_those_of_the_textbook():
    small, large = spreads(torch.arange(1.0, 769.0), [1, 5, 768, 1600])
    assert (small.size, small.biased, small.unbiased) == (5, 2.0, 2.5)
    assert large.size == 768
    assert abs(large.unbiased / large.biased - 1 - bessel_excess(768)) < 1e-6
    assert bessel_excess(5) == 0.25


def test_normalising_leaves_the_variance_that_epsilon_allows(tiny, ids):
    norm = tiny.trace(ids).blocks[1].norm2
    left = norm.normalised.var(dim=-1, correction=0, keepdim=True)
    torch.testing.assert_close(left, variance_after(norm.variance, EPS))
