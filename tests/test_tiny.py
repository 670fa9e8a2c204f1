"""A tiny GPT learns one text: the loss falls, the sample becomes the text, and the same seed does it again."""

from math import log
from typing import Any

import pytest
import torch

from gpt_core import Tokenizer
from gpt_core.measure.text_loss import blind_loss
from gpt_core.training.tiny import SHORTEST, OneText, learn, pairs
from pages.experiments.learning.live import CLOSE

TEXT = [7, 3, 9, 3, 11, 40_000, 2, 3, 9, 5]


def test_the_loss_falls_until_the_text_is_known_by_heart():
    steps = list(learn(TEXT, steps=80, every=40))
    assert steps[0].loss > 1.5
    assert steps[-1].loss < 0.4 * steps[0].loss
    samples = [step.sample for step in steps if step.sample]
    assert samples[-1][: len(TEXT) - 1] == tuple(TEXT[:-1])
    assert samples[0][: len(TEXT) - 1] != tuple(TEXT[:-1])


def test_the_same_seed_learns_the_same_way_and_another_does_not():
    first, again, other = ([step.loss for step in learn(TEXT, steps=3, seed=seed)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_learning_stops_when_nobody_asks_for_the_next_step():
    steps: Any = learn(TEXT, steps=1_000_000_000)
    assert next(steps).step == 1
    assert next(steps).step == 2
    steps.close()


def test_learning_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    list(learn(TEXT, steps=2))
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_text_that_is_too_short_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=f"3 tokens are too few.*{SHORTEST}"):
        next(learn([1, 2, 3]))


def test_a_window_is_given_by_its_number_alone():
    text = OneText(torch.arange(50))
    together = text.draw(10, 4, 6)
    alone = torch.cat([text.draw(10 + i, 1, 6) for i in range(4)])
    assert torch.equal(together, alone)
    assert torch.equal(together[:, 1:], together[:, :-1] + 1)


def test_pairs_are_the_books_for_its_lengths_and_strides():
    ids = [40, 367, 2885, 1464, 1807, 3619, 402, 271, 10899]  # the book's first tokens, section 2.6
    assert pairs(ids, length=4, stride=1)[:2] == [
        ((40, 367, 2885, 1464), (367, 2885, 1464, 1807)),
        ((367, 2885, 1464, 1807), (2885, 1464, 1807, 3619)),
    ]
    assert pairs(ids, length=4, stride=4)[1] == ((1807, 3619, 402, 271), (3619, 402, 271, 10899))
    with pytest.raises(ValueError, match="stride=0"):
        pairs(ids, length=4, stride=0)


@pytest.mark.parametrize("text", ["le chat le chat le chat le", "a b a b a b a b", "1 2 1 2 1 2 1 2", "a a a a a a b"])
def test_it_begins_with_a_blind_guess_however_few_the_tokens(text):
    ids = Tokenizer().encode(text)
    blind = blind_loss(len(set(ids)))
    for seed in range(5):
        assert abs(next(learn(ids, steps=1, seed=seed)).loss - blind) < CLOSE < log(2) <= blind
