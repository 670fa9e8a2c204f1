"""A reader's own model: listed, said to be theirs, told what is wrong with it, and shown by every chapter."""

import os
import shutil
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from gpt_core import GPTConfig, save_model
from pages.chapters import CHAPTERS
from pages.experiments.learning import live
from pages.services.reading import read, tokenizer
from pages.services.shared import engine, models
from pages.ui import choices, model_picker, sharing, style
from pages.ui.chapter_page import Page
from pages.ui.choices import Choices
from tests.conftest import random_gpt
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, said
from tests.waiting import until

TEXT = "The old king gave the golden key to the boy."
LONGER = f"{TEXT} The boy gave it to the queen, and the queen to the old king of the golden land."
ODD = {
    "one of all": GPTConfig(context_length=4, emb_dim=8, n_heads=1, n_layers=1),
    "deep": GPTConfig(
        50_304, context_length=32, emb_dim=8, n_heads=8, n_layers=48, qkv_bias=False, tied_head=False, n_inner=3
    ),
}
MET = [(row, list(ODD)[i % len(ODD)]) for i, row in enumerate(CHAPTERS)]
MARKUP = "<b>*x*</b>"  # a name that would be markup


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of odd sizes where readers put theirs."""
    root = tmp_path_factory.mktemp("models")
    for name, config in ODD.items():
        save_model(random_gpt(config), root / name)
    return root


@pytest.fixture(autouse=True)
def _in_the_folder(folder, monkeypatch):
    monkeypatch.setattr(models, "_roots", (folder,))
    models.look_again()
    yield
    monkeypatch.undo()
    for name in models.look_again():
        engine.forget_model(name)


@pytest.mark.parametrize(("row", "odd"), MET, ids=[row.id for row in CHAPTERS])
def test_every_chapter_shows_a_model_of_odd_sizes(run, row, odd):
    app = run(row.id, lang="fr" if row.id < "g" else "en", text=TEXT, model=f"yours:{odd}")
    assert_healthy(app)
    assert app.session_state["model"] == f"yours:{odd}"
    assert odd in plain(app)


def test_a_network_whose_inner_width_is_no_multiple_is_drawn_with_its_last_row_cut_short(run):
    app = explore(run("feed_forward", lang="en", text=TEXT, model="yours:deep"), "feed_forward/wide_and_narrow")
    assert_healthy(app)
    assert np.isnan(chart_numbers(app, "wide_and_narrow")).sum() == 2 * 5  # three numbers in rows of eight, twice


def test_it_is_marked_as_theirs_wherever_it_is_named(run):
    app = run("heads", lang="en", text=TEXT, model="yours:deep")
    assert "deep · yours" in app.selectbox(key="model").options
    badges = [markdown.value for markdown in app.sidebar.markdown]
    assert any("yours" in badge for badge in badges)
    assert any("this app does not know what it learnt from" in caption.value for caption in app.sidebar.caption)
    shown = run("heads", lang="en", text=TEXT, model="yours:deep", present=True)
    assert any("this app does not know what it learnt from" in caption.value for caption in shown.caption)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_says_how_to_put_one_here_and_what_is_wrong(run, folder, lang, monkeypatch, tmp_path):
    monkeypatch.setattr(models, "_roots", (folder, tmp_path))
    app = run("heads", lang=lang, text=TEXT)
    app.session_state["about"] = True
    app.run()
    assert_healthy(app)
    assert [code.value.split("\n")[-1].split(" ")[0] for code in app.code[:2]] == ["save_model(model,", "python"]
    (tmp_path / MARKUP.replace("/", "")).mkdir()
    (tmp_path / MARKUP.replace("/", "") / "model.pth").write_bytes(b"")
    app.button(key="look_again").click().run()
    (warning,) = app.warning
    assert "\\<b\\>" in warning.value
    assert "python -m gpt_core.weights.convert model.pth" in warning.value.replace("\\", "")
    assert {"en": "cannot be opened", "fr": "ne peut pas être ouvert"}[lang] in warning.value


def test_of_a_model_that_was_trained_on_nothing_old_is_shown(folder):
    name, place = "yours:trained on", folder / "trained on"
    save_model(random_gpt(ODD["one of all"], seed=1), place)
    models.look_again()
    before = read(name, TEXT).trace.next_logits
    save_model(random_gpt(ODD["one of all"], seed=2), place)
    os.utime(place / "model.safetensors", ns=(1, 1))  # whatever the clock
    assert torch.equal(read(name, TEXT).trace.next_logits, before)  # until somebody looks again
    model_picker.look_again()
    assert not torch.allclose(read(name, TEXT).trace.next_logits, before)


GONE = {
    "en": "The model “mine” cannot be used any more: its folder is gone. Storyteller is shown instead.",
    "fr": "Le modèle « mine » n’est plus utilisable : son dossier a disparu. Storyteller est montré à sa place.",
}


@pytest.mark.parametrize("where", [(choices, "read"), (style, "apply"), (sharing, "draw")])
def test_a_model_whose_folder_is_gone_is_told_of_also_where_the_run_that_was_to_say_it_is_left(
    where, run, folder, leave
):
    save_model(random_gpt(ODD["one of all"]), folder / "mine")
    models.look_again()
    app = run("heads", lang="en", text=TEXT, model="yours:mine")
    shutil.rmtree(folder / "mine")
    left = leave(*where)
    app.run()
    assert left
    assert plain(app).count(GONE["en"]) == 1
    assert GONE["en"] not in plain(app.run())


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_model_whose_folder_is_gone_is_told_of_in_one_sentence_and_the_page_goes_on(run, folder, lang):
    save_model(random_gpt(ODD["one of all"]), folder / "mine")
    models.look_again()
    app = run("heads", lang=lang, text=TEXT, model="yours:mine")
    assert_healthy(app)
    assert GONE[lang] not in plain(app)
    shutil.rmtree(folder / "mine")
    app.run()  # whatever the reader does next
    assert_healthy(app)
    assert plain(app).count(GONE[lang]) == 1
    assert app.session_state["model"] == said(app, "model") == "storyteller"
    assert drawn(app)["attention"] and "mine · " not in "".join(app.selectbox(key="model").options)
    assert GONE[lang] not in plain(app.run())


def test_a_model_whose_files_were_spoilt_is_told_of_with_the_reason(run, folder):
    save_model(random_gpt(ODD["one of all"]), folder / "mine")
    models.look_again()
    app = run("heads", lang="en", text=TEXT, model="yours:mine")
    (folder / "mine" / "model.safetensors").write_text("<html>log in</html>", "utf-8")
    app.run()
    assert_healthy(app)
    assert "model.safetensors holds a web page instead of safetensors weights. Story" in plain(app)
    shutil.rmtree(folder / "mine")


def test_a_model_that_is_trained_on_and_saved_under_its_name_shows_its_new_numbers_at_once(run, folder):
    """Without *Look again*: whoever retrains a model does not think of it."""
    place, ids = folder / "mine", torch.tensor(read("storyteller", TEXT).ids[:4])
    for seed in (1, 2):
        save_model(random_gpt(ODD["one of all"], seed=seed), place)
        os.utime(place / "model.safetensors", ns=(seed, seed))  # whatever the clock
        if seed == 1:
            models.look_again()
            app = run("heads", lang="en", text=TEXT, model="yours:mine")
        app.run()
        assert_healthy(app)
        weights = random_gpt(ODD["one of all"], seed=seed).trace(ids).blocks[0].att.weights[0]
        shown = chart_numbers(app, "attention")
        np.testing.assert_allclose(shown[~np.isnan(shown)], weights[torch.tril_indices(4, 4).unbind()], atol=1e-6)
    shutil.rmtree(place)


def test_a_chapter_that_is_drawn_again_alone_notices_that_its_model_is_another(folder):
    """Then the whole page must be drawn: what it holds is of the files as they were."""
    place, nothing = folder / "mine", cast("Any", None)
    save_model(random_gpt(ODD["one of all"]), place)
    models.look_again()
    chosen = Choices(TEXT, "yours:mine", 0, 0, 0, 0, "en", present=False)
    edition = models.edition("yours:mine")
    page = Page(CHAPTERS[0], chosen, None, [], nothing, nothing, nothing, None, edition)
    assert not page.is_outdated()
    os.utime(place / "model.safetensors", ns=(1, 1))
    assert page.is_outdated()
    page = replace(page, edition=models.edition("yours:mine"))
    assert not page.is_outdated()
    shutil.rmtree(place)
    assert page.is_outdated()


def test_a_random_model_is_held_against_a_bundled_one_and_no_reader_s_own(run):
    app = explore(run("generation", lang="en", text=TEXT, model="random-small"), "generation/random_against_trained")
    assert_healthy(app)
    assert "**Storyteller**" in plain(app) and "one of all" not in plain(app)


def test_a_name_in_a_link_that_is_no_model_leads_nowhere(run):
    app = run("heads", lang="en", text=TEXT, model="yours:../../etc")
    assert_healthy(app)
    assert app.session_state["model"] == engine.available_models()[0]
    assert "model" in plain(app)


@pytest.fixture
def taught(run, monkeypatch, new_queue):
    """The page on which a reader has just trained a model."""
    queue = new_queue(steps=2)
    monkeypatch.setattr(live, "trainings", queue)
    app = explore(run("learning", lang="en", text=LONGER), "learning/live")
    app.button(key="learning_start").click().run()
    until(lambda: not queue.line)
    app.run()
    assert_healthy(app)
    return app


def test_the_model_just_trained_opens_for_this_reader_alone_and_for_whom_they_give_the_link(run, taught):
    taught.button(key="learning_open").click().run()
    assert_healthy(taught)
    name = said(taught, "model")
    assert name.startswith("trained:")
    assert taught.selectbox(key="model").options[-1] == "Just trained · yours"
    assert "one text alone, live in Learning" in plain(taught)
    for chapter in ("heads", "generation", "embeddings", "anatomy"):
        app = run(chapter, lang="fr", text=LONGER, model=name)
        assert_healthy(app)
        assert app.selectbox(key="model").options[-1] == "Tout juste entraîné · à vous"
    assert "Just trained · yours" not in run("heads", lang="en", text=LONGER).selectbox(key="model").options


def test_the_page_says_what_the_loss_on_the_part_held_back_is(taught):
    n = len(tokenizer().encode(LONGER))
    assert f"On the last {n // 5} tokens, held back, the loss is " in plain(taught)
    names = [trace.get("name") for trace in drawn(taught)["learning_live"]["data"]]
    assert "on the part held back" in names
    taught.session_state["lang"] = "fr"
    assert f"Sur les {n // 5} derniers tokens, mis de côté, la perte est de " in plain(taught.run())
