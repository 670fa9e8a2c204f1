"""Gradients of the stream: right, and without a trace left on the shared model."""

import threading
from dataclasses import replace
from math import log

import pytest
import torch
from torch.nn import functional as F

from gpt_core import Intervention, Patch
from gpt_core.measure.gradients import StreamGradients, gradients_by_layer, without_shortcuts


def loss_of(model, ids, vector, station):
    """Next-token loss when the stream's token 2 at `station` is `vector`."""
    trace = model.trace(ids, Intervention(patches={Patch("resid_pre", station, 2, vector)}))
    return F.cross_entropy(trace.logits[:-1], ids[1:]).item()


@pytest.mark.parametrize("station", [0, 1])
def test_the_gradient_says_how_the_loss_moves(tiny, ids, station):
    """A finite difference of the forward pass, which knows nothing of automatic differentiation."""
    double = type(tiny)(tiny.config).double()
    double.load_state_dict({name: value.double() for name, value in tiny.state_dict().items()})
    double.requires_grad_(requires_grad=False)
    found = gradients_by_layer(double, ids).gradients[station, 2]
    start = double.trace(ids).blocks[station].resid_pre[2]
    for axis in range(len(start)):
        step = torch.zeros_like(start)
        step[axis] = 1e-5
        difference = loss_of(double, ids, start + step, station) - loss_of(double, ids, start - step, station)
        assert difference / 2e-5 == pytest.approx(found[axis].item(), abs=1e-7)


def test_the_loss_is_the_models_own(tiny, ids):
    found = gradients_by_layer(tiny, ids)
    assert found.loss == pytest.approx(F.cross_entropy(tiny(ids)[:-1], ids[1:]).item(), rel=1e-6)
    assert found.gradients.shape == (3, 7, 12)
    assert found.norms.shape == (3, 7)
    assert found.mean_abs.shape == (3,)


def test_the_mean_is_of_sizes_so_that_up_and_down_do_not_cancel():
    gradients = torch.tensor([[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], [[0.0, -3.0, 4.0], [0.0, 0.0, 0.0]]])
    found = StreamGradients(log(8), gradients)
    assert found.mean_abs.tolist() == pytest.approx([21 / 6, 7 / 6])
    assert found.norms[1].tolist() == [5.0, 0.0]
    assert found.bits == pytest.approx(3)


def test_the_last_token_has_nothing_to_be_surprised_at(tiny, ids):
    assert (gradients_by_layer(tiny, ids).norms[:, -1] == 0).all()


def test_with_all_sublayers_off_the_shortcut_carries_the_gradient_back_unchanged(tiny, ids):
    nothing = Intervention(attention_off={0, 1}, feed_forward_off={0, 1})
    gradients = gradients_by_layer(tiny, ids, nothing).gradients
    assert torch.equal(gradients[0], gradients[2])


def test_without_shortcuts_and_sublayers_nothing_comes_back(tiny, ids):
    nothing = replace(without_shortcuts(2), feed_forward_off={0})
    gradients = gradients_by_layer(tiny, ids, nothing).gradients
    assert (gradients[0] == 0).all()
    assert (gradients[2] != 0).any()


def test_patches_elsewhere_and_at_the_start_are_kept(tiny, ids):
    change = Intervention(patches={Patch("resid_pre", 0, 1, torch.ones(12)), Patch("ff.out", 1, 2, torch.ones(12))})
    found = gradients_by_layer(tiny, ids, change)
    assert found.loss == pytest.approx(F.cross_entropy(tiny.trace(ids, change).logits[:-1], ids[1:]).item(), rel=1e-6)


def test_without_positions_they_are_missing_from_the_start_of_the_stream_too(tiny, ids):
    change = Intervention(positions_off=True)
    found = gradients_by_layer(tiny, ids, change)
    assert found.loss == pytest.approx(F.cross_entropy(tiny.trace(ids, change).logits[:-1], ids[1:]).item(), rel=1e-6)
    assert found.loss != pytest.approx(gradients_by_layer(tiny, ids).loss, rel=1e-3)


def test_the_shared_model_never_hears_of_it(tiny, ids):
    before = tiny.trace(ids).logits
    gradients_by_layer(tiny, ids, without_shortcuts(2))
    assert not any(parameter.requires_grad for parameter in tiny.parameters())
    assert all(parameter.grad is None for parameter in tiny.parameters())
    assert torch.equal(tiny.trace(ids).logits, before)


def test_it_works_where_pages_are_drawn_under_inference_mode(tiny, ids):
    with torch.inference_mode():
        made_there = torch.tensor(ids.tolist())
        found = gradients_by_layer(tiny, made_there)
    assert torch.equal(found.gradients, gradients_by_layer(tiny, ids).gradients)
    assert not found.gradients.requires_grad


def test_two_readers_at_once_get_what_each_asked_for(tiny, ids):
    asked = [None, without_shortcuts(2)]
    expected = [gradients_by_layer(tiny, ids, change).gradients for change in asked]
    wrong = []

    def ask(which: int) -> None:
        torch.set_num_threads(1)  # is each thread's own; two add up in another order than one
        for _ in range(20):
            if not torch.allclose(gradients_by_layer(tiny, ids, asked[which]).gradients, expected[which]):
                wrong.append(which)

    threads = [threading.Thread(target=ask, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_token_is_not_enough(tiny):
    with pytest.raises(
        ValueError, match=r"^1 tokens: at least two are needed, one to read and one to be surprised at$"
    ):
        gradients_by_layer(tiny, torch.tensor([3]))
