"""A vocabulary of whole words: easy to read, but any word that it was not built from becomes `<|unk|>`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gpt_core.tokenizer.vocabulary import END_OF_TEXT

UNKNOWN = "<|unk|>"
SEPARATORS = re.compile(r"""([,.:;?_!"()']|--|\s)""")  # Raschka, section 2.2
BEFORE_MARK = re.compile(r"""\s+([,.:;?!"()'])""")  # Raschka, section 2.3: where decoding takes a space away again


def words_of(text: str) -> list[str]:
    """Words and punctuation marks; the spaces between them are thrown away.

    >>> words_of("Hello, do you like tea?")
    ['Hello', ',', 'do', 'you', 'like', 'tea', '?']
    """
    return [piece for piece in SEPARATORS.split(text) if piece.strip()]


@dataclass(frozen=True)
class WordVocabulary:
    """Every different word of a text in alphabetical order; a word's place in the list is its id.

    Source: Raschka, sections 2.3 and 2.4. `<|endoftext|>` and `<|unk|>` come last.

    >>> vocabulary = WordVocabulary.built_from("the cat sat on the mat")
    >>> vocabulary.encode("the dog sat")
    [4, 6, 3]
    >>> vocabulary.decode([4, 6, 3])
    'the <|unk|> sat'
    """

    words: tuple[str, ...]

    @classmethod
    def built_from(cls, text: str) -> "WordVocabulary":
        """The vocabulary of one text: its words and marks, sorted, then the two special ones."""
        return cls((*sorted(set(words_of(text)) - {END_OF_TEXT, UNKNOWN}), END_OF_TEXT, UNKNOWN))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word: its place in `words`."""
        return {word: id for id, word in enumerate(self.words)}

    def encode(self, text: str) -> list[int]:
        """One id for each word; the id of `<|unk|>` for a word that is not in the list."""
        return [self.ids.get(word, self.ids[UNKNOWN]) for word in words_of(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Words with single spaces between them: what was unknown or spaced otherwise is lost.

        Raises ValueError for an id that is not in the list.
        """
        known = list(ids)
        outside = next((id for id in known if not 0 <= id < len(self.words)), None)
        if outside is not None:
            raise ValueError(f"id {outside} is not in this vocabulary of {len(self.words)}")
        return BEFORE_MARK.sub(r"\1", " ".join(self.words[id] for id in known))
