"""Chapter 12: counts of the running model, of the published ones, and of a pass."""

import re

import pytest

from gpt_core.measure import anatomy
from gpt_core.weights.catalogue import CATALOGUE
from pages.experiments.anatomy import family
from pages.services.reading import read
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, drawn, explore, numbers, plain, revealed

TEXT = "The old king gave the golden key to the boy."
MODEL = "random-small"


def opened(run, experiment):
    app = explore(run("anatomy", lang="en", text=TEXT, model=MODEL), f"anatomy/{experiment}")
    assert_healthy(app)
    return app


def test_the_page_counts_as_the_catalogue_does(run):
    app = run("anatomy", lang="en", text=TEXT, model=MODEL)
    assert_healthy(app)
    assert f"Counted from the sizes: {number(CATALOGUE[MODEL].parameters)}." in plain(app)
    assert "Difference: 0" in app.success[0].value


def test_the_answer_counts_the_multiplications_for_this_text(run):
    app = revealed(run("anatomy", lang="en", text=TEXT, model=MODEL), "anatomy")
    config, n = CATALOGUE[MODEL].config, len(read(MODEL, TEXT).ids)
    width = config.emb_dim
    by_hand = config.n_layers * n * (12 * width**2 + 2 * n * width) + width * config.vocab_size
    assert f"{number(by_hand)} multiply" in plain(app)


def test_the_page_compares_the_token_tables_share_with_gpt_3s(run):
    app = run("anatomy", lang="en", text=TEXT, model=MODEL)
    here = anatomy.count_parameters(CATALOGUE[MODEL].config)
    share = number(100 * here.token_embedding / here.total, 1)
    assert f"Its token table holds {share}% of them; in GPT-3, the table holds 0.4%, the feed-forward 66." in plain(app)


@pytest.mark.parametrize("logits_were_asked_for", [False, True])
def test_the_estimate_of_the_trace_counts_what_is_held(run, logits_were_asked_for):
    if logits_were_asked_for:
        reading = read(MODEL, TEXT)
        assert reading.trace.logits is not None
    said = plain(opened(run, "memory"))
    megabytes = re.search(r"estimated at ([\d.]+) MB and holds ([\d.]+) MB.* these take ([\d.]+) MB", said)
    assert megabytes, said
    estimated, held, logits = map(float, megabytes.groups())
    assert held == pytest.approx(estimated, rel=0.03)
    assert logits == pytest.approx(4 * 50_257 * len(read(MODEL, TEXT).ids) / 1e6, abs=0.005)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["14.1M", "124M", "1.56B", "175B"]),
        ("fr", ["14,1\u202fM", "124\u202fM", "1,56\u202fMd", "175\u202fMd"]),
    ],
)
def test_models_are_called_by_their_size_in_the_readers_language(monkeypatch, language, shown):
    monkeypatch.setattr(family, "language", lambda: language)
    assert [family.rounded(n) for n in (14_147_520, 124_439_808, 1_557_611_200, 174_604_259_328)] == shown


def test_the_tied_head_is_explained_with_the_books_numbers(run):
    said = plain(opened(run, "tied_head"))
    for count in ("163,009,536", "38,597,376", "124,412,160", "27,648", "124,439,808"):
        assert count in said


def test_a_longer_text_is_more_work(run):
    app = opened(run, "operations")
    app.slider(key=f"anatomy_operations {MODEL}").set_value(200).run()
    work = anatomy.multiply_adds(CATALOGUE[MODEL].config, 200, n_logits=1)
    assert f"For 200 tokens: {number(work.total)} multiply" in plain(app)


def test_the_bars_are_the_parts_and_the_operations_of_this_model(run):
    config = CATALOGUE[MODEL].config
    app = opened(run, "operations")
    count, n = anatomy.count_parameters(config), min(64, config.context_length)
    parts = numbers(drawn(app)["parameters"]["data"][0]["x"])
    assert parts.sum() == pytest.approx(count.total)
    assert parts[0] == config.vocab_size * config.emb_dim
    work = numbers(drawn(app)["operations"]["data"][0]["x"])
    by_hand = (
        config.n_layers * n * (12 * config.emb_dim**2 + 2 * n * config.emb_dim) + config.emb_dim * config.vocab_size
    )
    assert work.sum() == pytest.approx(by_hand, rel=1e-6)


def test_the_calculator_begins_with_the_books_124m_and_counts_live(run):
    app = opened(run, "calculator")
    assert "163,009,536 parameters" in plain(app)
    assert app.code[0].value.startswith('GPT_CONFIG_124M = {\n    "vocab_size": 50257,\n    "context_length": 1024,')
    app.toggle(key="anatomy_tied").set_value(True).run()
    assert "124,412,160 parameters" in plain(app)
    app.select_slider(key="anatomy_n_layers").set_value(24).run()
    by_hand = 124_412_160 + 12 * (4 * 768**2 + 768 + 8 * 768**2 + 5 * 768 + 4 * 768)
    assert f"{number(by_hand)} parameters" in plain(app)
    assert numbers(drawn(app)["calculated"]["data"][0]["x"]).sum() == pytest.approx(by_hand)
    assert_healthy(app)


def test_a_width_that_the_heads_cannot_share_is_told(run):
    app = opened(run, "calculator")
    app.select_slider(key="anatomy_n_heads").set_value(25).run()
    assert_healthy(app)
    assert "shared out evenly" in app.info[0].value
    assert "calculated" not in drawn(app)
