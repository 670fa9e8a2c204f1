"""Byte-pair encoding: text becomes bytes, bytes merge into tokens, and every merge can be replayed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from gpt_core.tokenizer import vocabulary
from gpt_core.tokenizer.vocabulary import END_OF_TEXT, Encoding

UNUSED = "⟨unused⟩".encode()  # in place of a token, where a padded table has none
NEVER = 1 << 62  # higher than any rank: this pair is not in the vocabulary


@dataclass(frozen=True)
class Merge:
    """Two neighbours become one token. The pair with the lowest rank in the word merges first."""

    left: bytes
    right: bytes
    rank: int  # also the id of the result
    at: int  # where `left` stood among the word's parts

    @property
    def result(self) -> bytes:
        """The bytes of the token that the two become."""
        return self.left + self.right


@dataclass(frozen=True)
class Word:
    """A piece of the text that merges on its own: merges never cross from one word to the next."""

    text: str
    merges: tuple[Merge, ...]
    tokens: tuple[bytes, ...]
    ids: tuple[int, ...]

    @property
    def stages(self) -> tuple[tuple[bytes, ...], ...]:
        """The word's parts before the first merge (single bytes, but for a special token), and after each one."""
        stages = [tuple(bytes([byte]) for byte in self.text.encode()) if self.merges else self.tokens]
        for merge in self.merges:
            before = stages[-1]
            stages.append((*before[: merge.at], merge.result, *before[merge.at + 2 :]))
        return tuple(stages)


@dataclass(frozen=True)
class TokenizerTrace:
    """A text on its way to ids: words, the merges within each, tokens."""

    words: tuple[Word, ...]

    @cached_property
    def ids(self) -> list[int]:
        """The ids of all words, in the order of the text."""
        return [id for word in self.words for id in word.ids]

    @cached_property
    def tokens(self) -> list[bytes]:
        """The bytes of each token; together they are the text's UTF-8."""
        return [token for word in self.words for token in word.tokens]


class Tokenizer:
    """OpenAI's byte-level BPE, from vocabulary files shipped with this package: it never asks the network.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.encode("Hello, I am")
    [15496, 11, 314, 716]
    >>> tokenizer.decode([15496, 11, 314, 716])
    'Hello, I am'
    """

    def __init__(self, encoding: Encoding = "gpt2", *, padded: bool = False) -> None:
        """Read the vocabulary; `padded`: ids past it are rows that no text uses, as models round their tables up.

        Raises ValueError for an encoding that is not shipped, or a vocabulary file that is not the published one.
        """
        self.encoding: Encoding = encoding
        self._padded = padded
        self._vocabulary = vocabulary.load(encoding)
        self.ranks: dict[bytes, int] = self._vocabulary.ranks

    @property
    def vocab_size(self) -> int:
        """How many tokens there are, `<|endoftext|>` included."""
        return len(self.ranks) + 1

    @property
    def end_of_text(self) -> int:
        """The id of `<|endoftext|>`, which no ordinary text produces."""
        return self._vocabulary.end_of_text

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of `text`. A typed `<|endoftext|>` is ordinary text unless `special` is asked for."""
        if special:
            return self._vocabulary.tiktoken.encode(
                encodable(text), allowed_special={END_OF_TEXT}, disallowed_special=()
            )
        return self._vocabulary.tiktoken.encode_ordinary(encodable(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; bytes that are not valid UTF-8 become U+FFFD. Raises ValueError for an unknown id."""
        return b"".join(self.token(id) for id in ids).decode("utf-8", errors="replace")

    def token(self, id: int) -> bytes:
        """The bytes of one token: not always valid UTF-8 alone, since a letter may be cut in two."""
        if self._padded and id >= self.vocab_size:
            return UNUSED
        try:
            return self._vocabulary.tiktoken.decode_single_token_bytes(id)
        except (KeyError, OverflowError):
            raise ValueError(f"id {id} is not in the {self.encoding} vocabulary of {self.vocab_size}") from None

    def search(self, part: str, *, limit: int = 50) -> list[int]:
        """Ids of up to `limit` tokens that contain `part`, the shortest first."""
        wanted = encodable(part).encode()
        found = [(len(token), id) for token, id in self.ranks.items() if wanted in token]
        return [id for _, id in sorted(found)[:limit]]

    def trace(self, text: str, *, special: bool = False) -> TokenizerTrace:
        """The same ids as `encode`, with every word, byte and merge on the way."""
        return TokenizerTrace(tuple(self._words(encodable(text), special)))

    def _words(self, text: str, special: bool) -> Iterator[Word]:
        pieces = text.split(END_OF_TEXT) if special else [text]
        for i, piece in enumerate(pieces):
            if i > 0:
                yield Word(END_OF_TEXT, merges=(), tokens=(END_OF_TEXT.encode(),), ids=(self.end_of_text,))
            yield from (self._merge(match.group()) for match in self._vocabulary.words.finditer(piece))

    def _merge(self, text: str) -> Word:
        """Merge the pair with the lowest rank (the leftmost such), until no pair is in the vocabulary."""
        parts, merges = [bytes([byte]) for byte in text.encode()], []
        ranks = [self._rank(left, right) for left, right in pairwise(parts)]
        while ranks and (rank := min(ranks)) != NEVER:
            at = ranks.index(rank)
            merge = Merge(parts[at], parts[at + 1], rank, at)
            merges.append(merge)
            parts[at : at + 2] = [merge.result]
            del ranks[at]  # and of the others only those of the new part's two neighbours change
            if at > 0:
                ranks[at - 1] = self._rank(parts[at - 1], parts[at])
            if at < len(ranks):
                ranks[at] = self._rank(parts[at], parts[at + 1])
        return Word(text, tuple(merges), tokens=tuple(parts), ids=tuple(self.ranks[part] for part in parts))

    def _rank(self, left: bytes, right: bytes) -> int:
        return self.ranks.get(left + right, NEVER)


def encodable(text: str) -> str:
    """Lone surrogates cannot be written as UTF-8: they become U+FFFD, as tiktoken has it."""
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
