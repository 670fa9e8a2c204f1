"""Chapter 4, Why attention: the page's shares are those that gpt_core computes, and its settings change them."""

import pytest

from gpt_core.examples.recurrent import recurrent_reach
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, words

TEXT = "The old king gave the golden key to the boy. The old king"
STATE, ERASE, BAHDANAU, MODEL = range(4)


def explore(app, experiment, **widgets):
    for key, value in {"experiment why_attention": experiment, **widgets}.items():
        app.session_state[key] = value
    return app.run()


@pytest.fixture
def vectors():
    return read(engine.available_models()[0], TEXT).trace.embedding.token


def plain(app):
    return words(app).replace("\\", "")


@pytest.mark.parametrize(("text", "language"), [(TEXT, "en"), ("a", "fr"), ("<b>x</b> $y$ 👨‍👩‍👧", "fr")])
def test_every_experiment_draws(run, text, language):
    app = run("why_attention", lang=language, text=text)
    for experiment in range(4):
        assert_healthy(explore(app, experiment))


def test_the_word_in_focus_has_the_share_that_was_computed(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    share = float(recurrent_reach(vectors).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    assert "stands 8 tokens before the end" in plain(app)


def test_the_slider_and_the_seed_change_the_network(run, vectors):
    app = run("why_attention", lang="en", text=TEXT, token=5)
    app.select_slider(key="why_attention_strength").set_value(0.5).run()
    share = float(recurrent_reach(vectors, strength=0.5).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    app.slider(key="why_attention_seed").set_value(110).run()
    share = float(recurrent_reach(vectors, strength=0.5, seed=110).shares[5])
    assert f"it has {number(100 * share, 2)}% in the recurrent network" in plain(app)
    assert_healthy(app)


def test_what_is_not_trained_is_said(run):
    app = run("why_attention", lang="en", text=TEXT)
    assert "**untrained**" in words(app)
    assert "What is trained here: nothing" in words(explore(app, BAHDANAU))


def test_the_longest_text_draws(run):
    assert_healthy(explore(run("why_attention", lang="en", text="word " * 200), ERASE))


def test_the_question_is_answered_by_half_the_strength(run, vectors):
    app = run("why_attention", lang="en", text=TEXT)
    app.session_state["predict why_attention"] = True
    app.run()
    app.toggle(key="reveal why_attention").set_value(True).run()
    assert_healthy(app)
    whole, half = (float(recurrent_reach(vectors, strength=s).shares[0]) for s in (0.9, 0.45))
    said = plain(app)
    assert (
        f"has {number(100 * whole, 2)}% of the influence on the last state; with 0.450, {number(100 * half, 2)}%"
        in said
    )


def test_with_the_focus_on_the_last_word_the_page_tells_of_the_first(run, vectors):
    app = run("why_attention", lang="en", text=TEXT)
    assert f"“**The**” stands {len(vectors) - 1} tokens before the end" in plain(app)
