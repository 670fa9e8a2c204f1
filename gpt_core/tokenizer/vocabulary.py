"""The vocabularies OpenAI published: which bytes are a token, in what order pairs merge, how text is cut into words."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import regex
import tiktoken

FOLDER = Path(__file__).parent / "ranks"
END_OF_TEXT = "<|endoftext|>"

Encoding = Literal["gpt2", "cl100k_base", "o200k_base"]


@dataclass(frozen=True)
class Published:
    """One of OpenAI's vocabularies. Source of all three: openai/tiktoken, tiktoken_ext/openai_public.py."""

    file: str
    sha256: str
    pattern: str  # how text is cut into words before any merging
    end_of_text: int


CL100K_WORDS = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|"
    r"\s+(?!\S)|\s"
)
UPPER, LOWER, SUFFIX = (
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
)
O200K_WORDS = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SUFFIX}|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PUBLISHED = {
    "gpt2": Published(
        "r50k_base",
        "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        50_256,
    ),
    "cl100k_base": Published(
        "cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", CL100K_WORDS, 100_257
    ),
    "o200k_base": Published(
        "o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", O200K_WORDS, 199_999
    ),
}


@dataclass(frozen=True)
class Vocabulary:
    """One encoding, ready for use: `ranks` gives each token its id, which is also its turn to merge."""

    ranks: dict[bytes, int]
    words: regex.Pattern[str]
    tiktoken: tiktoken.Encoding
    end_of_text: int


@cache
def load(encoding: Encoding) -> Vocabulary:
    """Read a shipped vocabulary, once a process; never asks the network.

    Raises:
        ValueError: an encoding that is not shipped, or a file whose SHA-256 is not the published one.
    """
    if encoding not in get_args(Encoding):
        raise ValueError(f"encoding {encoding!r} is not one of {', '.join(get_args(Encoding))}")
    published = PUBLISHED[encoding]
    raw = gzip.decompress((FOLDER / f"{published.file}.tiktoken.gz").read_bytes())
    digest = hashlib.sha256(raw).hexdigest()
    if digest != published.sha256:
        raise ValueError(f"{published.file}: SHA-256 is {digest}, expected {published.sha256}")
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, raw.splitlines())}
    special = {END_OF_TEXT: published.end_of_text}
    fast = tiktoken.Encoding(published.file, pat_str=published.pattern, mergeable_ranks=ranks, special_tokens=special)
    return Vocabulary(ranks, regex.compile(published.pattern), fast, published.end_of_text)
