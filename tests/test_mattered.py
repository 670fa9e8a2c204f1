"""Which words mattered: left out by hand, and the gradient against a small step."""

from math import log2

import pytest
import torch

from gpt_core import Intervention
from gpt_core.measure.mattered import bits_lost, gradient_times_input
from gpt_core.model.intervention import Patch

IDS, TOKEN = torch.tensor([3, 1, 4, 1, 5]), 9


def bits(model, ids) -> float:
    return log2(float(model(torch.tensor(ids))[-1].double().softmax(-1)[TOKEN]))


def test_what_is_lost_is_the_difference_of_two_readings(tiny):
    ids = IDS.tolist()
    by_hand = [bits(tiny, ids) - bits(tiny, ids[:i] + ids[i + 1 :]) for i in range(len(ids))]
    assert bits_lost(tiny, IDS, token=TOKEN).tolist() == pytest.approx(by_hand, abs=1e-4)


def test_gradient_times_input_is_how_the_bits_begin_to_change(tiny):
    trace, step = tiny.trace(IDS), 1e-2
    found = gradient_times_input(tiny, IDS, token=TOKEN)
    for i in range(len(IDS)):
        less, more = (
            tiny.trace(
                IDS,
                Intervention(
                    patches={Patch("resid_pre", 0, i, trace.embedding.out[i] + way * step * trace.embedding.token[i])}
                ),
            )
            .next_logits.double()
            .log_softmax(-1)[TOKEN]
            for way in (-1, 1)
        )
        slope = float(more - less) / (2 * step) / torch.log(torch.tensor(2.0)).item()
        assert float(found[i]) == pytest.approx(slope, rel=0.02, abs=1e-3)


def test_of_one_token_nothing_is_left_out(tiny):
    assert bits_lost(tiny, IDS[:1], token=TOKEN).tolist() == [0.0]


def test_it_works_where_pages_are_drawn_under_inference_mode(tiny):
    wanted = gradient_times_input(tiny, IDS, token=TOKEN)
    with torch.inference_mode():
        torch.testing.assert_close(gradient_times_input(tiny, IDS.clone(), token=TOKEN), wanted)
