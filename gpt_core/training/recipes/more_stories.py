"""Storyteller's second course: many more books, more French, short tokens and other scripts.

The first course (`storyteller`) reads 47 books three times; its last weights are where this one begins. Nothing that
the first held out is read here either.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.model.gpt import GPT
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.training.loop import Phase, Recipe
from gpt_core.training.recipes import scripts
from gpt_core.training.recipes.books import hold_out_pieces, read_books, shingles, without
from gpt_core.training.recipes.corpus import LANGUAGES, Stream, Vocabulary, Windows, hold_out, read_chapters, stream_of
from gpt_core.training.recipes.pieces import WHOLE, halves, with_pieces
from gpt_core.training.recipes.storyteller import CONFIG, MARKER, SEED, Library, follow
from gpt_core.weights import packing
from gpt_core.weights.folder import load_folder
from gpt_core.weights.model_file import MODEL_FILE

SHARES = {"en": 0.18, "fr": 0.04, "more_en": 0.42, "simple_fr": 0.23, "hard_fr": 0.12, "scripts": 0.01}  # of windows
SIMPLE = 0.4  # of the new French books, which are ordered by how hard they are to read
HELD_BOOKS = {"en": 3, "fr": 2}  # new books of which nothing is read
HELD_SHARE = 0.01  # of the pieces of all other new books
SCRIPT_LINES, BYTE_LINES = 12_000, 1_000
IN_PIECES = 0.06  # share of the windows in which tokens fall into pieces
RECITED = 0.1
SAMPLED = (2_048, 1_024)  # commonest tokens, others drawn
# The run that is shipped had windows grow later, and paid for it: see assets/models/README.md.
RECIPE = Recipe(
    phases=(
        Phase(steps=5_000, n_windows=32, length=128, sampled_softmax=SAMPLED),
        Phase(steps=3_150, n_windows=16, length=256, sampled_softmax=SAMPLED),
        Phase(steps=40, n_windows=16, length=256),
    ),
    warm_up=100,
    cool_down=6_000,
    late_positions=True,
    half_products=True,
    seed=2,
)


def run(corpus: Path, out: Path, first: Path, recipe: Recipe = RECIPE, *, every: int = 100) -> Iterator[str]:
    """Train on from the packed model in the folder `first`, or go on where `out` has a checkpoint."""
    library = prepare(corpus)
    model = taken_over(load_folder(first), packing.trained_ids(first / MODEL_FILE), library.vocabulary)
    return follow(model, library, recipe, out, every=every)


def prepare(folder: Path, *, seed: int = SEED) -> Library:
    """Read `en.txt`, `fr.txt`, `more_en.txt` and `more_fr.txt` from `folder`, and write the lines of other scripts."""
    tokenizer = Tokenizer("gpt2")
    books, held = split(folder, seed=seed)
    books["scripts"] = [[line.rstrip("\n") for line in scripts.lines(SCRIPT_LINES, seed=seed)]]
    streams = {
        name: stream_of(books[name], tokenizer.encode, marker=MARKER, share=share) for name, share in SHARES.items()
    }
    streams["scripts"] = with_lines(streams["scripts"], scripts.bytes_in_disorder(BYTE_LINES, seed=seed))
    return _library(streams, {name: held_ids(texts) for name, texts in held.items()}, seed)


def with_lines(stream: Stream, lines: Int[Tensor, "n_lines length"]) -> Stream:
    """A stream and more lines behind it."""
    starts = len(stream.ids) + torch.arange(len(lines)) * lines.shape[-1]
    ids = torch.cat([stream.ids, lines.flatten()])
    return replace(stream, ids=ids, line_starts=torch.cat([stream.line_starts, starts]))


def held_ids(texts: list[str]) -> tuple[Int[Tensor, " _"], ...]:
    """Held-out texts as a model reads them, each after the marker."""
    tokenizer = Tokenizer("gpt2")
    return tuple(torch.tensor([MARKER, *tokenizer.encode(text)]) for text in texts)


def split(folder: Path, *, seed: int = SEED) -> tuple[dict[str, list[list[str]]], dict[str, list[str]]]:
    """What is read, by stream, as books of paragraphs, and what is held out: `en`, `fr`, `more_en`, `more_fr`.

    The held-out chapters of the old books are those of the first course. Paragraphs that tell what a held-out text
    tells, word for word, are left out.
    """
    texts = {
        name: (folder / f"{name}.txt").read_text("utf-8") for name in (*LANGUAGES, *map("more_{}".format, LANGUAGES))
    }
    old = {name: hold_out(read_chapters(texts[name]), seed=seed) for name in LANGUAGES}
    new = {
        name: hold_out_pieces(read_books(texts[f"more_{name}"]), seed=seed, n_books=HELD_BOOKS[name], share=HELD_SHARE)
        for name in LANGUAGES
    }
    held = {name: pieces for name, (_, pieces) in old.items()} | {f"more_{name}": new[name][1] for name in LANGUAGES}
    forbidden = shingles(text for texts in held.values() for text in texts)
    books = {name: without([chapter.splitlines() for chapter in old[name][0]], forbidden) for name in LANGUAGES}
    french = without(new["fr"][0], forbidden)
    n_simple = round(SIMPLE * len(french))
    books |= {"more_en": without(new["en"][0], forbidden), "simple_fr": french[:n_simple], "hard_fr": french[n_simple:]}
    return books, held


def _library(streams: dict[str, Stream], held: dict[str, tuple[Int[Tensor, " _"], ...]], seed: int) -> Library:
    met = torch.cat([stream.ids for stream in streams.values()])
    short = with_pieces(met)
    vocabulary = Vocabulary.of([torch.cat([met, short[~torch.isin(short, met.unique())]])])
    rows = halves()[vocabulary.ids]
    rows[rows != WHOLE] = vocabulary.shrink(rows[rows != WHOLE])
    windows = Windows(
        streams=tuple(vocabulary.shrink(stream.ids) for stream in streams.values()),
        line_starts=tuple(stream.line_starts for stream in streams.values()),
        shares=tuple(SHARES.values()),
        marker=int(vocabulary.shrink(torch.tensor([MARKER]))[0]),
        seed=seed + 1,
        recited=RECITED,
        halves=rows,
        in_pieces=IN_PIECES,
    )
    return Library(windows, held, vocabulary)


def taken_over(first: GPT, known: Int[Tensor, " n_known"] | None, vocabulary: Vocabulary) -> GPT:
    """The model of the first course over the second's tokens; a new token begins between its halves.

    `first` has a row for every token of the tokenizer; only the rows of `known` were trained.

    Raises ValueError where it is not known which.
    """
    if known is None:
        raise ValueError("the first model's file does not say which tokens it met")
    table = first.embedding.tok_emb.weight.detach().clone()
    is_known = torch.zeros(len(table), dtype=torch.bool)
    is_known[known] = True
    mean = table[known].mean(dim=0)  # what a byte begins as that was not met
    for id in range(len(table)):  # halves come before what they make
        if not is_known[id]:
            table[id] = _between(table, halves()[id], mean)
    model = GPT(replace(CONFIG, vocab_size=len(vocabulary.ids)))
    state = {name: tensor for name, tensor in first.state_dict().items() if len(tensor) != len(table)}
    state |= dict.fromkeys(("embedding.tok_emb.weight", "out_head.weight"), table[vocabulary.ids])
    model.load_state_dict(state)
    return model


def _between(
    table: Float[Tensor, "vocab_size emb_dim"], two: Int[Tensor, " 2"], mean: Float[Tensor, " emb_dim"]
) -> Float[Tensor, " emb_dim"]:
    return mean if int(two[0]) == WHOLE else (table[two[0]] + table[two[1]]) / 2
