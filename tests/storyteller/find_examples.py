"""The search for examples whose outcome is sure and can be told: `python -m tests.storyteller.find_examples FILE`.

Of every sentence of the file, and of every beginning of one that ends with a whole word, it is asked

* whether the likeliest next word is one whole token, and has at least `SURE` of the probability;
* whether in the head that the app shows for this text (`looks_back`) the last token gives at least `CLEAR` of its
  attention to one earlier token, which is a whole word too.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from gpt_core import GPT, Tokenizer, load_model
from gpt_core.measure.heads import clearest_head, looks_back
from gpt_core.measure.whole_words import continues_a_word, likeliest_words
from gpt_core.weights.catalogue import card_of, name_at, steps_of

SURE = 0.25
CLEAR = 0.5
FEWEST_WORDS = 4
LETTERS = 2  # of a word that is looked at, at least
TOKENIZER = Tokenizer("gpt2")
# of Storyteller's layers: the app suggests a head of those that it had at every moment of its training
ALWAYS_THERE = min(card_of(name_at("storyteller", step)).config.n_layers for step in steps_of("storyteller"))


@dataclass(frozen=True)
class Outcome:
    """What comes out of one text: the first choice for the next word, and what its token in focus looks at."""

    text: str
    n_tokens: int
    next_word: bytes
    probability: float
    is_one_token: bool  # that word
    layer: int
    head: int
    looks_at: bytes
    share: float
    is_word: bool  # what is looked at

    @property
    def is_sure(self) -> bool:
        begins, letters = self.next_word[:1] == b" ", self.next_word[1:].decode("utf-8", "replace")
        return self.is_one_token and begins and letters.isalpha() and self.probability >= SURE

    @property
    def is_clear(self) -> bool:
        return self.is_word and self.share >= CLEAR


@torch.inference_mode()
def outcome(model: GPT, text: str, *, token: int | None = None) -> Outcome:
    """What comes out of a text, with the focus on its last token, or on another."""
    ids = torch.tensor(TOKENIZER.encode(text))
    trace, query = model.trace(ids), len(ids) - 1 if token is None else token
    word = likeliest_words(model, trace, TOKENIZER.token, n=1, among=1)[0]
    scores = looks_back(trace, query)
    layer, head = clearest_head(trace, query, n_layers=ALWAYS_THERE) or (0, 0)
    key = int((trace.blocks[layer].att.weights[head, query, :query] == scores[layer, head]).int().argmax())
    return Outcome(
        text,
        n_tokens=len(ids),
        next_word=b"".join(map(TOKENIZER.token, word.pieces)),
        probability=word.probability,
        is_one_token=len(word.pieces) == 1,
        layer=layer,
        head=head,
        looks_at=TOKENIZER.token(int(ids[key])),
        share=float(scores[layer, head]),
        is_word=is_word(ids.tolist(), key),
    )


def is_word(ids: list[int], at: int) -> bool:
    """Whether the token at this place is a whole word of letters."""
    token = TOKENIZER.token(ids[at])
    begins = at == 0 or not continues_a_word(token)
    ends = at + 1 == len(ids) or not continues_a_word(TOKENIZER.token(ids[at + 1]))
    letters = token.decode("utf-8", "replace").strip()
    return begins and ends and letters.isalpha() and len(letters) >= LETTERS


@torch.inference_mode()
def worth_a_look(model: GPT, sentence: str) -> Iterator[str]:
    """The sentence and its beginnings, where any token is sure to come next: one pass tells of all of them."""
    words = sentence.split(" ")
    probs = model.trace(torch.tensor(TOKENIZER.encode(sentence))).logits.softmax(dim=-1).amax(dim=-1)
    for n in range(min(FEWEST_WORDS, len(words)), len(words) + 1):
        beginning = " ".join(words[:n])
        if float(probs[len(TOKENIZER.encode(beginning)) - 1]) >= SURE:
            yield beginning


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storyteller.find_examples", description=__doc__)
    parser.add_argument("sentences", type=Path, help="a text file, one sentence a line")
    chosen = parser.parse_args()
    model = load_model("storyteller")
    for sentence in chosen.sentences.read_text("utf-8").splitlines():
        for one in (outcome(model, text) for text in worth_a_look(model, sentence)):
            if one.is_sure and one.is_clear:
                print(  # noqa: T201 (a command)
                    f"{one.probability:.2f} {one.next_word.decode()!r} | {one.share:.2f} at {one.looks_at.decode()!r} "
                    f"in {one.layer}.{one.head} | {one.n_tokens} tokens | {one.text}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
