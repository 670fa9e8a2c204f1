"""How a BPE is trained: the pair of neighbours that occurs most often becomes a token, again and again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gpt_core.tokenizer import vocabulary
from gpt_core.tokenizer.bpe import encodable

Parts = tuple[bytes, ...]  # of a word


@dataclass(frozen=True)
class Learnt:
    """One merge of the training: the pair that occurred most often, and how often."""

    left: bytes
    right: bytes
    count: int

    @property
    def token(self) -> bytes:
        """What the two become."""
        return self.left + self.right


def words_of(text: str) -> list[bytes]:
    """The text's words, cut by GPT-2's rule: no merge goes beyond one."""
    pattern = vocabulary.load("gpt2").words
    return [match.group().encode() for match in pattern.finditer(encodable(text))]


def train(text: str, *, most: int) -> list[Learnt]:
    """Up to `most` merges, in the order in which they are learnt; a pair that occurs once is not worth a token.

    Of pairs that occur equally often, the one whose left token is older comes first, then the one whose right is;
    single bytes are older than any merge and stand in GPT-2's order. So Hugging Face's `tokenizers` breaks ties.
    Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1.

    >>> [(one.token, one.count) for one in train("hug hug pug", most=2)]
    [(b'ug', 3), (b'hug', 2)]
    """
    words = Counter(tuple(bytes([byte]) for byte in word) for word in words_of(text))
    age = {bytes([byte]): vocabulary.load("gpt2").ranks[bytes([byte])] for byte in range(256)}
    learnt: list[Learnt] = []
    while len(learnt) < most:
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for parts, n in words.items():
            for pair in pairwise(parts):
                counts[pair] += n
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], age[pair[0]], age[pair[1]]))
        if counts[best] < 2:
            break
        learnt.append(Learnt(*best, counts[best]))
        age.setdefault(learnt[-1].token, len(age))
        words = _merged_all(words, learnt[-1])
    return learnt


def _merged_all(words: Counter[Parts], merge: Learnt) -> Counter[Parts]:
    found: Counter[Parts] = Counter()
    for parts, n in words.items():
        found[tuple(_merged(parts, merge))] += n
    return found


def _merged(parts: Sequence[bytes], merge: Learnt) -> Iterator[bytes]:
    """The parts of a word with every such pair merged, from the left."""
    at = 0
    while at < len(parts):
        pair = tuple(parts[at : at + 2]) == (merge.left, merge.right)
        yield merge.token if pair else parts[at]
        at += 2 if pair else 1


def encode(text: str, learnt: Sequence[Learnt]) -> list[bytes]:
    """A text in the tokens of a training: in each word the merges one after the other, as they were learnt."""
    found: list[bytes] = []
    for word in words_of(text):
        parts = [bytes([byte]) for byte in word]
        for merge in learnt:
            parts = list(_merged(parts, merge))
        found += parts
    return found


def encode_by_rank(text: str, learnt: Sequence[Learnt]) -> list[bytes]:
    """The same as tokenizers do it: in each word the pair that was learnt first merges, until none is left."""
    ranks = {(one.left, one.right): rank for rank, one in reversed(list(enumerate(learnt)))}
    found: list[bytes] = []
    for word in words_of(text):
        parts = [bytes([byte]) for byte in word]
        while known := [(ranks[pair], at) for at, pair in enumerate(pairwise(parts)) if pair in ranks]:
            _rank, at = min(known)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        found += parts
    return found
