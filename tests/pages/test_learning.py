"""Chapter 16, Learning: losses, pairs and the live training say what gpt_core computes, with and without snapshots."""

import json
import re
from collections.abc import Callable, Iterator
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch

from gpt_core import GPTConfig, GPTTrace
from gpt_core.generation.generate import generate
from gpt_core.measure import lens
from gpt_core.training import release
from gpt_core.training.tiny import Progress, pairs
from gpt_core.weights import snapshots
from gpt_core.weights.snapshots import load_snapshot
from pages.experiments.learning import live, stories
from pages.experiments.learning.pairs import INPUT, ROWS, TARGET
from pages.figures import visible
from pages.services.reading import tokenizer
from pages.services.training_queue import Job, TrainingQueue
from pages.ui import history
from pages.ui import words as spoken
from tests.conftest import random_gpt
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, revealed, words
from tests.waiting import until

TEXT = "The old king gave the golden key to the boy. The old king"
PAIRS, LIVE, LOSS, ATTENTION, STORIES = (
    f"learning/{id}" for id in ("pairs", "live", "loss_by_token", "attention", "stories")
)
STEPS = (0, 10, 100, 200)
N_USED = 50


@pytest.fixture
def trainings(new_queue, monkeypatch) -> Callable[..., TrainingQueue]:
    """Give the page a training queue of this test's own: `trainings(steps=3)`."""

    def replace(**limits: float) -> TrainingQueue:
        queue = new_queue(**limits)
        monkeypatch.setattr(live, "trainings", queue)
        return queue

    return replace


@pytest.fixture
def no_snapshots(monkeypatch, tmp_path) -> Iterator[None]:
    yield from _snapshots_in(tmp_path, monkeypatch)


@pytest.fixture
def some_snapshots(monkeypatch, tmp_path) -> Iterator[None]:
    """Three small models and a finished one, in the files and formats that a training run writes."""
    table, used = "embedding.tok_emb.weight", torch.arange(200, 200 + N_USED)
    history = [
        {"step": step, "tokens": 20 * step, "en": log(N_USED) - step / 100, "fr": 4.0 - step / 100}
        | ({"training": 3.0} if step else {})
        for step in STEPS
    ]
    for step in STEPS:
        model = random_gpt(
            GPTConfig(vocab_size=N_USED, context_length=64, emb_dim=12, n_heads=3, n_layers=2), seed=step
        )
        path = tmp_path / "snapshots" / f"step-{step:06}.safetensors"
        rows = {table: torch.zeros(1, 12)}
        release.write_model(tmp_path / "model.safetensors" if step == STEPS[-1] else path, model, used, rows)
    release.write_config(tmp_path, model.config)
    (tmp_path / "history.json").write_text(json.dumps(history), "utf-8")
    yield from _snapshots_in(tmp_path, monkeypatch)


def _snapshots_in(folder: Path, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "FOLDER", folder)
    snapshots.snapshots.cache_clear()
    yield
    snapshots.snapshots.cache_clear()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("text", [TEXT, "a", "the the", "<b>x</b> $y$ 👨‍👩‍👧", "a b " * 100])
def test_every_experiment_draws_at_every_snapshot(run, some_snapshots, text, language):
    app = run("learning", lang=language, text=text, layer=3, head=4)
    assert_healthy(app)
    for experiment, step in zip((PAIRS, LIVE, LOSS, ATTENTION, STORIES), (*STEPS, 100), strict=True):
        assert_healthy(explore(app, experiment, learning_moment=step))


@pytest.mark.parametrize("text", [TEXT, "a", "the the"])
def test_without_snapshots_it_says_so_and_still_draws(run, no_snapshots, text):
    app = run("learning", lang="en", text=text)
    assert_healthy(app)
    assert "are not on this machine" in words(app)
    for experiment in (LIVE, LOSS):
        assert_healthy(explore(app, experiment))
    assert len(app.segmented_control(key="look learning").options) == 2


def test_a_history_that_is_damaged_is_as_good_as_none(run, no_snapshots):
    (snapshots.FOLDER / "history.json").write_text("<html>", "utf-8")
    app = run("learning", lang="en", text=TEXT)
    assert_healthy(app)
    assert "are not on this machine" in words(app)


@pytest.mark.parametrize("damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: b"<html>"])
def test_a_snapshot_that_will_not_load_counts_as_not_kept(run, some_snapshots, damage):
    path = snapshots.FOLDER / "snapshots" / "step-000010.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    assert [snapshot.step for snapshot in snapshots.snapshots() if snapshot.kept] == [0, 100, 200]
    assert len(snapshots.snapshots()) == len(STEPS)
    app = run("learning", lang="en", text=TEXT)
    assert_healthy(app)
    assert app.select_slider(key="learning_moment").options == ["0", "100", "finished"]


def test_the_loss_is_the_mean_surprise_of_the_finished_model(run, some_snapshots):
    ids = torch.tensor(tokenizer().encode(TEXT))
    with torch.inference_mode():
        trace = load_snapshot(snapshots.snapshots()[-1]).trace(ids)
        bits = float(lens.surprise(trace.logits, ids).mean())
    said = plain(run("learning", lang="en", text=TEXT))
    assert f"loss {bits * log(2):.4f} by the function that trains; the mean surprise, {bits:.4f} bits" in said


def test_the_untrained_model_is_held_against_a_blind_guess(run, some_snapshots):
    ids = torch.tensor(tokenizer().encode(TEXT))
    with torch.inference_mode():
        loss = float(lens.surprise(load_snapshot(snapshots.snapshots()[0]).trace(ids).logits, ids).mean()) * log(2)
    said = plain(run("learning", lang="en", text=TEXT))
    assert f"Before training, the loss on your text is {loss:.3f} nats" in said
    assert f"among the 50,257 tokens of the vocabulary costs ln 50,257 = {log(50_257):.3f}" in said, (
        "it met none of them"
    )


@pytest.mark.parametrize(("text", "n"), [(TEXT, 26_185), (f"{TEXT} GitHub", 50_257)])
def test_a_blind_guess_is_among_tokens_that_could_be_right(run, text, n):
    said = plain(run("learning", lang="en", text=text, model="random-small"))
    assert f"costs ln {n:,} = {log(n):.3f}" in said
    assert ("**Storyteller.** In its training, this model never met 1 of" in said) == (n == 50_257)


@pytest.mark.parametrize(
    "example", [one for code in ("en", "fr") for one in spoken.examples(code)], ids=lambda e: e["text"]
)
def test_at_every_snapshot_every_example_is_read_as_well_as_a_blind_guess_would_or_better(run, example):
    """Rare tokens have no row of their own in the files of the earlier snapshots."""
    app = run("learning", lang="en", text=example["text"])
    for snapshot in snapshots.snapshots():
        if snapshot.kept:
            app = explore(app, LOSS, learning_moment=snapshot.step)
            assert_healthy(app)
            told = re.search(r"On \*\*your text\*\* the loss is ([\d.]+) nats", plain(app))
            assert told
            loss = float(told[1])
            assert loss < log(50_257) + 1 if snapshot.step else abs(loss - log(50_257)) < 1


def test_the_snapshot_in_the_slider_is_the_one_that_is_told(run, some_snapshots):
    app = run("learning", lang="en", text=TEXT)
    assert "**Storyteller, step 100**: 2,000 tokens read" in plain(app)
    app.select_slider(key="learning_moment").set_value(10).run()
    assert "**Storyteller, step 10**: 200 tokens read" in plain(app)
    assert f"the loss is {log(N_USED) - 0.1:.2f} nats in English" in plain(app)


def test_another_course_is_told_of_where_the_curve_has_one(run, some_snapshots):
    told = "Dotted lines: large steps again"
    assert told not in plain(run("learning", lang="en", text=TEXT))
    path = snapshots.FOLDER / "history.json"
    rows = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps([*rows[:2], *(row | {"course": 2} for row in rows[2:])]), "utf-8")
    snapshots.snapshots.cache_clear()
    assert history.turns() == (1,)
    assert told in plain(run("learning", lang="en", text=TEXT))


def trace_at(step: int) -> GPTTrace:
    """The text as the model of a step reads it, by another road than the page's."""
    (snapshot,) = (one for one in snapshots.snapshots() if one.step == step)
    with torch.inference_mode():
        return load_snapshot(snapshot).trace(torch.tensor(tokenizer().encode(TEXT)))


def test_the_bars_are_what_the_model_of_the_chosen_snapshot_says_comes_next(run, some_snapshots):
    app = explore(run("learning", lang="en", text=TEXT), PAIRS, learning_moment=10)
    with torch.inference_mode():
        then, finished = (trace_at(step).next_logits.softmax(dim=-1) for step in (10, 200))
    shown, beside = (chart_numbers(app, "learning_next", "x", trace=trace) for trace in (0, 1))
    assert max(shown) == pytest.approx(float(then.max()), rel=1e-4)
    assert max(beside) == pytest.approx(float(finished.max()), rel=1e-4)
    assert len(drawn(explore(app, PAIRS, learning_moment=200))["learning_next"]["data"]) == 1  # beside itself: nothing


def test_the_loss_is_taken_apart_into_the_surprises_of_its_tokens(run, some_snapshots):
    app = explore(run("learning", lang="en", text=TEXT), LOSS, learning_moment=10)
    for trace, step in enumerate((10, 200)):
        read = trace_at(step)
        with torch.inference_mode():
            nats = -read.logits[:-1].log_softmax(dim=-1).gather(1, read.ids[1:, None]).flatten()
        assert chart_numbers(app, "learning_surprises", "y", trace=trace) == pytest.approx(nats.numpy(), abs=1e-3)
        if step == 10:
            said = f"The mean of the blue bars is the loss, {float(nats.mean()):.3f} nats"
            assert said in plain(app)


def test_a_head_is_shown_as_it_was_and_as_it_has_become(run, some_snapshots):
    app = run("learning", lang="en", text=TEXT, model="storyteller", layer=1, head=2)
    explore(app, ATTENTION, learning_moment=0)
    for side, step in enumerate((0, 200)):
        weights = trace_at(step).blocks[1].att.weights[2].numpy()
        shown = np.nan_to_num(chart_numbers(app, f"attention_before_after_{side}"))
        assert shown == pytest.approx(weights, abs=1e-5)


def test_every_snapshot_tells_its_own_story(run, some_snapshots):
    app = explore(run("learning", lang="en", text=TEXT), STORIES, learning_temperature=0.0)
    for snapshot in snapshots.snapshots():
        with torch.inference_mode():
            steps = list(generate(load_snapshot(snapshot), tokenizer().encode(TEXT), max_new_tokens=stories.LENGTH))
        story = visible(b"".join(tokenizer().token(step.id) for step in steps), longest=400).replace("␣", " ")
        assert " ".join(f"{snapshot.tokens:,} tokens read: … {story}".split()) in " ".join(plain(app).split())


def test_the_staircase_hides_what_comes_after_the_token_to_guess(run, some_snapshots):
    app = explore(run("learning", lang="en", text=TEXT), PAIRS, learning_length=3, learning_window=2)
    none = 0
    wanted = [[INPUT, TARGET, none, none], [INPUT, INPUT, TARGET, none], [INPUT, INPUT, INPUT, TARGET]]
    assert np.nan_to_num(chart_numbers(app, "learning_staircase")) == pytest.approx(np.array(wanted))
    first = np.nan_to_num(chart_numbers(app, "learning_windows"))[2]
    assert first[:7] == pytest.approx([none, none, INPUT, INPUT, INPUT, TARGET, none])


@pytest.mark.parametrize(("length", "stride"), [(4, 1), (4, 4), (16, 3)])
def test_the_windows_in_the_table_are_the_pairs_of_the_text(run, no_snapshots, length, stride):
    app = run("learning", lang="en", text=TEXT)
    app.slider(key="learning_length").set_value(length)
    app.slider(key="learning_stride").set_value(stride).run()
    ids = tokenizer().encode(TEXT)
    wanted = pairs(ids, length=min(length, len(ids) - 1), stride=stride)
    stairs, windows = (frame.value for frame in app.dataframe[:2])
    assert len(windows) == len(wanted)
    assert windows["targets"].iloc[0].count("|") + 1 == len(wanted[0][0])
    assert stairs["context"].iloc[2] == "The␣old␣king"
    assert stairs["to guess"].iloc[2] == "␣gave"
    n_windows = "1 window" if len(wanted) == 1 else f"{len(wanted)} windows"
    assert f"{n_windows} of {min(length, len(ids) - 1)}: " in plain(app)
    assert (f"of {len(wanted)} windows; the table below has them all" in plain(app)) == (len(wanted) > ROWS)


def test_the_reader_starts_a_training_and_sees_it_end(run, no_snapshots, trainings):
    queue = trainings(steps=3)
    app = explore(run("learning", lang="en", text=TEXT), LIVE)
    app.button(key="learning_start").click().run()
    assert_healthy(app)
    until(lambda: not queue.line)
    app.run()
    assert_healthy(app)
    assert "Finished: 3 of 3 steps" in words(app)
    assert re.search(r"\*\*Step 3\*\*, loss \d\.\d{3}: The", plain(app))
    n_different = len(set(tokenizer().encode(TEXT)))
    assert f"ln {n_different} = {log(n_different):.3f}" in plain(app)
    assert "This is about the text that you had" not in words(app)
    app.session_state["text"] = "Another text, which is longer"
    app.run()
    assert "This is about the text that you had" in words(app)


def test_a_reader_who_waits_is_told_how_many_come_before_and_may_stop(run, no_snapshots, trainings):
    queue = trainings(steps=10_000_000)
    others = [queue.start(name, tuple(range(9))) for name in ("first", "second")]
    app = explore(run("learning", lang="fr", text=TEXT), LIVE)
    app.button(key="learning_start").click().run()
    assert "2 entraînements passent avant le vôtre" in words(app)
    others[1].stop.set()
    until(lambda: others[1].over)
    assert "1 entraînement passe avant le vôtre" in words(app.run())
    app.button(key="learning_stop").click().run()
    until(lambda: queue.line == others[:1])
    assert "Arrêté avant d’avoir commencé" in words(app.run())


def test_a_reader_who_finds_the_line_full_is_told(run, no_snapshots, trainings):
    trainings(steps=10_000_000, most_waiting=0).start("first", tuple(range(9)))
    app = explore(run("learning", lang="fr", text=TEXT), LIVE)
    app.button(key="learning_start").click().run()
    assert_healthy(app)
    assert "Trop d’entraînements attendent déjà" in words(app)
    assert app.button(key="learning_stop").disabled


def test_a_blind_guess_is_the_same_everywhere(run, some_snapshots):
    said = plain(revealed(explore(run("learning", lang="en", text=TEXT), LOSS), "learning"))
    assert said.count(f"among the 50,257 tokens of the vocabulary costs ln 50,257 = {log(50_257):.3f}") == 2
    assert "The blind guess is one among the 50,257 tokens of the vocabulary" in said


@pytest.mark.parametrize(
    ("model", "which"),
    [
        ("storyteller", "the 35,836 tokens met in training"),
        ("induction-lab", "the 128 tokens met in training"),
        ("random-small", "the 50,257 tokens of the vocabulary"),
    ],
)
def test_without_snapshots_a_blind_guess_is_among_what_the_chosen_model_knows(run, no_snapshots, model, which):
    app = explore(run("learning", lang="en", text=" the old king saw the old king", model=model), LOSS)
    assert_healthy(app)
    assert f"a blind guess among {which} costs" in plain(app)


@pytest.mark.parametrize(("language", "said"), [("en", "easier to guess here"), ("fr", "plus facile à deviner")])
def test_french_is_easier_only_where_its_loss_is_lower(run, some_snapshots, language, said):
    """In this history French is at 4 nats, English at ln 50, which is less."""
    app = run("learning", lang=language, text=TEXT)
    assert said in plain(app)
    assert ("no easier" in plain(app)) == (language == "en")
    assert ("n’est pas ici plus facile" in plain(app)) == (language == "fr")


def test_before_training_french_is_no_easier(run):
    app = explore(run("learning", lang="en", text=TEXT), PAIRS, learning_moment=0)
    assert "10.19 nats in English and 10.19 in French" in plain(app)
    assert "A French token is no easier to guess here" in plain(app)
    app = explore(app, PAIRS, learning_moment=300)
    assert "A French token is easier to guess here" in plain(app)


def test_the_page_says_on_which_text_its_losses_were_measured(run):
    said = plain(run("learning", lang="en", text=TEXT))
    assert "Measured on the first 6,000 tokens of those chapters" in said
    assert "the finished model has 3.75 and 2.81 nats" in said


def test_the_numbers_of_the_model_card_are_the_card_s():
    """Characters per token: nats per token, in bits, by bits per character."""
    card = (snapshots.MODELS_FOLDER / "README.md").read_text("utf-8")
    for code, name in (("en", "English, old books"), ("fr", "French, old books")):
        row = re.search(rf"\| {name} \| .* \| [\d,]+ \| ([\d.]+) \| [\d.]+ \| \*\*([\d.]+)\*\* \|", card)
        assert row
        nats, bits = float(row[1]), float(row[2])
        assert history.WHOLE[code] == nats
        assert history.CHARACTERS[code] == pytest.approx(nats / log(2) / bits, abs=0.005)
    assert f"on the first {history.PIECE:,} tokens of each language" in card.replace("\n", " ")


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", ["0", "205K", "1.6M", "58M"]), ("fr", ["0", "205\u202fk", "1,6\u202fM", "58\u202fM"])],
)
def test_large_numbers_on_an_axis_are_short(monkeypatch, language, shown):
    monkeypatch.setattr(spoken, "language", lambda: language)
    assert [spoken.briefly(n) for n in (0, 204_800, 1_638_400, 57_600_000)] == shown


def test_a_training_that_ended_while_its_progress_was_copied_is_not_told_as_stopped():
    job = Job((7, 3, 9, 3), over=True)
    seen = [Progress(298, 300, 9_000, 0.01, None)]
    assert live._state(job, seen, over=False).startswith("Learning: step 298 of 300")
    assert live._state(job, seen, over=True).startswith("Stopped at step 298 of 300")
