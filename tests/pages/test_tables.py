"""The data as a table, below each experiment: never stale, and in the reader's language."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from pages.services.reading import read
from pages.ui import told
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


@pytest.mark.parametrize("fold", ["heads", "heads/arcs"])
def test_a_csv_speaks_the_reader_s_language_when_the_browser_asks_for_it_after_the_run(run, monkeypatch, fold):
    offered: dict[str, Any] = {}
    draw = st.download_button

    def noting(*label: Any, **more: Any) -> bool:
        offered[more["key"]] = more["data"]
        return draw(*label, **more)

    monkeypatch.setattr(st, "download_button", noting)
    app = explore(run("heads", lang="fr", text=TEXT), "heads/arcs", **{f"data {fold}": True})
    assert_healthy(app)
    sent = io.BytesIO(offered[f"csv {fold}"]())  # outside of any run, as the server calls it
    table = pd.read_csv(sent, sep=";", decimal=",", encoding="utf-8-sig")
    assert table.iloc[:, 1:].to_numpy(float)[0, 0] == pytest.approx(1)


def test_presenter_mode_has_no_table(run):
    app = run("heads", lang="en", text=TEXT, present=True)
    assert [one for one in app.expander if "as a table" in one.label] == []


def test_a_picture_without_words_of_its_own_tells_how_far_its_numbers_go():
    table = pd.DataFrame({"token": ["a", "b", "c"], "p": [0.25, 0.5, np.nan], "text": list("xyz"), "n": [-1, 0, 7]})
    assert told.of_table(table) == ("p: largest 0.50 (b), smallest 0.25 (a). n: largest 7.00 (c), smallest −1.00 (a).")
    assert told.of_table(table.drop(columns=["p", "text"])) == "n: largest 7 (c), smallest −1 (a)."
    wide = pd.DataFrame({"query": ["a", "b"], **{f"k{i}": [0.5, i / 4] for i in range(4)}})
    assert told.of_table(wide) == "Largest: b → k3, 0.75; smallest: 0.00."
    assert told.of_table(table.drop(columns=["p", "n"])) == told.of_table(pd.DataFrame()) == ""
