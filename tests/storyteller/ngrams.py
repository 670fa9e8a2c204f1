"""What counting alone reaches: NLTK's n-gram models on the same tokens as the story model.

NLTK is not among the project's requirements: install it in an environment of its own. `evaluate --tokens FOLDER`
writes what this reads; then `python tests/storyteller/ngrams.py FOLDER`.
"""

import functools
import json
import sys
from math import e, log2
from pathlib import Path

from nltk.lm import AbsoluteDiscountingInterpolated, WittenBellInterpolated  # pyright: ignore[reportMissingImports]
from nltk.lm.preprocessing import everygrams  # pyright: ignore[reportMissingImports]

ORDER = 5


def chapters(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    folder = Path(sys.argv[1])
    training = chapters(folder / "train.txt")
    sizes = json.loads((folder / "characters.json").read_text("utf-8"))
    model = WittenBellInterpolated(ORDER)
    model.fit((everygrams(chapter, max_len=ORDER) for chapter in training), {t for c in training for t in c})
    counts = model.counts
    unigrams = counts.unigrams
    n_unigrams = unigrams.N()

    @functools.cache
    def sums(context: tuple[str, ...]) -> tuple[int, int]:
        found = counts[context]
        return len(found), found.N()

    def score(word: str, context: tuple[str, ...], kind: type) -> float:
        """NLTK's recursion with its two sums remembered; three places are compared with NLTK itself."""
        if not context:
            return unigrams[word] / n_unigrams
        n_kinds, total = sums(context)
        lower = score(word, context[1:], kind)
        if not total:
            return lower
        if kind is WittenBellInterpolated:
            gamma = n_kinds / (n_kinds + total)
            return (1 - gamma) * counts[context][word] / total + gamma * lower
        return max(counts[context][word] - 0.75, 0) / total + 0.75 * n_kinds / total * lower

    for language, characters in sizes.items():
        held = chapters(folder / f"held_out_{language}.txt")
        places = [
            (word, tuple(chapter[max(0, at - ORDER + 1) : at]))
            for chapter in held
            for at, word in enumerate(chapter)
            if at and unigrams[word]
        ]
        if language == "en":
            for word, context in places[1000:1003]:
                assert abs(model.unmasked_score(word, context) - score(word, context, WittenBellInterpolated)) < 1e-12
        report = {"unigram": sum(-log2(unigrams[word] / n_unigrams) for word, _ in places)}
        for kind in (WittenBellInterpolated, AbsoluteDiscountingInterpolated):
            report[kind.__name__] = sum(-log2(score(word, context, kind)) for word, context in places)
        for name, bits in report.items():
            nats = bits / len(places) / log2(e)
            sys.stdout.write(
                f"{language} {name}: {bits / characters:.3f} bits per character, {nats:.3f} nats per token\n"
            )
        sys.stdout.write(f"{language}: {len(places)} tokens scored, {sum(map(len, held)) - len(held)} in all\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
