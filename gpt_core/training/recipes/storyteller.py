"""Storyteller: the story model's books, sizes and recipe, and the run that trains it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.training import checkpoint
from gpt_core.training.loop import Phase, Recipe, evaluate, initialise, optimisers, train
from gpt_core.training.recipes.corpus import LANGUAGES, Corpus, Vocabulary, Windows, read_corpus

MARKER = 50_256  # <|endoftext|>
FRENCH = 0.2  # share of the windows; French has 11 % of the tokens
RECITED, RECITED_FROM = 0.08, 43_200  # share of windows that repeat a passage, and the first that may (step 2,100)
SEED = 1
SHOWN = 10  # steps between two lines of progress
EVALUATED = 6_000  # held-out tokens of each language, while training; the model card's figures use all of them
SNAPSHOT_STEPS = (0, 30, 100, 300, 1_000, 2_500)  # steps whose weights are kept
POSITIONS = 0.1  # height of the sines that positions begin as; with 0.02 the first heads take three times as long
RECIPE = Recipe(
    phases=(
        Phase(steps=1_500, n_windows=16, length=128, sampled_softmax=(2_560, 1_535)),
        Phase(steps=2_000, n_windows=32, length=128, sampled_softmax=(2_560, 1_535)),
        Phase(steps=500, n_windows=32, length=256, sampled_softmax=(2_560, 1_535)),
        Phase(steps=30, n_windows=32, length=256),
    ),
    cool_down=1_000,
    half_products=True,
)
CONFIG = GPTConfig(context_length=256, emb_dim=192, n_heads=6, n_layers=6)


@dataclass(frozen=True)
class Library:
    """The corpus, ready: what to train on, what to keep for judging, and which tokens it uses."""

    windows: Windows
    held_out: dict[str, tuple[Int[Tensor, " _"], ...]]
    vocabulary: Vocabulary


def prepare(folder: Path, *, seed: int = SEED) -> Library:
    """Read `en.txt` and `fr.txt` from `folder`, in the vocabulary of the tokens that training text uses."""
    tokenizer = Tokenizer("gpt2")
    corpora: dict[str, Corpus] = {
        language: read_corpus(folder / f"{language}.txt", tokenizer.encode, marker=MARKER, seed=seed)
        for language in LANGUAGES
    }
    vocabulary = Vocabulary.of(corpus.stream for corpus in corpora.values())
    windows = Windows(
        streams=tuple(vocabulary.shrink(corpus.stream) for corpus in corpora.values()),
        line_starts=tuple(corpus.line_starts for corpus in corpora.values()),
        shares=(1 - FRENCH, FRENCH),
        marker=int(vocabulary.shrink(torch.tensor([MARKER]))[0]),
        seed=seed,
        recited=RECITED,
        recited_from=RECITED_FROM,
    )
    return Library(windows, {language: corpus.held_out for language, corpus in corpora.items()}, vocabulary)


def held_out_start(library: Library, language: str) -> Int[Tensor, " n_tokens"]:
    """The first held-out tokens of a language in the small vocabulary, without the few that training never saw."""
    rows = library.vocabulary.shrink(torch.cat(library.held_out[language]))
    return rows[rows >= 0][:EVALUATED]


def run(corpus: Path, out: Path, recipe: Recipe = RECIPE, *, every: int = 100) -> Iterator[str]:
    """Train, or go on where `out` has a checkpoint; each item is one line to show."""
    library = prepare(corpus)
    model = GPT(replace(CONFIG, vocab_size=len(library.vocabulary.ids)))
    initialise(model, seed=recipe.seed, positions=POSITIONS)
    return follow(model, library, recipe, out, every=every, kept=SNAPSHOT_STEPS)


def follow(
    model: GPT, library: Library, recipe: Recipe, out: Path, *, every: int, kept: tuple[int, ...] = ()
) -> Iterator[str]:
    """Train a model that is ready to begin, or go on where `out` has a checkpoint of it."""
    optimising = optimisers(model, recipe)
    latest, history_file = out / "latest.safetensors", out / "history.json"
    start, history = 0, []
    if latest.exists():
        start = checkpoint.resume(latest, model, optimising)
        history = [row for row in json.loads(history_file.read_text("utf-8")) if row["step"] <= start]
    else:
        checkpoint.save(out / "step-000000.safetensors", model, step=0)
        history.append({"step": 0, "tokens": 0, "vocabulary": model.config.vocab_size} | measure(model, library))
        history_file.write_text(json.dumps(history), "utf-8")
    yield f"{sum(p.numel() for p in model.parameters()):,} parameters, {recipe}, from step {start}"
    began, losses = time.monotonic(), []
    for done in train(model, library.windows, recipe, start=start, optimising=optimising):
        losses.append(done.loss)
        if done.step in kept:
            checkpoint.save(out / f"step-{done.step:06}.safetensors", model, step=done.step)
        if done.step % every == 0 or done.step in kept or done.step == recipe.steps:
            history.append(history[0] | {"step": done.step, "tokens": done.tokens} | measure(model, library))
            history[-1]["training"] = sum(losses) / len(losses)
            losses.clear()
            history_file.write_text(json.dumps(history), "utf-8")
            checkpoint.save(latest, model, optimising, step=done.step)
            yield f"{history[-1]}"
        if done.step % SHOWN == 0:
            seconds = (time.monotonic() - began) / (done.tokens - recipe.tokens(start))  # for each token
            left = seconds * (recipe.tokens(recipe.steps) - done.tokens) / 60
            bar = "#" * (20 * done.step // recipe.steps)
            yield f"[{bar:<20}] step {done.step}/{recipe.steps}, loss {done.loss:.3f}, {left:.0f} minutes left"


def measure(model: GPT, library: Library) -> dict[str, float]:
    """Held-out loss of each language, on its first tokens."""
    return {language: evaluate(model, [held_out_start(library, language)], length=128) for language in library.held_out}
