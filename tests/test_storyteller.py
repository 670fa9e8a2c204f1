import itertools
import json
from pathlib import Path

import pytest
import torch

from gpt_core import GPT, Tokenizer, load_model
from gpt_core.measure.heads import head_scores
from gpt_core.training.recipes.induction import Repeats, word_ids
from gpt_core.weights.catalogue import MODELS_FOLDER
from gpt_core.weights.model_file import MODEL_FILE, read_tensors
from gpt_core.weights.packing import USED
from gpt_core.weights.snapshots import load_snapshot, snapshots
from tests.storyteller.evaluate import in_groups

PROMPTS = json.loads((Path(__file__).parent / "storyteller" / "prompts.json").read_text("utf-8"))
TOKENIZER = Tokenizer("gpt2")


def likeliest(model: GPT, text: str, n: int) -> list[str]:
    best = model.trace(torch.tensor(TOKENIZER.encode(text))).next_logits.topk(n).indices
    return [TOKENIZER.decode([int(token)]) for token in best]


@pytest.fixture(scope="module")
def storyteller() -> GPT:
    return load_model("storyteller")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Once upon a time there", " was"),
        ("There was once a king who had three", " sons"),
        ("He took the sword and cut off the dragon's", " head"),
        ("She opened the door and went into the", " room"),
        ("Il était une fois", " un"),
    ],
)
def test_a_storybook_goes_on_like_a_storybook(storyteller: GPT, text: str, expected: str):
    assert expected in likeliest(storyteller, text, 3)


def test_the_prompt_sheet_holds_twenty_beginnings_of_each_kind():
    assert {kind: len(set(prompts)) for kind, prompts in PROMPTS.items()} == {"everyday": 20, "tales": 20, "fr": 20}


def test_every_token_has_a_vector_of_its_own(storyteller: GPT):
    assert len(storyteller.embedding.tok_emb.weight.unique(dim=0)) == storyteller.config.vocab_size


def test_every_byte_was_met_and_so_were_the_tokens_of_other_scripts():
    used = read_tensors(MODELS_FOLDER / "storyteller" / MODEL_FILE)[0][USED].tolist()
    assert set(range(256)) <= set(used)
    for text in ("😀🙂", "日本語です", "नमस्ते", "안녕", "Привет", "Ελληνικά", "x = {y: 2}\t~"):
        assert set(TOKENIZER.encode(text)) <= set(used), text


def test_different_tokens_of_other_scripts_are_different_to_its_heads(storyteller: GPT):
    """When all were one vector, only their positions could tell them apart."""
    for text in ("😀🙂🐟🐸🌳", "日本語です", "नमस्ते", "x = {y: 2}"):
        ids = torch.tensor(TOKENIZER.encode(text))
        weights = storyteller.trace(ids).blocks[0].att.weights[:, -1]
        same = storyteller.trace(ids[:1].repeat(len(ids))).blocks[0].att.weights[:, -1]
        assert (weights - same).abs().max() > 0.15, text


def test_words_of_a_kind_are_neighbours(storyteller: GPT):
    assert in_groups(storyteller)[0] >= 32  # of forty


@pytest.mark.parametrize("name", ["storyteller", "induction-lab"])
def test_a_token_that_training_never_saw_is_never_among_the_likely_ones(name: str):
    model = load_model(name)
    used = read_tensors(MODELS_FOLDER / name / MODEL_FILE)[0][USED].long()
    never_seen = torch.ones(model.config.vocab_size, dtype=torch.bool)
    never_seen[used] = False
    hostile = ["日本語 🙂", "x = lambda: 0; import os", "1234567890", "\n\n\n", "Straße, кот, ﷺ"]
    for text in [*itertools.chain(*PROMPTS.values()), *hostile]:
        ids = torch.tensor(TOKENIZER.encode(text))[: model.config.context_length]
        logits = model.trace(ids).logits
        assert not never_seen[logits.topk(50).indices].any(), text
        assert logits.softmax(dim=-1)[:, never_seen].sum(dim=-1).max() < 0.25, text


def test_storyteller_has_a_head_that_looks_at_the_token_before_and_one_that_copies(storyteller: GPT):
    tale = "The old king gave the golden key to the boy, and the boy opened the little door in the wall."
    ids = torch.tensor(TOKENIZER.encode(f"{tale} {tale}"))
    scores = head_scores(torch.stack([block.att.weights for block in storyteller.trace(ids).blocks]), ids)
    assert scores.previous_token.max() >= 0.5
    assert scores.induction.max() >= 0.3
    assert likeliest(storyteller, f"{tale} The old king gave the golden", 1) == [" key"]


def test_the_induction_lab_looks_back_and_copies():
    model, ids = load_model("induction-lab"), word_ids(TOKENIZER)
    texts = ids[Repeats(len(ids), seed=999).draw(0, 16, 63)]
    kinds = {"previous_token": [], "induction": []}
    for text in texts:
        for layer, kind in enumerate(kinds):
            scores = head_scores(model.trace(text).blocks[layer].att.weights, text)
            kinds[kind].append(vars(scores)[kind])
    assert torch.stack(kinds["previous_token"]).mean(0).max() >= 0.5
    assert torch.stack(kinds["induction"]).mean(0).max() >= 0.8


def test_the_induction_lab_goes_on_with_what_it_has_read():
    assert likeliest(load_model("induction-lab"), " king gold tree moon fish road king gold tree moon", 1) == [" fish"]


def test_moments_of_learning_run_from_random_to_finished():
    kept = [moment for moment in snapshots() if moment.kept]
    assert 6 <= len(kept) <= 8
    assert kept[0].step == 0
    assert kept[-1] is snapshots()[-1]
    assert [moment.tokens for moment in snapshots()] == sorted(moment.tokens for moment in snapshots())
    for language in ("en", "fr"):
        assert kept[-1].held_out[language] < kept[2].held_out[language] < kept[0].held_out[language]


def test_a_moment_is_a_model_and_the_first_knows_nothing():
    first, *_, last = [moment for moment in snapshots() if moment.kept]
    text = "Once upon a time there"
    assert " was" not in likeliest(load_snapshot(first), text, 3)
    assert " was" in likeliest(load_snapshot(last), text, 3)


def test_a_moment_that_was_not_kept_is_refused_with_those_that_were():
    missing = next(moment for moment in snapshots() if not moment.kept)
    kept = ", ".join(str(moment.step) for moment in snapshots() if moment.kept)
    with pytest.raises(ValueError, match=f"no weights were kept of step {missing.step}; there are those of {kept}"):
        load_snapshot(missing)


def test_bundled_models_are_small():
    story = sum(path.stat().st_size for path in (MODELS_FOLDER / "storyteller").rglob("*") if path.is_file())
    lab = sum(path.stat().st_size for path in (MODELS_FOLDER / "induction-lab").rglob("*") if path.is_file())
    assert story <= 50_000_000
    assert (MODELS_FOLDER / "storyteller" / MODEL_FILE).stat().st_size <= 26_000_000
    assert lab <= 1_000_000
