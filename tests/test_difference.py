"""Two traces compared."""

import pytest
import torch

from gpt_core import Intervention
from gpt_core.measure.difference import logit_change, next_token_change, stream_change
from tests.conftest import TINY


def test_a_trace_does_not_differ_from_itself(tiny, ids):
    trace = tiny.trace(ids)
    change = next_token_change(trace, trace)
    assert change.finite
    assert change.moved == 0
    assert torch.equal(change.before, change.after)
    assert logit_change(trace, trace).tolist() == [0] * len(ids)
    assert not stream_change(trace, trace).any()


def test_the_likeliest_tokens_of_both_sides_are_listed_best_first(tiny, ids):
    before, after = tiny.trace(ids), tiny.trace(ids, Intervention(positions_off=True))
    first, second = (trace.next_logits.softmax(dim=-1) for trace in (before, after))
    change = next_token_change(before, after, n=4)
    assert first.argmax() in change.ids
    assert second.argmax() in change.ids
    assert change.before.tolist() == sorted(change.before.tolist(), reverse=True)
    torch.testing.assert_close(change.after, second[change.ids])
    assert abs(change.moved - float((first - second).clamp(min=0).sum())) < 1e-6


def test_all_tokens_are_listed_in_the_order_of_the_first_trace(tiny, ids):
    before, after = tiny.trace(ids), tiny.trace(ids, Intervention(positions_off=True))
    change = next_token_change(before, after, n=17)
    assert change.ids.tolist() == sorted(range(17), key=before.next_logits.tolist().__getitem__, reverse=True)
    assert change.after.tolist() != sorted(change.after.tolist(), reverse=True)


def test_the_change_at_a_position_is_that_of_the_logit_that_changed_most(tiny, ids):
    before, after = tiny.trace(ids), tiny.trace(ids, Intervention(positions_off=True))
    pairs = [zip(*rows, strict=True) for rows in zip(before.logits.tolist(), after.logits.tolist(), strict=True)]
    largest = [max(abs(one - other) for one, other in row) for row in pairs]
    assert logit_change(before, after).tolist() == pytest.approx(largest, rel=1e-5)


def test_the_first_choice_of_a_flat_side_is_listed_too(tiny, ids):
    sharp, flat = tiny.trace(ids), tiny.trace(ids)
    flat.final_norm.out[-1] /= -1000
    change = next_token_change(sharp, flat, n=2)
    assert {*change.ids.tolist()} == {int(sharp.next_logits.argmax()), int(flat.next_logits.argmax())}
    assert flat.next_logits.softmax(dim=-1).max() < sharp.next_logits.softmax(dim=-1).topk(2).values.min()


def test_numbers_that_overflow_are_said_to_be_no_prediction(tiny, ids):
    off = Intervention(norms_off=[(-1, 1)])
    broken = tiny.trace(ids, off)
    broken.final_norm.out[-1] = torch.inf
    assert not next_token_change(tiny.trace(ids), broken).finite


def test_a_later_word_leaks_only_without_the_mask(tiny, ids):
    other = ids.clone()
    other[4] = 8
    assert not logit_change(tiny.trace(ids), tiny.trace(other))[:4].any()
    assert not stream_change(tiny.trace(ids), tiny.trace(other))[:, :4].any()
    unmasked = Intervention(mask_off=range(TINY.n_layers))
    leaked = logit_change(tiny.trace(ids, unmasked), tiny.trace(other, unmasked))
    assert (leaked[:4] > 0).all()


def test_what_one_token_gains_the_others_lose(tiny, ids):
    other = tiny.trace(ids[:-1])
    change = next_token_change(tiny.trace(ids), other, n=17)
    assert change.difference.sum().item() == pytest.approx(0, abs=1e-6)
    assert change.difference.abs().sum().item() == pytest.approx(2 * change.moved, abs=1e-6)
