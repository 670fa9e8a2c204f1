"""Chapter 12: counts of the running model, of the published ones, and of a pass."""

import pytest

from gpt_core import anatomy
from gpt_core.catalogue import CATALOGUE
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, plain

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


def experiment(run, place, lang="en"):
    app = run("anatomy", lang=lang, text=TEXT, model=MODEL)
    app.segmented_control(key="experiment anatomy").set_value(place).run()
    assert_healthy(app)
    return app


def test_the_page_counts_as_the_catalogue_does(run):
    app = run("anatomy", lang="en", text=TEXT, model=MODEL)
    assert_healthy(app)
    assert number(CATALOGUE[MODEL].parameters) in app.success[0].value
    assert "Difference: 0" in app.success[0].value


def test_the_page_compares_the_token_tables_share_with_gpt_3s(run):
    app = run("anatomy", lang="en", text=TEXT, model=MODEL)
    here = anatomy.count_parameters(CATALOGUE[MODEL].config)
    share = number(100 * here.token_embedding / here.total, 1)
    assert f"Its token table holds {share}% of them; in GPT-3, the table holds 0.4%, the feed-forward 66." in plain(app)


def test_the_tied_head_is_explained_with_the_books_numbers(run):
    said = plain(experiment(run, 1))
    for count in ("163,009,536", "38,597,376", "124,412,160", "27,648", "124,439,808"):
        assert count in said


def test_a_longer_text_is_more_work(run):
    app = experiment(run, 3)
    app.slider(key=f"anatomy_operations {MODEL}").set_value(200).run()
    work = anatomy.multiply_adds(CATALOGUE[MODEL].config, 200, n_logits=1)
    assert f"For 200 tokens: {number(work.total)} multiply" in plain(app)


@pytest.mark.parametrize("place", range(4))
def test_every_experiment_draws_in_french(run, place):
    experiment(run, place, lang="fr")
