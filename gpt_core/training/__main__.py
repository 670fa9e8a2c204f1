"""The command that makes the two bundled models: `python -m gpt_core.training storyteller CORPUS RUN`."""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch

from gpt_core.model.gpt import GPT
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.training.loop import train
from gpt_core.training.recipes import deeper, more_stories, storyteller
from gpt_core.training.recipes.induction import CONFIG, RECIPE, Repeats, begin, word_ids
from gpt_core.training.release import write_induction, write_later_course, write_story
from gpt_core.weights.catalogue import MODELS_FOLDER


def main() -> None:
    """Read the command line and train what it names, on one processor core."""
    parser = argparse.ArgumentParser(prog="python -m gpt_core.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    story = commands.add_parser("storyteller", help="train on a folder of stories, or take up a run again")
    story.add_argument("corpus", type=Path, help="folder with en.txt, fr.txt, more_en.txt and more_fr.txt")
    story.add_argument("run", type=Path, help="folder for checkpoints; a run found there is taken up again")
    story.set_defaults(follow=train_storyteller)
    lab = commands.add_parser("induction-lab", help="train on repeated random words")
    lab.set_defaults(follow=train_induction_lab)
    for command in (story, lab):
        command.add_argument("--models", type=Path, default=MODELS_FOLDER, help="where the packed model is written")
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # more threads add up in another order: the last digits would depend on the machine
    chosen.follow(chosen)


def train_storyteller(chosen: argparse.Namespace) -> None:
    """Train three courses on `chosen.corpus` (hours), with checkpoints in `chosen.run`, and write the packed model."""
    first, second, third = (chosen.run / name for name in ("first", "second", "third"))
    after_first, after_second = first / "packed", second / "packed"
    show(storyteller.run(chosen.corpus, first))
    write_story(after_first, first, storyteller.prepare(chosen.corpus))
    show(more_stories.run(chosen.corpus, second, after_first))
    n_layers, library = storyteller.CONFIG.n_layers, more_stories.prepare(chosen.corpus)
    write_later_course(after_second, after_first, second, library, n_layers=n_layers)
    show(deeper.run(chosen.corpus, third, after_second))
    n_layers, library, folder = deeper.N_LAYERS, deeper.prepare(chosen.corpus), chosen.models / "storyteller"
    write_later_course(folder, after_second, third, library, n_layers=n_layers)


def show(lines: Iterable[str]) -> None:
    """Print the progress of a course."""
    for line in lines:
        print(line, flush=True)  # noqa: T201 (the command's progress)


def train_induction_lab(chosen: argparse.Namespace) -> None:
    """Train the two layers on repeated words (minutes) and write the packed model."""
    words = word_ids(Tokenizer("gpt2"))
    model = GPT(replace(CONFIG, vocab_size=len(words)))
    begin(model, seed=RECIPE.seed)
    for done in train(model, Repeats(len(words), seed=RECIPE.seed), RECIPE):
        if done.step % storyteller.SHOWN == 0:
            print(f"step {done.step}/{RECIPE.steps}, loss {done.loss:.3f}", flush=True)  # noqa: T201 (progress)
    write_induction(chosen.models / "induction-lab", model, words)


if __name__ == "__main__":
    main()
