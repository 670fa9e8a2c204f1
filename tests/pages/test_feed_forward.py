"""Chapter 9 says what gpt_core computes."""

import numpy as np
import pytest
import torch

from gpt_core.measure import neurons
from gpt_core.measure.activations import slope
from pages.experiments import feed_forward as experiments
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, plain, words

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


@pytest.fixture
def reading():
    return read(MODEL, TEXT)


def experiment(app, place):
    return app.segmented_control(key="experiment feed_forward").set_value(place).run()


def test_the_page_counts_the_negatives_and_checks_the_sum_of_the_neurons(run, reading):
    app = run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=1, token=4)
    assert_healthy(app)
    pre = reading.trace.blocks[1].ff.pre[4]
    assert f"{number(100 * float((pre < 0).float().mean()), 1)}% are negative" in plain(app)
    assert "Added neuron by neuron" in app.success[0].value


def test_the_curves_are_seen_where_they_bend_and_the_neurons_further_out_are_counted(run):
    pre = np.array([-9.0, -3.0, -0.5, 0.2, 2.9, 3.1, 40.0], np.float32)
    figure = experiments.bends(pre, ("GELU (tanh)", "ReLU", "SiLU"))
    *curves, points = figure.data
    assert all((curve.x.min(), curve.x.max()) == experiments.BEND for curve in curves)
    assert points.x.tolist() == pre[1:5].tolist()
    assert points.customdata == tuple(f"neuron {n}" for n in range(1, 5))
    assert experiments.outside(pre) == 3
    own = read(engine.available_models()[0], TEXT)
    for layer, block in enumerate(own.trace.blocks):
        beyond = int((block.ff.pre[4].abs() > experiments.BEND[1]).sum())
        app = run("feed_forward", lang="en", text=TEXT, layer=layer, token=4)
        assert (f"Further out lie **{beyond}**" in words(app)) == bool(beyond)


def test_another_rank_is_another_neuron_and_other_tokens(run, reading):
    app = run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=2, token=3)
    active = neurons.most_active(reading.trace.blocks[2].ff.post[3], 10).tolist()
    assert f"Neuron {active[0]}, at" in plain(app)
    app.slider(key="feed_forward_rank").set_value(4).run()
    assert_healthy(app)
    assert f"Neuron {active[3]}, at" in plain(app)


@pytest.mark.parametrize("place", range(1, 5))
def test_every_experiment_draws_in_french(run, place):
    app = run("feed_forward", lang="fr", text=TEXT, model=MODEL)
    before = plain(app)
    assert_healthy(experiment(app, place))
    assert plain(app) != before


@pytest.mark.parametrize("model", ["storyteller", MODEL])
def test_gelus_slope_is_exactly_0_far_below_zero_and_nowhere_else(run, model):
    pre = read(model, TEXT).trace.blocks[3].ff.pre[4]
    flat = slope("GELU (tanh)", pre) == 0
    assert bool((pre[flat] < -5).all()) and bool(flat[pre < -5.2].all())
    assert bool(flat.any()) == (model == "storyteller")
    said = plain(experiment(run("feed_forward", lang="en", text=TEXT, model=model, layer=3, token=4), 1))
    assert f"Under GELU: {number(100 * float(flat.float().mean()), 1)}%, those below about −5" in said


def test_both_gelus_are_drawn_and_the_upper_one_lets_the_other_through():
    tanh, exact = experiments.two_forms().data
    assert (tanh.line.dash, exact.line.dash) == (None, "dash")
    assert 0 < np.abs(tanh.y - exact.y).max() < 5e-4


def test_the_two_gelus_are_compared_on_this_text(run, reading):
    app = experiment(run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=3), 4)
    gap = torch.nn.functional.gelu(reading.trace.blocks[3].ff.pre) - reading.trace.blocks[3].ff.post
    assert f"at most {number(float(gap.abs().max()), 6)} among" in plain(app)
