"""Chapter Layer norm: what it says is what the model computes, and what the book prints."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from gpt_core import Intervention
from gpt_core.model.intervention import FINAL
from pages.experiments.layer_norm.skip import written_length
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui import choices, session
from pages.ui.components.chart import Click
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, drawn, explore, numbers, plain, revealed

TEXT = "The old king gave the golden key to the boy."
BEYOND = "Les nombres ont dépassé ce que l’ordinateur peut contenir"
BOOK = json.loads((Path(__file__).parent.parent / "reference" / "book_examples.json").read_text("utf-8"))["layer_norm"]


@pytest.mark.parametrize(("lang", "mark"), [("en", "."), ("fr", ",")])
def test_the_data_are_written_in_the_readers_language_and_stay_numbers(run, lang, mark):
    app = run("layer_norm", lang=lang, text="the king gave", layer=0, head=0)
    app.session_state["data layer_norm"] = True
    app.run()
    (table,) = app.dataframe
    assert (table.value.dtypes.iloc[1:] == "float32").all()
    shown = table.proto.arrow_data.styler.display_values
    assert (mark == ",") == bool(shown)
    if shown:
        cells = pa.ipc.open_stream(shown).read_pandas()
        assert cells.iloc[0, 2] == f"{table.value.iloc[0, 2]:.4f}".rstrip("0").replace(".", ",")


def test_each_norm_can_be_chosen_and_tells_its_own_numbers(run):
    app = run("layer_norm", lang="en", text=TEXT, layer=1, token=4)
    trace = read(engine.available_models()[0], TEXT).trace
    norms = {"norm1": trace.blocks[1].norm1, "norm2": trace.blocks[1].norm2, "final": trace.final_norm}
    for name, norm in norms.items():
        app.segmented_control(key="layer_norm_which").set_value(name).run()
        assert_healthy(app)
        variance = number(float(norm.variance[4]), 3)
        assert f"mean {number(float(norm.mean[4]), 3)} and variance {variance} before" in plain(app)


def test_skipping_all_norms_changes_the_stream_and_the_prediction_by_what_the_model_says(run):
    app = run("layer_norm", lang="en", text=TEXT, layer=0, token=4)
    assert_healthy(app)
    reading = read(engine.available_models()[0], TEXT)
    layers = range(reading.card.config.n_layers)
    off = reading.under(Intervention(norms_off={(FINAL, 1), *((at, n) for at in layers for n in (1, 2))})).trace
    length = written_length(float(off.residual_stream[-1, 4].norm()))
    assert f"with the norms and {length} without" in plain(app)
    assert not off.next_logits.isfinite().all()
    assert "The numbers grew beyond what the computer can hold" in plain(app)
    app.selectbox(key="layer_norm_skip").set_value(3).run()
    off = reading.under(Intervention(norms_off={(FINAL, 1)})).trace
    moved = float((reading.trace.next_logits.softmax(-1) - off.next_logits.softmax(-1)).abs().sum() / 2)
    assert f"{number(round(100 * moved, 1), 1)}% of all probability" in plain(app)


def test_normalising_keeps_the_shape_and_moves_mean_and_width_to_0_and_1(run):
    charts = drawn(run("layer_norm", lang="en", text=TEXT, layer=1, token=4))
    before, after = charts["layer_norm_before"], charts["layer_norm_after"]
    counts = [numbers(figure["data"][0]["y"]).astype(int) for figure in (before, after)]
    assert counts[0].sum() == counts[1].sum() == read(engine.available_models()[0], TEXT).card.config.emb_dim
    assert abs(counts[0] - counts[1]).sum() <= 4  # a number on the very edge of a bar may fall to either side
    assert [line["x0"] for line in after["layout"]["shapes"]] == pytest.approx([-1, 0, 1], abs=1e-3)
    mean, variance = (numbers(charts["layer_norm_measures"]["data"][place]["x"]) for place in (1, 3))
    assert mean == pytest.approx(0, abs=1e-4) and variance == pytest.approx(1, abs=1e-2)


def test_a_length_is_written_as_long_as_it_needs():
    assert [written_length(value) for value in (403.62, 7335333888.0, float("inf"))] == [
        "403.6",
        "7.34·10⁹",
        "∞",
    ]


def test_a_click_on_a_row_chooses_its_token(run, monkeypatch):
    chosen = {}
    monkeypatch.setattr(session, "set", lambda name, value: chosen.update({name: value}))
    choices.choose_token(Click(x=0.1, y=3, trace=0, customdata=None))
    assert chosen == {"token": 3}


def test_each_choice_of_norms_can_be_skipped(run):
    app = run("layer_norm", lang="fr", text=TEXT)
    told = set()
    for choice in range(5):
        app.selectbox(key="layer_norm_skip").set_value(choice).run()
        assert_healthy(app)
        told.add(next(line for line in plain(app).splitlines() if "a changé de place" in line or BEYOND in line))
    assert len(told) > 2


def test_a_large_epsilon_leaves_less_variance(run):
    app = run("layer_norm", lang="en", text=TEXT, layer=0, token=4)
    explore(app, "layer_norm/two_variances")
    app.select_slider(key="layer_norm_eps").set_value(0).run()
    assert_healthy(app)
    variance = float(read(engine.available_models()[0], TEXT).trace.blocks[0].norm1.variance[4])
    assert f"becomes {number(variance / (variance + 1), 5)} with this ε" in plain(app)


def test_the_books_example_has_the_books_numbers(run):
    app = run("layer_norm", lang="en", text=TEXT)
    explore(app, "layer_norm/book_example")
    assert_healthy(app)
    for mean, variance in zip(BOOK["mean"], BOOK["unbiased_variance"], strict=True):
        assert f"mean {mean:.4f}, unbiased variance {variance:.4f}" in plain(app)


def test_the_question_is_answered_by_measuring(run):
    app = revealed(run("layer_norm", lang="en", text=TEXT, layer=0), "layer_norm")
    variances = read(engine.available_models()[0], TEXT).trace.blocks[0].norm1.variance[:, 0]
    largest = int(variances.argmax())
    assert f"token {largest}, with {number(float(variances[largest]), 3)}" in plain(app)


@pytest.mark.parametrize("text", [TEXT, "a"])
def test_the_answer_tells_what_epsilon_leaves_of_the_variance(run, text):
    app = revealed(run("layer_norm", lang="en", text=text, layer=0), "layer_norm")
    before = read(engine.available_models()[0], text).trace.blocks[0].norm1.variance[:, 0].double()
    after = before / (before + 1e-5)
    most, least = (number(float(after[at]), 4) for at in (int(before.argmax()), int(before.argmin())))
    said = f"before the norm, {most} after it." if text == "a" else f"they have v ÷ (v + ε): {most} and {least}."
    assert said in plain(app)
