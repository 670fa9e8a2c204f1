"""Chapter 5, Self-attention: every sum written out is the model's, and the book's figures are the book's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpt_core.examples import book_matrices
from gpt_core.measure.written_sum import weighted
from pages import figures
from pages.figures import Axis, Summands
from pages.services.reading import read
from pages.services.shared import engine
from tests.pages.conftest import chart_numbers, explore, plain, revealed

TEXT = "The old king gave the golden key to the boy. The old king"
SIMPLE_TEXT, SIMPLE_BOOK, TRAINABLE_BOOK, MEETING, CONTEXT, PRODUCTS = (
    f"self_attention/{id}"
    for id in ("simple_text", "simple_book", "trainable_book", "query_meets_key", "context_sum", "projections")
)
EXAMPLES = json.loads((Path(__file__).parents[1] / "reference" / "book_examples.json").read_text("utf-8"))


def said(app):
    """The words of the page, its minus signs as Python writes them."""
    return plain(app).replace("−", "-")


@pytest.fixture
def att():
    return read(engine.available_models()[0], TEXT).trace.blocks[2].att


def test_the_sum_leads_from_the_score_to_the_weight(run, att):
    page = said(run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9, key=7))
    score, scaled, weight = (float(numbers[1, 9, 7]) for numbers in (att.scores, att.scaled, att.weights))
    assert f" = **{score:.3f}**" in page
    assert f"{score:.3f} ÷ √{att.queries.shape[-1]} = **{scaled:.3f}**" in page
    assert f"= **{weight:.3f}**" in page
    assert f"… {att.queries.shape[-1] - 6} more terms" in page


def test_a_later_key_gets_no_weight_and_the_page_says_why(run):
    assert "the key comes later" in said(run("self_attention", lang="en", text=TEXT, token=3, key=8))


def test_the_books_six_words_without_weights(run):
    expected = EXAMPLES["simple_self_attention"]
    app = explore(run("self_attention", lang="en", text=TEXT), SIMPLE_BOOK)
    for key, score in enumerate(expected["scores_of_query"]):
        app = explore(app, SIMPLE_BOOK, simple_book_key=key)
        assert f" = **{score:.4f}**" in said(app)
    assert "(0.87 × 0.80) + (0.66 × 0.55) + (0.55 × 0.05)" in said(app)
    for number in expected["context_of_query"]:
        assert f"{number:.4f}" in said(app)


def test_the_books_six_words_with_weights(run):
    expected = EXAMPLES["trainable_self_attention"]
    app = explore(run("self_attention", lang="en", text=TEXT), TRAINABLE_BOOK)
    for key, (score, weight) in enumerate(
        zip(expected["scores_of_journey"], expected["weights_of_journey"], strict=True)
    ):
        page = said(explore(app, TRAINABLE_BOOK, trainable_book_key=key))
        assert f" = **{score:.4f}**" in page
        assert f"= **{weight:.4f}**" in page
    for number in expected["context_of_journey"]:
        assert f"{number:.4f}" in page
    page = said(explore(app, TRAINABLE_BOOK, trainable_book_version=1))
    for number in expected["linear_version"]["context"][1]:
        assert f"{number:.4f}" in page


def test_without_scaling_the_softmax_is_sharper(run, att):
    app = run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9)
    revealed(app, "self_attention")
    sharp = att.scores[1, 9, :10].softmax(dim=-1).max()
    assert f"without, it would be {100 * float(sharp):.1f}%" in said(app)


def test_the_five_rows_show_the_traces_own_numbers(att):
    steps = {"scores": att.scores, "scaled": att.scaled, "masked": att.masked, "weights": att.weights}
    rows = {name: numbers[1, 9].numpy() for name, numbers in steps.items()}
    figure = figures.attention_steps(
        rows,
        Axis([b"the"] * 14),
        Summands(weighted(att.weights[1, 9], att.values[1]).numpy(), "context"),
        selected=4,
        masked=att.mask[9].numpy(),
        n_scores=3,
    )
    traces: Any = figure.data
    bars = [trace for trace in traces if trace.type == "bar"]
    for bar, (name, numbers) in zip(bars, rows.items(), strict=True):
        assert bar.name == name
        np.testing.assert_array_equal(bar.customdata, np.where(np.isfinite(numbers), numbers, np.nan))
    lengths = bars[3].y / bars[3].y.sum()
    np.testing.assert_allclose(lengths, rows["weights"], atol=1e-6)
    *_cells, parts, total = [trace for trace in traces if trace.type == "heatmap"]
    np.testing.assert_allclose(total.z[:, 0], att.context[1, 9].numpy(), atol=1e-6)
    np.testing.assert_allclose(parts.z.sum(axis=1), total.z[:, 0], atol=1e-6)


def test_the_largest_number_of_the_context_is_written_out_as_weights_times_values(run, att):
    page = said(run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9, key=4))
    context = att.context[1, 9]
    largest = int(context.abs().argmax())
    lines = [line for line in page.splitlines() if line.startswith(f"number {largest}: ")]
    (line,) = [line for line in lines if line.endswith(f"= **{context[largest]:.3f}**")]  # the book's have four digits
    heaviest = int((att.weights[1, 9] * att.values[1, :, largest]).abs().argmax())
    assert f"({att.weights[1, 9, heaviest]:.3f} × {att.values[1, heaviest, largest]:.3f})" in line.split(" + ")[0]


def test_the_whole_score_has_as_many_terms_as_the_head_has_numbers(run, att):
    app = run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9, key=4)
    (whole,) = [box for box in app.expander if box.label.startswith("The whole score")]
    (line,) = [element.value.replace("−", "-") for element in whole.markdown]
    assert line.count("×") == att.queries.shape[-1]
    assert line.endswith(f"= **{att.scores[1, 9, 4]:.3f}**")


def test_any_number_of_the_context_can_be_chosen(run, att):
    app = run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9)
    page = said(explore(app, CONTEXT, self_attention_number=3))
    assert "**Number 3 of the context**" in page
    heaviest = int((att.weights[1, 9] * att.values[1, :, 3]).abs().argmax())
    first = f"({att.weights[1, 9, heaviest]:.3f} × {att.values[1, heaviest, 3]:.3f})"
    (line,) = [line for line in page.splitlines() if line.startswith(first)]
    assert line.endswith(f"= **{att.context[1, 9, 3]:.3f}**")


def test_the_products_of_query_and_key_sum_to_the_score(run, att):
    app = explore(run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9, key=4), MEETING)
    query, key, product, value = chart_numbers(app, "meeting")
    np.testing.assert_allclose(query * key, product, rtol=1e-5)
    assert product.sum() == pytest.approx(float(att.scores[1, 9, 4]), rel=1e-4)
    np.testing.assert_allclose(value, att.values[1, 4])


def test_the_number_that_is_written_out_follows_the_largest_until_one_is_picked(run):
    app = explore(run("self_attention", lang="en", text=TEXT, layer=0, head=0, token=6), CONTEXT)
    largest = []
    for head in (1, 2, 3):
        app.slider(key="head").set_value(head).run()
        largest.append(int(np.abs(chart_numbers(app, "weighted_values")[-1]).argmax()))
        assert app.selectbox(key="self_attention_number").value == largest[-1]
    assert len({*largest}) > 1
    app.selectbox(key="self_attention_number").select_index(5).run()
    app.slider(key="head").set_value(1).run()
    assert app.selectbox(key="self_attention_number").value == 5


def test_the_weighted_values_end_with_the_context_which_is_their_sum(run, att):
    app = explore(run("self_attention", lang="en", text=TEXT, layer=2, head=1, token=9), CONTEXT)
    *parts, total = chart_numbers(app, "weighted_values")
    assert len(parts) == 10  # keys that the query may look at
    np.testing.assert_allclose(np.sum(parts, axis=0), total, atol=1e-6)
    np.testing.assert_allclose(total, att.context[1, 9], atol=1e-6)


def test_without_weights_the_text_attends_by_dot_products_of_its_embeddings(run):
    app = explore(run("self_attention", lang="en", text=TEXT, token=9), SIMPLE_TEXT)
    vectors = read(engine.available_models()[0], TEXT).trace.embedding.out.numpy()
    scores, _by_sum, weights = (chart_numbers(app, "simple_text", "customdata", trace=i) for i in range(3))
    np.testing.assert_allclose(scores, vectors @ vectors[9], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(weights, np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum(), atol=1e-5)
    assert f"gives {100 * weights[9]:.1f}% of its attention to itself" in said(app)


def test_the_books_context_is_written_out_number_by_number(run):
    app = explore(run("self_attention", lang="en", text=TEXT), SIMPLE_BOOK)
    for place, number in enumerate(EXAMPLES["simple_self_attention"]["context_of_query"]):
        result = f"= **{number:.4f}**"  # the model's own sum above may be of a number of the same place
        lines = [line for line in said(app).splitlines() if line.startswith(f"number {place}: (")]
        (line,) = [line for line in lines if line.endswith(result)]
        assert line.count("×") == 6


def steps(scores, **more):
    rows = np.asarray(scores, np.float32)
    weights = np.exp(rows - rows.max())
    return figures.attention_steps(
        {"scores": rows, "softmax": weights / weights.sum()},
        Axis([b" word"] * len(rows)),
        Summands(np.ones((len(rows), 2), np.float32), "context"),
        **more,
    )


def test_scores_share_one_scale_whose_0_has_a_line_and_the_weights_have_their_own(att):
    steps = {"scores": att.scores, "scaled": att.scaled, "masked": att.masked, "weights": att.weights}
    rows = {name: numbers[1, 9].numpy() for name, numbers in steps.items()}
    summands = Summands(weighted(att.weights[1, 9], att.values[1]).numpy(), "context")
    figure: Any = figures.attention_steps(rows, Axis([b"the"] * 14), summands, n_scores=3)
    scores, scaled, masked, weights = [trace for trace in figure.data if trace.type == "bar"]
    unit = scores.y / rows["scores"]
    np.testing.assert_allclose(unit, unit[0], rtol=1e-4)  # of one scale, and from 0
    np.testing.assert_allclose(scaled.y, rows["scaled"] * unit[0], rtol=1e-4)
    np.testing.assert_allclose(masked.y[:10], scaled.y[:10])
    np.testing.assert_allclose(weights.y / weights.y.max(), rows["weights"] / rows["weights"].max(), atol=1e-6)
    lines = [shape.y0 for shape in figure.layout.shapes if shape.type == "line"]
    assert lines == pytest.approx([bars.base[0] for bars in (scores, scaled, masked, weights)])
    assert all(bars.base[0] + bars.y.min() >= 1 and bars.base[0] + bars.y.max() <= 5 for bars in (scores, weights))


def test_numbers_stand_above_few_keys_and_those_of_the_chosen_key_beside_the_rows_of_many():
    few: Any = steps([1.0, 2.0, 3.0], selected=1)
    (above, *_others) = [trace for trace in few.data if trace.type == "scatter"]
    assert list(above.customdata) == [1.0, 2.0, 3.0]
    many: Any = steps(np.arange(30.0), selected=20)
    assert [len(trace.x) for trace in many.data if trace.type == "scatter"] == [1]  # the sum of the weights
    assert "20.00" in many.layout.yaxis.ticktext[0]
    masked: Any = steps([*np.arange(20.0), -np.inf], selected=20)
    assert "−∞" in masked.layout.yaxis.ticktext[0]


def test_the_sum_stands_apart_from_the_keys_and_is_wide_enough_to_see_beside_many_of_them():
    for n_keys in (1, 12, 39, 40, 92, 200):
        figure: Any = steps(np.arange(float(n_keys)))
        total = figure.data[-1]
        low, high = figure.layout.xaxis.range
        assert not float(total.x0).is_integer()  # a click on it chooses no key
        assert total.x0 - total.dx / 2 >= n_keys - 0.5
        assert total.x0 + total.dx / 2 <= high
        assert total.dx / (high - low) > 0.02
        assert total.meta["colorscale_on_dark"]


def test_a_column_can_be_chosen_wherever_it_is_touched_however_short_its_bar():
    figure: Any = steps([0.0, 1.0, -np.inf], selected=2)
    (cells, _parts, _total) = [trace for trace in figure.data if trace.type == "heatmap"]
    assert cells.opacity == 0
    assert cells.z.shape == (2, 3)  # a cell for each step and key
    assert np.isnan(cells.z[0, 2])
    assert cells.hovertemplatefallback == "−∞"
    assert [cells.y0 + row * cells.dy for row in range(2)] == [2.5, 1.5]  # the middles of the rows of bars
    assert figure.layout.meta["selected"] == (0, 2)  # where the arrow keys begin


def test_a_cell_of_x_times_w_is_written_as_its_sum_and_the_later_ones_are_empty(run):
    x, W = book_matrices.inputs(), book_matrices.trainable_matrices()[0]
    app = explore(run("self_attention", lang="en", text=TEXT), PRODUCTS)
    for place, printed in enumerate(EXAMPLES["trainable_self_attention"]["query_of_journey"]):
        app.slider(key="self_attention_filled book").set_value(3 + place).run()
        assert f"= **{printed:.4f}**" in said(app)
        drawn = chart_numbers(app, "product_q_book").ravel()
        np.testing.assert_allclose(drawn[: 3 + place], (x @ W).ravel()[: 3 + place], rtol=1e-5)
        assert np.isnan(drawn[3 + place :]).all()
    np.testing.assert_allclose(chart_numbers(app, "product_x_book"), x)
    np.testing.assert_allclose(chart_numbers(app, "product_w_book"), W)


def test_this_models_queries_keys_and_values_are_the_traces(run, att):
    app = run("self_attention", lang="en", text=TEXT, layer=2, head=1)
    n = att.keys.shape[-2] * att.keys.shape[-1]
    for role, numbers in (("query", att.queries), ("key", att.keys), ("value", att.values)):
        app = explore(app, PRODUCTS, self_attention_product="model", self_attention_role=role)
        app.slider(key="self_attention_filled model").set_value(n).run()
        np.testing.assert_allclose(chart_numbers(app, "product_q_model"), numbers[1], rtol=1e-5)
        assert f"= **{numbers[1, -1, -1]:.4f}**" in said(app)  # with its bias


def test_an_experiment_has_its_own_question_code_and_table(run, att):
    app = explore(run("self_attention", lang="en", text=TEXT, layer=2, head=1), PRODUCTS)
    for part in ("predict", "reveal", "code", "data"):
        app.session_state[f"{part} self_attention/projections"] = True
    app.run()
    assert f"{att.queries[1].numel() * 192:,} for the queries" in said(app)
    assert any("def of_head" in block.value for block in app.code)
    frame, *of_pictures = [one.value for one in app.dataframe]
    assert of_pictures
    np.testing.assert_allclose(frame["query 3"], att.queries[1, :, 3], rtol=1e-4)
