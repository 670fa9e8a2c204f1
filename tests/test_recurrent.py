"""What the last state of a recurrent network still knows, against automatic differentiation."""

from math import sqrt

import pytest
import torch

from gpt_core.examples.recurrent import (
    attention_reach,
    differentiated_reach,
    erased,
    recurrent_reach,
    standardised,
)


@pytest.fixture
def vectors():
    return torch.randn(11, 7, generator=torch.Generator().manual_seed(3))


def test_influence_is_the_jacobian_of_the_last_state(vectors):
    generator = torch.Generator().manual_seed(123)
    W = torch.randn(5, 7, generator=generator) / sqrt(7)
    U = 0.8 * torch.linalg.qr(torch.randn(5, 5, generator=generator)).Q

    def last_state(words):
        state = torch.zeros(5)
        for word in words:
            state = torch.tanh(W @ word + U @ state)
        return state

    jacobian = torch.autograd.functional.jacobian(last_state, standardised(vectors))
    found = recurrent_reach(vectors, state_dim=5, strength=0.8)
    torch.testing.assert_close(found.influence, jacobian.norm(dim=(0, 2)))
    torch.testing.assert_close(found.states[-1], last_state(standardised(vectors)))


def test_far_words_fade_in_the_state_but_not_for_attention():
    vectors = torch.randn(60, 16, generator=torch.Generator().manual_seed(3))
    recurrent, attention = recurrent_reach(vectors), attention_reach(vectors)
    assert recurrent.influence[:10].sum() < 1e-3 * recurrent.influence[-10:].sum()
    assert attention.influence[:10].sum() > 0.1 * attention.influence[-10:].sum()


def test_the_weaker_the_memory_the_less_is_left(vectors):
    weak, strong = (recurrent_reach(vectors, strength=strength).shares[0] for strength in (0.5, 1.0))
    assert weak < strong


def test_a_state_cannot_know_the_future(vectors):
    changed = vectors.clone()
    changed[-1] = changed[-1].roll(1)  # the same numbers: the common scale stays
    assert torch.equal(recurrent_reach(changed).states[:-1], recurrent_reach(vectors).states[:-1])
    torch.testing.assert_close(attention_reach(changed).states[:-1], attention_reach(vectors).states[:-1])


def test_shares_sum_to_one(vectors):
    for reach in (recurrent_reach(vectors), attention_reach(vectors)):
        torch.testing.assert_close(reach.shares.sum(), torch.tensor(1.0))


def test_one_word_and_zero_vectors_are_fine():
    assert recurrent_reach(torch.zeros(1, 4)).shares.tolist() == [1.0]
    assert attention_reach(torch.zeros(1, 4)).shares.tolist() == [1.0]


def test_the_same_seed_draws_the_same_network_and_the_global_generator_is_untouched(vectors):
    before = torch.get_rng_state()
    assert torch.equal(recurrent_reach(vectors).states, recurrent_reach(vectors).states)
    assert not torch.equal(recurrent_reach(vectors, seed=1).states, recurrent_reach(vectors).states)
    attention_reach(vectors)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_works_where_pages_are_drawn_under_inference_mode(vectors):
    with torch.inference_mode():
        assert torch.equal(attention_reach(vectors.clone()).influence, attention_reach(vectors).influence)


@pytest.mark.parametrize("strength", [0.0, 1.5, float("nan")])
def test_a_strength_out_of_range_is_refused(vectors, strength):
    with pytest.raises(ValueError, match=rf"^strength={strength} is not in \(0, 1\]$"):
        recurrent_reach(vectors, strength=strength)


def test_automatic_differentiation_finds_the_same_influences(vectors):
    found = recurrent_reach(vectors, strength=0.7, seed=4).influence
    torch.testing.assert_close(differentiated_reach(vectors, strength=0.7, seed=4), found)


def test_erasing_a_word_moves_the_last_state_as_far_as_reading_the_text_without_it(vectors):
    scale = vectors.square().mean().sqrt()
    without = vectors.clone()
    without[8] = 0.0
    full = recurrent_reach(vectors).states[-1]
    generator = torch.Generator().manual_seed(123)
    W = torch.randn(32, 7, generator=generator) / sqrt(7)
    U = 0.9 * torch.linalg.qr(torch.randn(32, 32, generator=generator)).Q
    state = torch.zeros(32)
    for word in without / scale:
        state = torch.tanh(W @ word + U @ state)
    moved = erased(vectors)
    torch.testing.assert_close(moved[8], (state - full).norm() / full.norm())
    assert moved[0] < moved[-1]
