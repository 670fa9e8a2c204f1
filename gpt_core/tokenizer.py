"""Byte-pair encoding: text becomes bytes, bytes merge into tokens, and every merge can be replayed."""

import base64
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import regex
import tiktoken

VOCAB_FOLDER = Path(__file__).parent.parent / "assets" / "vocab"
END_OF_TEXT = "<|endoftext|>"

Encoding = Literal["gpt2", "cl100k_base", "o200k_base"]


@dataclass(frozen=True)
class _Published:
    """One of OpenAI's vocabularies. Source of all four: openai/tiktoken, tiktoken_ext/openai_public.py."""

    file: str
    sha256: str
    pattern: str  # how text is cut into words before any merging
    end_of_text: int


_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|"
    r"\s+(?!\S)|\s"
)
_UPPER, _LOWER, _SUFFIX = (
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
)
_O200K_PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SUFFIX}|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PUBLISHED = {
    "gpt2": _Published(
        "r50k_base",
        "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        50_256,
    ),
    "cl100k_base": _Published(
        "cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", _CL100K_PATTERN, 100_257
    ),
    "o200k_base": _Published(
        "o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", _O200K_PATTERN, 199_999
    ),
}


@dataclass(frozen=True)
class Merge:
    """Two neighbours become one token. The pair with the lowest rank in the word merges first."""

    left: bytes
    right: bytes
    rank: int  # also the id of the result
    at: int  # where `left` stood among the word's parts

    @property
    def result(self) -> bytes:
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
        """The word's parts before the first merge (single bytes), and after each one."""
        return _replay(self.text.encode(), self.merges) if self.merges else (self.tokens,)


@dataclass(frozen=True)
class TokenizerTrace:
    """A text on its way to ids: words, the merges within each, tokens."""

    words: tuple[Word, ...]

    @cached_property
    def ids(self) -> list[int]:
        return [id for word in self.words for id in word.ids]

    @cached_property
    def tokens(self) -> list[bytes]:
        return [token for word in self.words for token in word.tokens]


class Tokenizer:
    """OpenAI's byte-level BPE, from vocabulary files shipped with this package: it never asks the network.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.encode("Hello, I am")
    [15496, 11, 314, 716]
    >>> tokenizer.decode([15496, 11, 314, 716])
    'Hello, I am'
    """

    def __init__(self, encoding: Encoding = "gpt2") -> None:
        """Raises ValueError for an encoding that is not shipped, or a vocabulary file that is not the published one."""
        if encoding not in get_args(Encoding):
            raise ValueError(f"encoding {encoding!r} is not one of {', '.join(get_args(Encoding))}")
        self.encoding: Encoding = encoding
        self.ranks, self._tiktoken = _load(encoding)
        self._pattern = regex.compile(_PUBLISHED[encoding].pattern)

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special tokens included."""
        return self._tiktoken.n_vocab

    @property
    def end_of_text(self) -> int:
        """The id of `<|endoftext|>`, which no ordinary text produces."""
        return _PUBLISHED[self.encoding].end_of_text

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of `text`. A typed `<|endoftext|>` is ordinary text unless `special` is asked for."""
        if special:
            return self._tiktoken.encode(_encodable(text), allowed_special={END_OF_TEXT}, disallowed_special=())
        return self._tiktoken.encode_ordinary(_encodable(text))

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`; bytes that are not valid UTF-8 become U+FFFD. Raises ValueError for an unknown id."""
        return b"".join(self.token(id) for id in ids).decode("utf-8", errors="replace")

    def token(self, id: int) -> bytes:
        """The bytes of one token: not always valid UTF-8 alone, since a letter may be cut in two."""
        try:
            return self._tiktoken.decode_single_token_bytes(id)
        except (KeyError, OverflowError):
            raise ValueError(f"id {id} is not in the {self.encoding} vocabulary of {self.vocab_size}") from None

    def search(self, part: str, *, limit: int = 50) -> list[int]:
        """Ids of up to `limit` tokens that contain `part`, the shortest first."""
        wanted = _encodable(part).encode()
        found = [(len(token), id) for token, id in self.ranks.items() if wanted in token]
        return [id for _, id in sorted(found)[:limit]]

    def trace(self, text: str, *, special: bool = False) -> TokenizerTrace:
        """The same ids as `encode`, with every word, byte and merge on the way."""
        return TokenizerTrace(tuple(self._words(_encodable(text), special)))

    def _words(self, text: str, special: bool) -> Iterator[Word]:
        pieces = text.split(END_OF_TEXT) if special else [text]
        for i, piece in enumerate(pieces):
            if i > 0:
                yield Word(END_OF_TEXT, merges=(), tokens=(END_OF_TEXT.encode(),), ids=(self.end_of_text,))
            yield from (self._merge(match.group()) for match in self._pattern.finditer(piece))

    def _merge(self, text: str) -> Word:
        whole = text.encode()
        merges = tuple(self._merges(whole))
        stages = _replay(whole, merges)
        return Word(text, merges, tokens=stages[-1], ids=tuple(self.ranks[token] for token in stages[-1]))

    def _merges(self, whole: bytes) -> Iterator[Merge]:
        parts = [bytes([byte]) for byte in whole]
        while len(parts) > 1:
            pairs = [self.ranks.get(left + right, _NEVER) for left, right in pairwise(parts)]
            rank = min(pairs)
            if rank == _NEVER:
                return
            at = pairs.index(rank)
            yield Merge(parts[at], parts[at + 1], rank, at)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]


_NEVER = 1 << 62  # higher than any rank: this pair is not in the vocabulary


def _replay(whole: bytes, merges: tuple[Merge, ...]) -> tuple[tuple[bytes, ...], ...]:
    stages = [tuple(bytes([byte]) for byte in whole)]
    for merge in merges:
        before = stages[-1]
        stages.append((*before[: merge.at], merge.result, *before[merge.at + 2 :]))
    return tuple(stages)


def _encodable(text: str) -> str:
    """Lone surrogates cannot be written as UTF-8: they become U+FFFD, as tiktoken has it."""
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


@cache
def _load(encoding: Encoding) -> tuple[dict[bytes, int], tiktoken.Encoding]:
    published = _PUBLISHED[encoding]
    raw = gzip.decompress((VOCAB_FOLDER / f"{published.file}.tiktoken.gz").read_bytes())
    digest = hashlib.sha256(raw).hexdigest()
    if digest != published.sha256:
        raise ValueError(f"{published.file}: SHA-256 is {digest}, expected {published.sha256}")
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, raw.splitlines())}
    special = {END_OF_TEXT: published.end_of_text}
    return ranks, tiktoken.Encoding(
        published.file, pat_str=published.pattern, mergeable_ranks=ranks, special_tokens=special
    )
