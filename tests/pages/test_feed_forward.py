"""Chapter 9 says what gpt_core computes."""

import pytest
import torch

from gpt_core import neurons
from pages.ui import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, plain

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


@pytest.fixture
def reading():
    return engine.read(MODEL, TEXT)


def experiment(app, place):
    return app.segmented_control(key="experiment feed_forward").set_value(place).run()


def test_the_page_counts_the_negatives_and_checks_the_sum_of_the_neurons(run, reading):
    app = run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=1, token=4)
    assert_healthy(app)
    pre = reading.trace.blocks[1].ff.pre[4]
    assert f"{number(100 * float((pre < 0).float().mean()), 1)} % are negative" in plain(app)
    assert "Added neuron by neuron" in app.success[0].value


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


def test_the_two_gelus_are_compared_on_this_text(run, reading):
    app = experiment(run("feed_forward", lang="en", text=TEXT, model=MODEL, layer=3), 4)
    gap = torch.nn.functional.gelu(reading.trace.blocks[3].ff.pre) - reading.trace.blocks[3].ff.post
    assert f"at most {number(float(gap.abs().max()), 6)} among" in plain(app)
