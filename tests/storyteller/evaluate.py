"""Every figure of the model card, computed again: `python -m tests.storyteller.evaluate CORPUS`."""

import argparse
import json
from collections.abc import Iterator
from math import exp, log
from pathlib import Path

import torch
from torch import Tensor

from gpt_core import GPT, Tokenizer, load_model
from gpt_core.measure.heads import HeadScores, head_scores
from gpt_core.training.recipes.corpus import LANGUAGES, hold_out, read_chapters, read_corpus
from gpt_core.training.recipes.induction import Repeats, word_ids
from gpt_core.training.recipes.storyteller import MARKER, SEED

PROMPTS = Path(__file__).parent / "prompts.json"
TOKENIZER = Tokenizer("gpt2")


@torch.inference_mode()
def surprise(model: GPT, text: Tensor, *, stride: int) -> float:
    """Sum of nats over a text but its first token; each window repeats what its last `stride` tokens follow."""
    length, total = model.config.context_length, 0.0
    for end in range(1, len(text), stride):
        last = min(end + stride, len(text))
        window = text[max(0, last - length - 1) : last]
        new = last - end
        logits = model.out_head(model.trace(window[:-1]).final_norm.out[-new:])
        total += torch.nn.functional.cross_entropy(logits, window[-new:], reduction="sum").item()
    return total


@torch.inference_mode()
def guesses(model: GPT, prompt: str, n: int = 5) -> list[str]:
    """The likeliest next tokens, the likeliest first."""
    best = model.trace(torch.tensor(TOKENIZER.encode(prompt))).next_logits.topk(n).indices
    return [TOKENIZER.decode([int(token)]) for token in best]


@torch.inference_mode()
def mean_head_scores(model: GPT, texts: list[Tensor]) -> list[HeadScores]:
    """For each layer, the scores of its heads, mean over texts."""
    found = []
    traces = [model.trace(text) for text in texts]
    for layer in range(model.config.n_layers):
        scores = [head_scores(trace.blocks[layer].att.weights, text) for trace, text in zip(traces, texts, strict=True)]
        found.append(HeadScores(**{kind: torch.stack([vars(s)[kind] for s in scores]).nanmean(0) for kind in KINDS}))
    return found


KINDS = ("previous_token", "first_token", "same_token", "induction")


def best_heads(model: GPT, texts: list[Tensor]) -> dict[str, tuple[float, int, int]]:
    """For each kind of head the highest score, with its layer and head counted from 0."""
    best = {}
    for kind in KINDS:
        table = torch.stack([vars(scores)[kind] for scores in mean_head_scores(model, texts)])
        at = int(table.argmax())
        best[kind] = (round(float(table.max()), 3), at // table.shape[-1], at % table.shape[-1])
    return best


def repeated_words(n_texts: int, length: int) -> list[Tensor]:
    """Unseen windows of the induction lab's kind, in ids of the full vocabulary."""
    ids = word_ids(TOKENIZER)
    return list(ids[Repeats(len(ids), seed=999).draw(0, n_texts, length - 1)])


def report(corpus: Path) -> Iterator[str]:
    model = load_model("storyteller")
    for language in LANGUAGES:
        path = corpus / f"{language}.txt"
        texts = read_corpus(path, TOKENIZER.encode, marker=MARKER, seed=SEED)
        nats = sum(surprise(model, text, stride=128) for text in texts.held_out)
        n_tokens = sum(len(text) - 1 for text in texts.held_out)
        bits = nats / log(2) / texts.held_out_characters
        n_chapters, n_titles = len(texts.held_out), len(read_chapters(path.read_text("utf-8")))
        yield (
            f"{language}: {n_chapters} of {n_titles} chapters, {n_tokens:,} tokens, {texts.held_out_characters:,} "
            f"characters held out; {nats / n_tokens:.3f} nats per token, perplexity {exp(nats / n_tokens):.1f}, "
            f"{bits:.3f} bits per character"
        )
    for language, prompts in json.loads(PROMPTS.read_text("utf-8")).items():
        for prompt in prompts:
            yield f"{language} | {prompt} | {' · '.join(map(repr, guesses(model, prompt)))}"
    english = hold_out(read_chapters((corpus / "en.txt").read_text("utf-8")), seed=SEED)[1]
    natural = [torch.tensor(TOKENIZER.encode(chapter)[:64]) for chapter in english]
    yield f"heads on {len(natural)} held-out beginnings of 64 tokens: {best_heads(model, natural)}"
    twice = [text[:32].repeat(2) for text in natural]
    yield f"heads on the first 32 tokens of each, said twice: {best_heads(model, twice)}"
    yield f"heads on repeated words, 64 tokens: {best_heads(model, repeated_words(32, 64))}"
    lab = load_model("induction-lab")
    yield f"induction lab on repeated words, 64 tokens: {best_heads(lab, repeated_words(32, 64))}"
    for layer, scores in enumerate(mean_head_scores(lab, repeated_words(32, 64))):
        yield f"  layer {layer}: {scores}"
    yield f"induction lab copies {copy_accuracy(lab):.3f} of the words that come again"


def write_tokens(corpus: Path, folder: Path) -> None:
    """The same split as text files of ids, one chapter a line, for `ngrams`."""
    folder.mkdir(parents=True, exist_ok=True)
    training, characters = [], {}
    for language in LANGUAGES:
        kept, held = hold_out(read_chapters((corpus / f"{language}.txt").read_text("utf-8")), seed=SEED)
        training += kept
        characters[language] = sum(map(len, held))
        (folder / f"held_out_{language}.txt").write_text(_lines_of_ids(held), "utf-8")
    (folder / "train.txt").write_text(_lines_of_ids(training), "utf-8")
    (folder / "characters.json").write_text(json.dumps(characters), "utf-8")


def _lines_of_ids(chapters: list[str]) -> str:
    return "\n".join(" ".join(map(str, [MARKER, *TOKENIZER.encode(chapter)])) for chapter in chapters)


@torch.inference_mode()
def copy_accuracy(model: GPT) -> float:
    """Share of right first guesses over the second half of repeated words, where each word has come before."""
    texts = torch.stack(repeated_words(64, 65))
    guessed = model.trace(texts[:, :-1]).logits[:, 32:].argmax(dim=-1)
    return float((guessed == texts[:, 33:]).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storyteller.evaluate", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with en.txt and fr.txt")
    parser.add_argument("--tokens", type=Path, help="only write the tokens of the split here, for the n-gram models")
    chosen = parser.parse_args()
    if chosen.tokens:
        write_tokens(chosen.corpus, chosen.tokens)
        return
    for line in report(chosen.corpus):
        print(line, flush=True)  # noqa: T201 (a command)


if __name__ == "__main__":
    main()
