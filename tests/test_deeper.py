"""The third course of the story model: more blocks, which at first change nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gpt_core import GPT, GPTConfig
from gpt_core.training import release
from gpt_core.training.loop import Phase, Recipe, initialise, train
from gpt_core.training.recipes import deeper, more_stories
from gpt_core.training.recipes.induction import Repeats
from gpt_core.weights import packing
from gpt_core.weights.folder import load_folder
from gpt_core.weights.model_file import MODEL_FILE
from tests.test_more_stories import RECIPE, SMALL, before, corpus  # noqa: F401 (two of them are fixtures)

SIZES = GPTConfig(vocab_size=40, context_length=16, n_layers=3, n_heads=2, emb_dim=8)
IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


@pytest.fixture
def model() -> GPT:
    model = GPT(SIZES)
    initialise(model, seed=1)
    return model


@pytest.mark.parametrize("n_layers", [3, 4, 6])
def test_a_model_with_more_blocks_says_what_it_said(model: GPT, n_layers: int):
    first = model.trace(IDS)
    after = deeper.grown(model, n_layers).trace(IDS)
    assert len(after.blocks) == n_layers
    assert torch.equal(after.logits, first.logits)
    for old, new in zip(first.blocks, after.blocks[: SIZES.n_layers], strict=True):
        assert torch.equal(old.att.weights, new.att.weights)


def test_the_new_blocks_are_copies_of_the_last_but_for_what_they_add(model: GPT):
    after = deeper.grown(model, 5)
    for new, old in ((3, 1), (4, 2)):
        copied, of = (dict(after.blocks[layer].named_parameters()) for layer in (new, old))
        for name, parameter in copied.items():
            adds = name.startswith(("att.out_proj", "ff.down"))
            assert torch.equal(parameter, torch.zeros_like(parameter) if adds else of[name])
            assert parameter is not of[name]


def test_the_new_blocks_learn(model: GPT):
    after = deeper.grown(model, 4)
    recipe = Recipe(phases=(Phase(steps=3, n_windows=4, length=15),), warm_up=1, cool_down=1)
    assert len(list(train(after, Repeats(40, seed=1), recipe))) == 3
    assert after.blocks[3].att.out_proj.weight.abs().max() > 0
    assert after.blocks[3].ff.down.weight.abs().max() > 0


@pytest.mark.parametrize("n_layers", [2, 7])
def test_it_cannot_lose_blocks_nor_have_more_copies_than_there_are_originals(model: GPT, n_layers: int):
    with pytest.raises(ValueError, match=f"3 blocks do not grow to {n_layers}"):
        deeper.grown(model, n_layers)


def test_the_third_course_reads_the_same_books_at_other_places(corpus: Path):  # noqa: F811
    second, third = more_stories.prepare(corpus), deeper.prepare(corpus)
    assert torch.equal(second.vocabulary.ids, third.vocabulary.ids)
    assert not torch.equal(second.windows.draw(0, 64, 32), third.windows.draw(0, 64, 32))
    assert replace(third.windows, seed=second.windows.seed).draw(0, 8, 32).equal(second.windows.draw(0, 8, 32))


def test_a_whole_third_course_is_released_with_its_blocks(corpus: Path, before: Path, tmp_path: Path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(deeper, "N_LAYERS", 3)
    run, folder = tmp_path / "run", tmp_path / "model"
    assert list(deeper.run(corpus, run, before, RECIPE, every=1))
    release.write_later_course(folder, before, run, deeper.prepare(corpus), n_layers=3)
    assert load_folder(folder).config == replace(SMALL, n_layers=3)
    kept = packing.kept_in(folder / MODEL_FILE)
    assert kept and (kept.n_layers, kept.n_shared, kept.whole_numbers) == (3, 0, True)
    assert [row.get("course", 1) for row in json.loads((folder / "history.json").read_text("utf-8"))] == [1, 2, 2]
