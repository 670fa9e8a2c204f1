"""Dropout on average."""

import torch

from gpt_core.measure.dropout import dropped_out, mean_of_draws


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
