"""Whole books: what of them is held out, and what of the others would give that away."""

import re
from collections.abc import Iterable, Iterator

import torch

PIECE = 4_000  # characters of a held-out piece of a new book
SHINGLE = 13  # words in a row that a training paragraph may not share with a held-out text
WORD = re.compile(r"\w+")
HURTS = re.compile(r"\b(nigger|darky|darkies|negro|negroes|injun|squaw|coon|nègre|négresse)s?\b", re.IGNORECASE)


def read_books(text: str) -> list[list[str]]:
    """Books parted by empty lines, as lists of their paragraphs; those with words that hurt are left out.

    >>> read_books("A frog.\\nA fox.\\n\\nA bear.\\n")
    [['A frog.', 'A fox.'], ['A bear.']]
    """
    books = [book.split("\n") for book in re.split(r"\n\n+", text.strip("\n"))]
    return [[line for line in book if not HURTS.search(line)] for book in books]


def hold_out_pieces(
    books: list[list[str]], *, seed: int, n_books: int, share: float
) -> tuple[list[list[str]], list[str]]:
    """Whole books and pieces of the others, drawn by `seed`: (books without them, pieces of about `PIECE` characters).

    `n_books` are held out whole, of middle length, and of every other book each piece with the probability `share`.
    """
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.tensor([sum(map(len, book)) for book in books])
    middle = (lengths.argsort()[len(books) // 4 : -len(books) // 4]).tolist()
    whole = {middle[at] for at in torch.randperm(len(middle), generator=generator)[:n_books].tolist()}
    train: list[list[str]] = []
    held: list[str] = []
    for number, book in enumerate(books):
        kept: list[str] = []
        for piece in _pieces(book):
            drawn = float(torch.rand(1, generator=generator)) < share
            if number in whole or drawn:
                held.append("".join(line + "\n" for line in piece))
            else:
                kept += piece
        train.append(kept)
    return [book for book in train if book], held


def _pieces(book: list[str]) -> Iterator[list[str]]:
    piece: list[str] = []
    for line in book:
        piece.append(line)
        if sum(map(len, piece)) >= PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def shingles(texts: Iterable[str]) -> set[int]:
    """Every run of `SHINGLE` words, as a number."""
    found = set()
    for text in texts:
        words = WORD.findall(text.lower())
        found.update(hash(tuple(words[at : at + SHINGLE])) for at in range(len(words) - SHINGLE + 1))
    return found


def without(books: list[list[str]], forbidden: set[int]) -> list[list[str]]:
    """The paragraphs that share no run of `SHINGLE` words with the forbidden: a story may stand in several books."""
    return [[line for line in book if forbidden.isdisjoint(shingles([line]))] for book in books]
