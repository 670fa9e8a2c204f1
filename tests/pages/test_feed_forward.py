"""Chapter 9 says what gpt_core computes."""

import numpy as np
import pytest
import torch

from gpt_core import Intervention
from gpt_core.measure import neurons
from gpt_core.measure.activations import slope
from gpt_core.measure.difference import next_token_change
from pages.experiments.feed_forward.activation_curves import BEND
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, drawn, explore, numbers, plain, words

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


@pytest.fixture
def reading():
    return read(MODEL, TEXT)


def test_the_page_counts_the_negatives_and_checks_the_sum_of_the_neurons(run, reading):
    app = run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=1, token=4)
    assert_healthy(app)
    pre = reading.trace.blocks[1].ff.pre[4]
    assert f"{number(100 * float((pre < 0).float().mean()), 1)}% are negative" in plain(app)
    assert "added neuron by neuron" in app.success[0].value


def test_the_curves_are_seen_where_they_bend_and_the_neurons_further_out_are_counted(run):
    own = read(engine.available_models()[0], TEXT)
    for layer, block in enumerate(own.trace.blocks):
        pre = block.ff.pre[4].numpy()
        app = run("feed_forward", lang="en", text=TEXT, layer=layer, token=4)
        *curves, points = drawn(app)["activations"]["data"]
        assert [curve["name"] for curve in curves] == ["GELU (tanh)", "ReLU", "SiLU"]
        assert all((min(numbers(curve["x"])), max(numbers(curve["x"]))) == BEND for curve in curves)
        seen = np.flatnonzero(np.abs(pre) <= BEND[1])
        np.testing.assert_array_equal(numbers(points["x"]), pre[seen])
        assert points["customdata"] == [f"neuron {n}" for n in seen]
        beyond = len(pre) - len(seen)
        assert (f" **{beyond} neuron" in words(app)) == bool(beyond)


def test_another_rank_is_another_neuron_and_other_tokens(run, reading):
    app = run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=2, token=3)
    active = neurons.most_active(reading.trace.blocks[2].ff.post[3], 10).tolist()
    assert f"Neuron {active[0]}, at" in plain(app)
    app.slider(key="feed_forward_rank").set_value(4).run()
    assert_healthy(app)
    assert f"Neuron {active[3]}, at" in plain(app)


@pytest.mark.parametrize("model", ["storyteller", MODEL])
def test_gelus_slope_is_exactly_0_far_below_zero_and_nowhere_else(run, model):
    pre = read(model, TEXT).trace.blocks[3].ff.pre[4]
    flat = slope("GELU (tanh)", pre) == 0
    assert bool((pre[flat] < -5).all()) and bool(flat[pre < -5.2].all())
    assert bool(flat.any()) == (model == "storyteller")
    said = plain(
        explore(run("feed_forward", lang="en", text=TEXT, model=model, layer=3, token=4), "feed_forward/slopes")
    )
    assert f"Under GELU: {number(100 * float(flat.float().mean()), 1)}%, those below about −5" in said


def test_both_gelus_are_drawn_and_the_upper_one_lets_the_other_through(run):
    app = explore(run("feed_forward", lang="en", text=TEXT, model=MODEL), "feed_forward/tanh_or_erf")
    tanh, exact = drawn(app)["gelu_forms"]["data"]
    assert (tanh["line"].get("dash"), exact["line"]["dash"]) == ("solid", "dash")
    assert 0 < np.abs(numbers(tanh["y"]) - numbers(exact["y"])).max() < 5e-4


def test_the_two_gelus_are_compared_on_this_text(run, reading):
    app = explore(run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=3), "feed_forward/tanh_or_erf")
    gap = torch.nn.functional.gelu(reading.trace.blocks[3].ff.pre) - reading.trace.blocks[3].ff.post
    assert f"at most {number(float(gap.abs().max()), 6)} among" in plain(app)


def test_the_formula_is_written_with_the_neurons_own_number(run, reading):
    app = explore(run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=1, token=4), "feed_forward/one_neuron")
    app.slider(key="feed_forward_neuron").set_value(7).run()
    assert_healthy(app)
    ff = reading.trace.blocks[1].ff
    x, bent = (number(float(numbers[4, 7]), 4) for numbers in (ff.pre, ff.post))
    assert f"= **{bent}**" in plain(app) and x in plain(app)
    *_curves, strokes = drawn(app)["gelu_dip"]["data"]
    assert len({*numbers(strokes["y"]).tolist()}) == 1  # at the foot, where they hide no line


def test_swapping_the_activation_moves_the_prediction_as_the_pass_says(run):
    app, reading = explore(run("feed_forward", lang="en", text=TEXT), "feed_forward/swapped"), read("storyteller", TEXT)
    for bend in ("relu", "silu"):
        app.segmented_control(key="feed_forward_bend").set_value(bend).run()
        assert_healthy(app)
        other = reading.under(Intervention(activation=bend)).trace
        assert (
            f"{number(100 * round(next_token_change(reading.trace, other).moved, 3), 1)}% of all probability"
            in plain(app)
        )
