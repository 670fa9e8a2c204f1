"""The data as a table, below each experiment: never stale, and in the reader's language."""

import pandas as pd
import pytest

from pages.services.reading import read
from tests.pages.conftest import assert_healthy, explore

TEXT = "The old king gave the golden key to the boy. <b>x</b>"


def test_an_experiment_s_table_is_made_when_opened_and_follows_the_sliders(run):
    app = explore(run("heads", lang="fr", text=TEXT, layer=0, head=1), "heads/without_sink")
    assert_healthy(app)
    assert len(app.dataframe) == 0
    explore(app, "heads/without_sink", **{"data heads/without_sink": True})
    assert_healthy(app)
    before = app.dataframe[0].value
    assert before.columns[0] == "requête" and "&#" not in str(before)
    assert before.iloc[11:13, 0].tolist() == ["11 ␣<", "12 b"]
    app.sidebar.slider(key="head").set_value(2).run()
    assert_healthy(app)
    assert not app.dataframe[0].value.equals(before)


def test_a_table_has_the_trace_s_own_numbers(run):
    app = explore(run("heads", lang="en", text=TEXT, layer=1, head=2), "heads/arcs", **{"data heads/arcs": True})
    assert_healthy(app)
    weights = read("storyteller", TEXT).trace.blocks[1].att.weights[2].numpy()
    table: pd.DataFrame = app.dataframe[0].value
    assert table.iloc[:, 1:].to_numpy() == pytest.approx(weights)


def test_presenter_mode_has_no_table(run):
    app = run("heads", lang="en", text=TEXT, present=True)
    assert [one for one in app.expander if "as a table" in one.label] == []
