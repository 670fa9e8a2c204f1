"""Mean 0, variance 1, then scale and shift."""

import pytest
import torch

from gpt_core.model.layer_norm import EPS


@pytest.fixture
def x():
    return 3 + 5 * torch.randn(2, 7, 12, generator=torch.Generator().manual_seed(1))


def test_each_token_has_mean_zero_and_variance_one(tiny, x):
    normalised = tiny.final_norm.trace(x).normalised
    torch.testing.assert_close(normalised.mean(dim=-1), torch.zeros(2, 7), atol=1e-6, rtol=0)
    torch.testing.assert_close(normalised.var(dim=-1, correction=0), torch.ones(2, 7), atol=1e-5, rtol=0)


def test_the_variance_is_the_biased_one(tiny, x):
    trace = tiny.final_norm.trace(x)
    torch.testing.assert_close(trace.mean[..., 0], x.mean(dim=-1))
    torch.testing.assert_close(trace.variance[..., 0], ((x - x.mean(dim=-1, keepdim=True)) ** 2).sum(dim=-1) / 12)


def test_it_is_torchs_layer_norm(tiny, x):
    norm = tiny.final_norm
    theirs = torch.nn.functional.layer_norm(x, (12,), norm.scale, norm.shift, EPS)
    torch.testing.assert_close(norm(x), theirs)
    trace = norm.trace(x)
    assert torch.equal(trace.out, trace.normalised * norm.scale + norm.shift)


def test_equal_numbers_do_not_divide_by_zero(tiny):
    assert torch.equal(tiny.final_norm.trace(torch.full((1, 12), 4.0)).out[0], tiny.final_norm.shift)


def test_skipped_it_measures_and_changes_nothing(tiny, x):
    skipped, normal = tiny.final_norm.trace(x, skip=True), tiny.final_norm.trace(x)
    assert skipped.out is x
    assert torch.equal(skipped.mean, normal.mean)
    assert torch.equal(skipped.variance, normal.variance)
