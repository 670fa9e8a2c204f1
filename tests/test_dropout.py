"""Dropout on average."""

import pytest
import torch

from gpt_core.measure.dropout import (
    draw_deviation,
    dropped_out,
    errors_off,
    mean_of_draws,
    most_by_chance,
    standard_error,
)


def test_one_draw_is_dropout_itself():
    weights = torch.tensor([[1.0, 0.0], [0.4, 0.6]])
    assert torch.equal(mean_of_draws(weights, rate=0.5, seed=7, draws=1), dropped_out(weights, rate=0.5, seed=7))


def test_many_draws_give_the_weights_back():
    weights = torch.rand(6, 6, generator=torch.Generator().manual_seed(1)).softmax(dim=-1)
    few, many = (mean_of_draws(weights, rate=0.5, seed=7, draws=draws) for draws in (10, 4_000))
    assert (many - weights).abs().max() < 0.02 < (few - weights).abs().max()


def test_a_thousand_draws_that_drop_nothing_are_the_weights_themselves():
    weights = torch.rand(20, 20, generator=torch.Generator().manual_seed(1)).softmax(dim=-1)
    weights[0, 0] = 0.9123457
    assert (mean_of_draws(weights, rate=0.0, seed=7, draws=1_000) - weights).abs().max() < 1e-7


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("draws", [1, 10, 100])
def test_the_mean_is_as_far_off_as_chance_allows_and_no_further(rate, draws):
    weights = torch.rand(20, 20, generator=torch.Generator().manual_seed(1)).softmax(dim=-1)
    mean = mean_of_draws(weights, rate=rate, seed=7, draws=draws)
    assert errors_off(weights, mean, rate=rate, draws=draws) <= most_by_chance(400, rate=rate, draws=draws) + 1e-3


def test_a_mean_that_is_another_is_further_off_than_chance_allows():
    weights = torch.rand(20, 20, generator=torch.Generator().manual_seed(1)).softmax(dim=-1)
    limit = most_by_chance(400, rate=0.5, draws=100)
    assert 4 < limit < 7
    assert errors_off(weights, mean_of_draws(weights, rate=0.5, seed=7, draws=1), rate=0.5, draws=100) > limit
    assert errors_off(weights, 0.3 * weights, rate=0.5, draws=100) > limit


def test_what_chance_allows_is_what_the_binomial_distribution_says():
    kept = torch.distributions.Binomial(10, torch.tensor(0.1, dtype=torch.double))
    tail = kept.log_prob(torch.arange(11.0, dtype=torch.double)).exp().flip(0).cumsum(0).flip(0)
    most = most_by_chance(1, rate=0.9, draws=10) * standard_error(0.9, 10) + 1  # of the kept, as multiples of expected
    assert tail[round(most)] > 5e-7 > tail[round(most) + 1]


def test_a_draw_holds_nothing_but_zeros_and_grown_weights():
    weights = torch.rand(6, 6, generator=torch.Generator().manual_seed(1))
    once = dropped_out(weights, rate=0.5, seed=7)
    assert draw_deviation(weights, once, rate=0.5) < 1e-6
    assert draw_deviation(weights, once / 2, rate=0.5) > 0.1
