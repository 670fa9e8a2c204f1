"""What comes next: candidates out of the whole vocabulary, and their way through the layers."""

import pytest
import torch

from gpt_core import GPT, Intervention
from gpt_core.measure.lens import logit_lens, stations
from gpt_core.measure.prediction import lens_deviation, predicted, through_depth, whole_vocabulary


def test_candidates_and_all_others_share_the_whole(tiny, ids):
    logits = tiny.trace(ids).next_logits
    here = predicted(logits, n=5, besides=(0, 16))
    probs = logits.softmax(dim=-1)
    assert here.probs.tolist() == pytest.approx(probs[here.ids].tolist())
    assert float(here.probs.sum()) + here.rest == pytest.approx(here.total)
    assert here.total == pytest.approx(1, abs=1e-6)
    assert len(set(here.ids.tolist())) == len(here.ids)
    assert {0, 16} <= set(here.ids.tolist())


def test_ranks_count_the_likelier_tokens(tiny, ids):
    logits = tiny.trace(ids).next_logits
    order = logits.argsort(descending=True).tolist()
    here = predicted(logits, n=3, besides=(order[9],))
    assert here.ids.tolist() == [*order[:3], order[9]]
    assert here.ranks.tolist() == [1, 2, 3, 10]


def test_the_worked_softmax_gives_the_probability():
    logits = torch.tensor([1000.0, 999.0, 0.0])
    here = predicted(logits, n=2)
    assert [torch.exp(z - here.highest).item() / here.exp_sum for z in here.logits] == pytest.approx(
        here.probs.tolist()
    )


def test_the_doubt_of_a_fair_choice_is_the_number_of_bits():
    assert predicted(torch.zeros(16)).entropy == pytest.approx(4)
    assert predicted(torch.tensor([0.0, -torch.inf])).entropy == pytest.approx(0)


def test_depth_is_the_lens_at_one_position(tiny, ids):
    trace = tiny.trace(ids)
    followed = torch.tensor([7, 2])
    depth = through_depth(tiny, trace, followed, position=4)
    probs = logit_lens(tiny, stations(trace)).softmax(dim=-1)[:, 4]
    assert torch.equal(depth.top_ids, probs.argmax(dim=-1))
    torch.testing.assert_close(depth.probs, probs[:, followed])
    for station in range(5):
        for i, id in enumerate(followed):
            assert depth.ranks[station, i] == 1 + (probs[station] > probs[station, id]).sum()


def test_the_last_station_is_the_output_of_a_model_that_read_no_further(tiny, ids):
    trace = tiny.trace(ids)
    assert all(lens_deviation(tiny, trace, position=at) < 1e-5 for at in range(len(ids)))


class Peeking(GPT):
    """A model without a mask: its tokens see the later ones."""

    def trace(self, ids, intervention=None, *, past=None):
        return super().trace(ids, Intervention(mask_off={0, 1}), past=past)


def test_a_model_that_looks_ahead_is_not_the_one_that_read_no_further(tiny, ids):
    peeking = Peeking(tiny.config)
    peeking.load_state_dict(tiny.state_dict())
    peeking.eval().requires_grad_(requires_grad=False)
    trace = peeking.trace(ids)
    found = [lens_deviation(peeking, trace, position=at) for at in range(len(ids))]
    assert min(found[:-1]) > 1e-2
    assert found[-1] < 1e-5  # nothing comes after the last


def test_the_whole_vocabulary_is_shared_out_and_nothing_is_lost(tiny, ids):
    logits = tiny.trace(ids).next_logits
    probs = logits.double().softmax(dim=-1).sort(descending=True).values
    spread = whole_vocabulary(logits)
    assert (spread.groups[0].first, spread.groups[-1].last) == (1, len(logits))
    assert sum(group.own for group in spread.groups) == pytest.approx(1, abs=1e-6)
    assert float(probs[: spread.half].sum()) >= 0.5 > float(probs[: spread.half - 1].sum())
    assert float(probs[: spread.nine_tenths].sum()) >= 0.9 > float(probs[: spread.nine_tenths - 1].sum())
    assert spread.last_prob == pytest.approx(float(probs[-1]))
    assert float(logits[spread.last_id]) == float(logits.min())
