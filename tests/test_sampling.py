"""Drawing: repeatable, true to the probabilities, and honest about what was cut."""

from dataclasses import replace

import pytest
import torch

from gpt_core import generate
from gpt_core.measure.distribution import FEWEST, by_powers, by_rank, cut_as_asked, distribution, draw_many, drawn

SETTINGS = {"temperature": 1.7, "top_k": 9, "top_p": 0.9}


def test_single_draws_are_those_of_generate(tiny, ids):
    """Over many seeds: a slightly different distribution gives the same token most of the time."""
    for seed in range(20):
        for place, step in enumerate(generate(tiny, ids[:3].tolist(), max_new_tokens=5, seed=seed, **SETTINGS)):
            here = distribution(step.logits, **SETTINGS)
            assert torch.equal(here.final, step.sampling_probs)
            assert drawn(here.final, seed=seed, step=place) == step.id


def test_each_token_is_kept_or_cut_by_one_of_the_two(tiny, ids):
    here = distribution(tiny.trace(ids).next_logits, **SETTINGS)
    kept = here.final > 0
    assert torch.equal(kept.int() + here.cut_by_k.int() + here.cut_by_p.int(), torch.ones_like(kept.int()))
    assert here.cut_by_k.sum() == 17 - 9
    assert here.n_kept == kept.sum() < 9
    assert here.share_cut == pytest.approx(1 - float(here.warmed[kept].sum()), abs=1e-6)


def test_many_draws_agree_with_theory_for_nearly_every_seed():
    final = torch.tensor([0.5, 0.3, 0.15, 0.04, 0.01, 0.0])
    chances = torch.tensor([draw_many(final, n=400, seed=seed).p_value for seed in range(200)])
    assert 0.01 <= (chances < 0.05).float().mean() <= 0.1
    assert 0.4 < chances.mean() < 0.6


def test_chi_squared_by_hand():
    final = torch.tensor([0.6, 0.4])
    draws = draw_many(final, n=100, seed=3)
    found = draws.counts.tolist()
    assert sum(found) == 100
    by_hand = (found[0] - 60) ** 2 / 60 + (found[1] - 40) ** 2 / 40
    assert draws.chi_squared == pytest.approx(by_hand, rel=1e-5)
    assert draws.degrees_of_freedom == 1
    assert draws.p_value == pytest.approx(torch.erfc(torch.tensor(by_hand / 2).sqrt()).item(), abs=1e-4)


def test_with_one_token_left_there_is_nothing_to_compare():
    draws = draw_many(torch.tensor([0.0, 1.0, 0.0]))
    assert draws.counts.tolist() == [0, 100, 0]
    assert (draws.degrees_of_freedom, draws.p_value) == (0, 1.0)


@pytest.mark.parametrize("size", [2, 10, 11, 100, 17_000])
def test_groups_by_rank_hold_the_whole_vocabulary_once(size):
    here = distribution(torch.randn(size, generator=torch.Generator().manual_seed(2)), temperature=0.7, top_k=4)
    groups = by_rank(here)
    assert [group.first for group in groups] == [1, *(group.last + 1 for group in groups[:-1])]
    assert groups[-1].last == size
    assert all(group.first in (1, 2, 11, 101, 1_001, 10_001) for group in groups)
    assert sum(group.own for group in groups) == pytest.approx(1)
    assert sum(group.final for group in groups) == pytest.approx(1)
    assert groups[0].own == pytest.approx(float(here.probs.max()))
    assert all(group.final == 0 for group in groups if group.first > 4)


def test_what_temperature_or_rounding_made_0_is_not_called_cut():
    logits = torch.tensor([3.0, 2.0, 1.0, 0.0, -500.0])
    for temperature, n_kept in ((1.0, 4), (0.0, 1)):
        here = distribution(logits, temperature=temperature)
        assert (here.n_kept, here.n_cut, here.n_vanished) == (n_kept, 0, 5 - n_kept)
        assert not (here.cut_by_k | here.cut_by_p).any()
    here = distribution(logits, temperature=1.0, top_k=3)
    assert here.cut_by_k.tolist() == [False, False, False, True, False]
    assert here.n_kept + here.n_cut + here.n_vanished == 5


def test_a_distribution_too_flat_for_the_number_of_draws_leaves_nothing_to_compare():
    draws = draw_many(torch.full((100,), 0.01), n=100)
    assert (draws.degrees_of_freedom, draws.p_value) == (0, 1.0)
    assert float(draws.expected.max()) < FEWEST


@pytest.mark.parametrize("temperature", [0.0, 0.1, 0.8, 2.0])
@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (5, None), (None, 0.3), (20, 0.75), (1, 0.05), (500, 1.0)])
@pytest.mark.parametrize("spread", [0.1, 1.0, 8.0])
def test_powers_of_the_probabilities_give_the_same_and_the_cut_is_as_asked(temperature, top_k, top_p, spread):
    logits = spread * torch.randn(400, generator=torch.Generator().manual_seed(3))
    logits[100:140] = logits[99]  # tokens that share one vector
    steps = distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    assert (steps.final - by_powers(steps, temperature)).abs().sum() < 1e-5
    assert cut_as_asked(steps, temperature, top_k=top_k, top_p=top_p)


@pytest.mark.parametrize(("top_k", "top_p"), [(5, None), (None, 0.3), (20, 0.75)])
def test_a_cut_that_is_another_is_not_as_asked(top_k, top_p):
    logits = torch.randn(400, generator=torch.Generator().manual_seed(3))
    steps = distribution(logits, temperature=0.8, top_k=top_k, top_p=top_p)
    kept = (steps.final > 0).nonzero()[:, 0]
    order = steps.probs.argsort(descending=True)
    for others in (order[: len(kept) - 1], order[: len(kept) + 1], order[1 : len(kept) + 1]):
        final = torch.zeros_like(steps.final).index_fill(0, others, 1 / len(others))
        assert not cut_as_asked(replace(steps, final=final), 0.8, top_k=top_k, top_p=top_p)
