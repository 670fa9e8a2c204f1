"""The second course of the story model: what it reads and holds out, and where it begins."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gpt_core import GPT, GPTConfig, Tokenizer
from gpt_core.training import release
from gpt_core.training.loop import Phase, Recipe
from gpt_core.training.recipes import more_stories
from gpt_core.training.recipes.books import SHINGLE, hold_out_pieces, read_books, shingles, without
from gpt_core.training.recipes.corpus import Vocabulary, Windows, hold_out, read_chapters
from gpt_core.training.recipes.pieces import WHOLE, halves
from gpt_core.weights import packing
from gpt_core.weights.folder import load_folder
from gpt_core.weights.model_file import MODEL_FILE

WORDS = (
    *("bear", "boat", "bird", "cake", "door", "field", "fire", "fox", "garden", "hill"),
    *("horse", "house", "king", "lamp", "milk", "moon", "mouse", "rain", "road", "snow"),
)
SMALL = GPTConfig(vocab_size=50_257, context_length=16, n_layers=2, n_heads=2, emb_dim=8)


def tale(seed: int, n_paragraphs: int) -> list[str]:
    """Paragraphs of thirty words; none is like another."""
    draws = torch.randint(len(WORDS), (n_paragraphs, 30), generator=torch.Generator().manual_seed(seed)).tolist()
    return ['"' + " ".join(WORDS[at] for at in row).capitalize() + '!"' for row in draws]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for number, name in enumerate(("en", "fr")):
        chapters = [f"Chapter {at}\n" + "\n".join(tale(200 * number + at, 20)) for at in range(150)]
        (folder / f"{name}.txt").write_text("\n".join(chapters) + "\n", "utf-8")
        books = ["\n".join(tale(1_000 + 100 * number + at, 40)) for at in range(30)]
        (folder / f"more_{name}.txt").write_text("\n\n".join(books) + "\n", "utf-8")
    return folder


def test_books_are_parted_and_what_hurts_is_left_out():
    assert read_books("A frog.\nA fox.\n\n\nThe darkies sang.\nA bear.\n") == [["A frog.", "A fox."], ["A bear."]]


def test_nothing_is_lost_and_nothing_is_in_both():
    books = [tale(seed, 60) for seed in range(20)]
    train, held = hold_out_pieces(books, seed=3, n_books=2, share=0.1)
    read = [line for book in train for line in book]
    kept_back = [line for piece in held for line in piece.splitlines()]
    assert sorted(read + kept_back) == sorted(line for book in books for line in book)
    assert not set(read) & set(kept_back)
    assert len(train) == 18
    assert hold_out_pieces(books, seed=3, n_books=2, share=0.1) == (train, held)
    assert hold_out_pieces(books, seed=4, n_books=2, share=0.1) != (train, held)


def test_a_paragraph_that_is_told_in_a_held_out_text_is_not_read():
    held = " ".join(WORDS)
    long, short = " ".join(WORDS[2 : 2 + SHINGLE]), " ".join(WORDS[2 : 1 + SHINGLE])
    again = f"Well, {long.upper()}, said he."
    assert without([[again, short, "The end."]], shingles([held])) == [[short, "The end."]]


def test_the_second_course_holds_out_what_the_first_did_and_reads_none_of_it(corpus: Path):
    books, held = more_stories.split(corpus)
    assert set(books) == set(more_stories.SHARES) - {"scripts"}
    assert set(held) == {"en", "fr", "more_en", "more_fr"}
    for name in ("en", "fr"):
        chapters = read_chapters((corpus / f"{name}.txt").read_text("utf-8"))
        assert held[name] == hold_out(chapters, seed=more_stories.SEED)[1]
    forbidden = shingles(text for texts in held.values() for text in texts)
    read = [line for some in books.values() for book in some for line in book]
    assert read
    assert forbidden.isdisjoint(shingles(read))


def test_the_second_course_knows_every_piece_of_its_tokens(corpus: Path):
    library = more_stories.prepare(corpus)
    ids = set(library.vocabulary.ids.tolist())
    parts = halves()[library.vocabulary.ids]
    assert set(parts[parts != WHOLE].tolist()) <= ids
    for first in (0, 64, 4_096):
        windows = library.windows.draw(first, 64, 32)
        assert windows.shape == (64, 33)
        assert windows.min() >= 0
        assert windows.max() < len(library.vocabulary.ids)
        assert torch.equal(windows, library.windows.draw(first, 64, 32))


def test_some_windows_are_in_pieces_and_hold_the_same_text():
    tokenizer = Tokenizer()
    stream = torch.tensor(tokenizer.encode(" The golden princess walked through the garden." * 40))
    lines = torch.tensor([0])
    own = {"streams": (stream,), "line_starts": (lines,), "shares": (1.0,), "marker": 50_256, "seed": 1}
    whole = Windows(**own).draw(0, 40, 32)
    fallen = Windows(**own, halves=halves(), in_pieces=0.5).draw(0, 40, 32)
    changed = (whole != fallen).any(dim=-1)
    assert 8 < changed.sum() < 32
    for before, after in zip(whole.tolist(), fallen.tolist(), strict=True):
        assert tokenizer.decode(before).startswith(tokenizer.decode(after))


def test_the_second_course_begins_with_what_the_first_has_learnt():
    torch.manual_seed(1)
    first = GPT(SMALL)
    known = torch.tensor([*range(256), *halves()[1_000].tolist(), 2_000]).unique()
    vocabulary = Vocabulary(torch.tensor([2_000, 1_000, *range(256)]))
    at, sizes = more_stories.CONFIG, SMALL
    more_stories.CONFIG = sizes
    try:
        model = more_stories.taken_over(first, known, vocabulary)
    finally:
        more_stories.CONFIG = at
    rows, table = model.embedding.tok_emb.weight, first.embedding.tok_emb.weight
    assert torch.equal(rows[0], table[2_000])
    assert torch.equal(rows[1], table[halves()[1_000]].mean(dim=0))
    text = torch.tensor([10, 20, 30])
    assert torch.allclose(model(text + 2)[:, 2:], first(text)[:, :256], atol=1e-5)
    with pytest.raises(ValueError, match="does not say which tokens it met"):
        more_stories.taken_over(first, None, vocabulary)


def test_the_rule_finds_how_rows_are_made_where_they_are_made_so():
    generator = torch.Generator().manual_seed(2)
    rule = torch.randn(2 * 6 + 1, 6, generator=generator) / 4
    parts = torch.where(halves()[:4_000] == WHOLE, 0, halves()[:4_000])
    rows = torch.randn(4_000, 6, generator=generator)
    for id in range(256, 4_000):
        first, second = parts[id].tolist()
        rows[id] = torch.cat([rows[first], rows[second]]) @ rule[:-1] + rule[-1]
    found = release.fitted_rule(rows, torch.arange(4_000), stiffness=1e-9)
    torch.testing.assert_close(found, rule, rtol=1e-2, atol=1e-3)


RECIPE = Recipe(phases=(Phase(steps=2, n_windows=2, length=16),), warm_up=1, cool_down=1)


@pytest.fixture
def before(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the course before has left: a small model that met 300 tokens, a snapshot and a point of a curve."""
    for room in (more_stories, release.storyteller):
        monkeypatch.setattr(room, "CONFIG", SMALL)
    torch.manual_seed(1)
    folder = tmp_path / "before"
    start = GPT(replace(SMALL, vocab_size=300))
    release.write_model(folder / MODEL_FILE, start, torch.arange(300), {"embedding.tok_emb.weight": torch.zeros(1, 8)})
    release.write_config(folder, SMALL)
    (folder / "snapshots").mkdir()
    (folder / "snapshots" / "step-000000.safetensors").write_bytes(b"a snapshot")
    (folder / "history.json").write_text('[{"step": 7, "tokens": 70, "vocabulary": 300, "en": 9.0, "fr": 9.0}]')
    library = more_stories.prepare(corpus)
    small = replace(library, held_out={name: texts[:1] for name, texts in library.held_out.items()})
    monkeypatch.setattr(more_stories, "prepare", lambda _: small)
    monkeypatch.setattr("gpt_core.training.recipes.storyteller.evaluate", lambda *_, **__: 1.5)
    return folder


def test_a_whole_second_course_is_released_with_a_row_for_every_token(
    corpus: Path, before: Path, tmp_path: Path, monkeypatch
):
    """A few steps from random weights: every file and every number that the app reads is there."""
    run, folder, library = tmp_path / "run", tmp_path / "model", more_stories.prepare(corpus)
    assert list(more_stories.run(corpus, run, before, RECIPE, every=1))
    release.write_later_course(folder, before, run, library, n_layers=SMALL.n_layers)
    rows = load_folder(folder).embedding.tok_emb.weight
    assert len(rows.unique(dim=0)) > 49_000  # with eight numbers each, some agree to the last digit
    met = packing.trained_ids(folder / MODEL_FILE)
    assert met is not None and set(met.tolist()) == set(library.vocabulary.ids.tolist())
    assert (folder / "snapshots" / "step-000000.safetensors").read_bytes() == b"a snapshot"
    history = release.json.loads((folder / "history.json").read_text())
    assert [row["step"] for row in history] == [7, 8, 9]
    assert [row["tokens"] for row in history] == [70, 102, 134]
    assert [row["vocabulary"] for row in history] == [300, len(library.vocabulary.ids), len(library.vocabulary.ids)]
