"""What counting alone reaches on the same tokens as the story model: interpolated n-gram models, by sorting.

`python -m tests.storyteller.evaluate CORPUS --tokens FOLDER` writes what this reads; then
`python -m tests.storyteller.ngrams FOLDER`. A library that counts in Python objects does not hold 28 million tokens.
Sources: Witten and Bell 1991; Ney, Essen and Kneser 1994 (absolute discounting); Kneser and Ney 1995.
"""

import json
import sys
from math import log
from pathlib import Path

import numpy as np

ORDER = 5
DISCOUNT = 0.75
KINDS = ("Witten-Bell", "absolute discounting", "Kneser-Ney")
MIX = np.uint64(0x9E3779B97F4A7C15)


def ngrams(ids: np.ndarray, n: int) -> np.ndarray:
    """A number for each run of `n` ids: equal runs have equal numbers, different ones all but surely different."""
    found = np.zeros(len(ids) - n + 1, dtype=np.uint64)
    for at in range(n):
        found = (found ^ (ids[at : len(found) + at] + np.uint64(1))) * MIX
        found ^= found >> np.uint64(29)
    return found


class Counts:
    """Of a sorted list of numbers: how often each occurs."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers, self.counts = np.unique(numbers, return_counts=True)

    def of(self, wanted: np.ndarray) -> np.ndarray:
        """The counts of these; 0 for those that do not occur."""
        at = np.searchsorted(self.numbers, wanted).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[at] == wanted, self.counts[at], 0)


def probabilities(train: np.ndarray, held: list[np.ndarray], kind: str) -> list[np.ndarray]:
    """Of each token of each held-out set, after the first `ORDER - 1`, given the four before it."""
    vocabulary = len(np.unique(train))
    places = [np.arange(ORDER - 1, len(ids)) for ids in held]
    found = [np.full(len(at), 1 / vocabulary) for at in places]
    for n in range(1, ORDER + 1):
        at = np.arange(len(train) - n + 1)
        if kind == "Kneser-Ney" and n < ORDER:  # in how many contexts, rather than how often
            at = np.unique(ngrams(train, n + 1), return_index=True)[1] + 1  # each without its first token
        own = ngrams(train, n)[at]
        begins = ngrams(train, n - 1)[at] if n > 1 else np.zeros(len(at), dtype=np.uint64)
        each = np.unique(own, return_index=True)[1]
        counts, totals, kinds = Counts(own), Counts(begins), Counts(begins[each])
        for number, (ids, here) in enumerate(zip(held, places, strict=True)):
            asked = ngrams(ids, n)[here - (n - 1)]
            context = ngrams(ids, n - 1)[here - (n - 1)] if n > 1 else np.zeros(len(here), dtype=np.uint64)
            count, total, different = counts.of(asked), totals.of(context), kinds.of(context)
            lower = found[number]
            if kind == "Witten-Bell":
                mixed = (count + different * lower) / np.maximum(total + different, 1)
            else:
                seen = np.maximum(total, 1)
                mixed = np.maximum(count - DISCOUNT, 0) / seen + DISCOUNT * different / seen * lower
            found[number] = np.where(total > 0, mixed, lower)
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    train = np.load(folder / "train.npy").astype(np.uint64)
    characters = json.loads((folder / "characters.json").read_text("utf-8"))
    held = [np.load(folder / f"held_out_{name}.npy").astype(np.uint64) for name in characters]
    for kind in KINDS:
        for name, found in zip(characters, probabilities(train, held, kind), strict=True):
            bits = -np.log2(found).sum()
            nats = bits * log(2) / len(found)
            sys.stdout.write(
                f"{name} {kind}: {bits / characters[name]:.3f} bits per character, {nats:.3f} nats per token\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
