"""Every figure of the model card, computed again: `python -m tests.storyteller.evaluate CORPUS`."""

import argparse
import json
from collections.abc import Iterator
from math import exp, log
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gpt_core import GPT, Tokenizer, load_model
from gpt_core.measure.heads import HeadScores, head_scores
from gpt_core.measure.whole_words import likeliest_words
from gpt_core.training.recipes.corpus import stream_of
from gpt_core.training.recipes.induction import Repeats, word_ids
from gpt_core.training.recipes.more_stories import held_ids, split
from gpt_core.training.recipes.pieces import WHOLE, halves
from gpt_core.training.recipes.storyteller import MARKER
from gpt_core.training.release import fitted_rule
from gpt_core.weights.catalogue import MODELS_FOLDER
from gpt_core.weights.model_file import MODEL_FILE
from gpt_core.weights.packing import trained_ids
from pages.experiments.embeddings.word_map import GROUPS, id_of, nearest_of_each

PROMPTS = Path(__file__).parent / "prompts.json"
TRIED = slice(4_000, 12_000)  # of the commonest tokens, those of which some are left out to try the rule for rows
MOST_WINDOWS = 400  # in which that is tried
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


@torch.inference_mode()
def words(model: GPT, prompt: str, n: int = 3) -> list[str]:
    """The likeliest next words, whole ones, the likeliest first."""
    trace = model.trace(torch.tensor(TOKENIZER.encode(prompt)))
    found = likeliest_words(model, trace, TOKENIZER.token, n=n)
    return [TOKENIZER.decode(word.pieces) for word in found]


def in_groups(model: GPT) -> tuple[int, list[str]]:
    """Of how many of the forty words of the app's map the nearest is of the same group, and where it is not."""
    words_of = [(word, group) for group, words in GROUPS.items() for word in words.split()]
    nearest = nearest_of_each(model, tuple(id_of(word) for word, _ in words_of))
    pairs = [(one, words_of[other]) for one, other in zip(words_of, nearest, strict=True)]
    strays = [f"{word} → {other}" for (word, group), (other, its) in pairs if group != its]
    return len(words_of) - len(strays), strays


def composition_helps(model: GPT, used: Tensor, held: dict[str, list[Tensor]], *, seed: int = 1) -> Iterator[str]:
    """Rows of met tokens left out on purpose, and made by the rule: are they better than one row for all of them?"""
    generator = torch.Generator().manual_seed(seed)
    rows = model.embedding.tok_emb.weight.detach()
    merged = used[(halves()[used] != WHOLE).all(dim=-1)]
    tried = merged[torch.isin(merged, used[TRIED])]
    left_out = tried[torch.randperm(len(tried), generator=generator)[: len(tried) // 5]]
    needed = halves()[used].flatten()
    left_out = left_out[~torch.isin(left_out, needed)]
    kept = used[~torch.isin(used, left_out)]
    rule = fitted_rule(rows[kept], kept)
    parts = rows[halves()[left_out]].flatten(1)
    made, shared = parts @ rule[:-1] + rule[-1], rows[kept[-1_000:]].mean(dim=0).expand(len(left_out), -1)
    cosine = torch.nn.functional.cosine_similarity
    yield (
        f"{len(left_out)} rows left out: cosine with the true row {cosine(made, rows[left_out]).mean():.3f} composed, "
        f"{cosine(shared, rows[left_out]).mean():.3f} shared"
    )
    normed = torch.nn.functional.normalize(rows[kept[: TRIED.stop]], dim=-1)
    true = (torch.nn.functional.normalize(rows[left_out], dim=-1) @ normed.T).topk(10).indices
    for name, guessed in (("composed", made), ("shared", shared)):
        near = (torch.nn.functional.normalize(guessed, dim=-1) @ normed.T).topk(10).indices
        hits = (true[:, :, None] == near[:, None, :]).any(-1).float().mean()
        yield f"  of the ten nearest neighbours of the true row, {hits:.3f} are among those of the {name} row"
    texts = [text for texts in held.values() for text in texts]
    windows = torch.cat([text[: len(text) // 128 * 128].view(-1, 128) for text in texts])
    windows = windows[torch.isin(windows, left_out).any(dim=-1)][:MOST_WINDOWS]
    place = torch.isin(windows, left_out)
    for name, guessed in (("true", rows[left_out]), ("composed", made), ("shared", shared)):
        other = GPT(model.config)
        other.load_state_dict(model.state_dict())
        with torch.no_grad():
            other.embedding.tok_emb.weight[left_out] = guessed
        nats = torch.cat([losses(other, part) for part in windows.split(16)])
        after = place[:, :-1]
        yield (
            f"  {name}: {nats.mean():.3f} nats per token in {len(windows)} windows that hold one; "
            f"{nats[after].mean():.3f} right after such a token, {nats[place[:, 1:]].mean():.3f} for it"
        )


@torch.inference_mode()
def losses(model: GPT, windows: Tensor) -> Tensor:
    """Nats for each token of each window but the first."""
    logits = model.trace(windows[:, :-1]).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten(), reduction="none").view(
        len(windows), -1
    )


def report(corpus: Path) -> Iterator[str]:
    model = load_model("storyteller")
    _, held = split(corpus)
    held_out = {name: list(held_ids(texts)) for name, texts in held.items()}
    for name, texts in held_out.items():
        nats = sum(surprise(model, text, stride=128) for text in texts)
        n_tokens, n_characters = sum(len(text) - 1 for text in texts), sum(map(len, held[name]))
        yield (
            f"{name}: {len(texts)} texts, {n_tokens:,} tokens, {n_characters:,} characters held out; "
            f"{nats / n_tokens:.3f} nats per token, perplexity {exp(nats / n_tokens):.1f}, "
            f"{nats / log(2) / n_characters:.3f} bits per character"
        )
    for kind, prompts in json.loads(PROMPTS.read_text("utf-8")).items():
        for prompt in prompts:
            yield f"{kind} | {prompt} | {' · '.join(words(model, prompt))}"
    n_right, strays = in_groups(model)
    yield f"map: {n_right} words beside one of their group; not: {', '.join(strays) or 'none'}"
    used = trained_ids(MODELS_FOLDER / "storyteller" / MODEL_FILE)
    assert used is not None
    yield from composition_helps(model, used, held_out)
    natural = [text[1:65] for text in held_out["en"]]
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
    """The same split as ids, for `ngrams`: the training text of all courses, and each held-out set."""
    folder.mkdir(parents=True, exist_ok=True)
    books, held = split(corpus)
    streams = [stream_of(some, TOKENIZER.encode, marker=MARKER, share=0).ids for some in books.values()]
    np.save(folder / "train.npy", torch.cat(streams).numpy())
    for name, texts in held.items():
        np.save(folder / f"held_out_{name}.npy", torch.cat(held_ids(texts)).numpy())
    characters = {name: sum(map(len, texts)) for name, texts in held.items()}
    (folder / "characters.json").write_text(json.dumps(characters), "utf-8")


@torch.inference_mode()
def copy_accuracy(model: GPT) -> float:
    """Share of right first guesses over the second half of repeated words, where each word has come before."""
    texts = torch.stack(repeated_words(64, 65))
    guessed = model.trace(texts[:, :-1]).logits[:, 32:].argmax(dim=-1)
    return float((guessed == texts[:, 33:]).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storyteller.evaluate", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder with en.txt, fr.txt, more_en.txt and more_fr.txt")
    parser.add_argument("--tokens", type=Path, help="only write the tokens of the split here, for the n-gram models")
    chosen = parser.parse_args()
    if chosen.tokens:
        write_tokens(chosen.corpus, chosen.tokens)
        return
    for line in report(chosen.corpus):
        print(line, flush=True)  # noqa: T201 (a command)


if __name__ == "__main__":
    main()
