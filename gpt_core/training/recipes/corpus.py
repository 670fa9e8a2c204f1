"""Books become chapters, chapters become tokens, and windows of tokens become lessons: guess the next one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.training.recipes.pieces import undone

LANGUAGES = ("en", "fr")
HELD_OUT = 0.02  # of each language, in whole chapters
SHORTEST_CHAPTER = 2_000  # characters; less is a title page, a list of contents or a stray heading
SHORTEST_PASSAGE = 12  # tokens of a passage that is recited; the longest fills half a window
BREAK = re.compile(r"(chapter|chapitre)\b|[IVXL]+(\.|--)|\d+\.? [A-Z]", re.IGNORECASE)
MOST_FALL = 0.8  # of the tokens of a window, at most, fall into halves
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Corpus:
    """One language: a stream of training chapters, and whole chapters that training never sees."""

    stream: Int[Tensor, " n_tokens"]
    line_starts: Int[Tensor, " n_lines"]
    held_out: tuple[Int[Tensor, " n_tokens"], ...]
    held_out_characters: int


def read_chapters(text: str) -> list[str]:
    """Cut a text (books parted by empty lines, one paragraph a line) where a heading stands.

    >>> tale = "Once upon a time. " * 200
    >>> [len(chapter) for chapter in read_chapters(f"The Frog\\n{tale}\\nThe Fox\\n{tale}")]
    [3610, 3609]
    """
    chapters = [""]
    for line in text.split("\n"):
        if (not line or is_heading(line)) and len(chapters[-1]) >= SHORTEST_CHAPTER:
            chapters.append("")
        if line:
            chapters[-1] += line + "\n"
    return [chapter for chapter in chapters if chapter]


def is_heading(line: str) -> bool:
    """A short line that opens with a capital or a number and does not end like a sentence."""
    if len(line) > 70 or not (line[0].isupper() or line[0].isdigit()):
        return False
    return line[-1].isalnum() or BREAK.match(line) is not None


def hold_out(chapters: list[str], *, seed: int, share: float = HELD_OUT) -> tuple[list[str], list[str]]:
    """Whole chapters, drawn by `seed` until `share` of the characters is held out: (for training, held out)."""
    order = torch.randperm(len(chapters), generator=torch.Generator().manual_seed(seed)).tolist()
    wanted = share * sum(map(len, chapters))
    held, n_held = set(), 0
    for number in order:
        if n_held >= wanted:
            break
        if SHORTEST_CHAPTER <= len(chapters[number]) <= wanted / 2 and n_held + len(chapters[number]) <= 1.1 * wanted:
            held.add(number)
            n_held += len(chapters[number])
    train = [chapter for number, chapter in enumerate(chapters) if number not in held]
    return train, [chapters[number] for number in sorted(held)]


def read_corpus(path: Path, encode: Callable[[str], list[int]], *, marker: int, seed: int) -> Corpus:
    """Read one language from `path`; every chapter begins with the token `marker`."""
    train, held = hold_out(read_chapters(path.read_text("utf-8")), seed=seed)
    ids, line_starts = [], []
    for chapter in train:
        ids.append(marker)
        for line in chapter.splitlines(keepends=True):
            line_starts.append(len(ids))
            ids += encode(line)
    held_ids = tuple(torch.tensor([marker, *encode(chapter)]) for chapter in held)
    return Corpus(torch.tensor(ids), torch.tensor(line_starts), held_ids, sum(map(len, held)))


@dataclass(frozen=True)
class Stream:
    """Training text of one kind, and how often its windows are drawn."""

    ids: Int[Tensor, " n_tokens"]
    line_starts: Int[Tensor, " n_lines"]
    share: float


def stream_of(books: list[list[str]], encode: Callable[[str], list[int]], *, marker: int, share: float) -> Stream:
    """The books one after the other, each after the token `marker`."""
    ids, line_starts = [], []
    for book in books:
        ids.append(marker)
        for line in book:
            line_starts.append(len(ids))
            ids += encode(line + "\n")
    return Stream(torch.tensor(ids), torch.tensor(line_starts), share)


@dataclass(frozen=True)
class Vocabulary:
    """The ids that occur in the corpus, the commonest first: a table of fewer rows is trained much faster."""

    ids: Int[Tensor, " n_used"]

    @classmethod
    def of(cls, streams: Iterable[Int[Tensor, " n_tokens"]]) -> "Vocabulary":
        """
        >>> Vocabulary.of([torch.tensor([7, 9, 9]), torch.tensor([9, 7, 4])]).ids
        tensor([9, 7, 4])
        """
        ids, counts = torch.cat(list(streams)).unique(return_counts=True)
        return cls(ids[counts.argsort(descending=True, stable=True)])

    def shrink(self, ids: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
        """Ids to their rows; -1 where an id does not occur."""
        rows = torch.full((int(max(self.ids.max(), ids.max())) + 1,), -1)
        rows[self.ids] = torch.arange(len(self.ids))
        return rows[ids]


@dataclass(frozen=True)
class Windows:
    """Windows of several streams. The same number always gives the same window, so a run can be taken up again.

    Half of the windows begin with the marker, half of the others' places are moved back to where a line begins:
    what people type has no marker, and begins where a sentence does. From window `recited_from` on, a share `recited`
    of the windows holds a short passage said again and again: there, looking back at what came next pays.
    """

    streams: tuple[Int[Tensor, " _"], ...]
    line_starts: tuple[Int[Tensor, " _"], ...]
    shares: tuple[float, ...]
    marker: int
    seed: int
    recited: float = 0.0
    recited_from: int = 0
    halves: Int[Tensor, "n_rows 2"] | None = None  # of each token, for windows in pieces
    in_pieces: float = 0.0  # share of the windows in which tokens fall into pieces

    def draw(self, first: int, n_windows: int, length: int) -> Int[Tensor, "n_windows length_and_one"]:
        """Windows number `first` to `first + n_windows`, each of `length` tokens and the one that comes next."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + first)
        chance = torch.rand(n_windows, 3, generator=generator, dtype=torch.float64)
        # Steps of the golden ratio, rather than dice: every part of a stream is visited equally often.
        places = (torch.arange(first, first + n_windows, dtype=torch.float64) * GOLDEN + self.seed * 0.1) % 1
        shares = torch.tensor(self.shares, dtype=torch.float64).cumsum(0)
        windows = []
        recital = torch.rand(n_windows, 2, generator=generator, dtype=torch.float64).tolist()
        falling = torch.rand(n_windows, generator=generator, dtype=torch.float64).tolist()
        for number, (place, (which, marked, moved)) in enumerate(zip(places.tolist(), chance.tolist(), strict=True)):
            language = int((which >= shares).sum().clamp(max=len(self.streams) - 1))
            stream, lines = self.streams[language], self.line_starts[language]
            start = int(place * (len(stream) - length - 1))
            if moved < 0.5:
                start = int(lines[torch.searchsorted(lines, start, right=True) - 1])
            window = stream[start : start + length + 1]
            drawn, longer = recital[number]
            if first + number >= self.recited_from and drawn < self.recited:
                passage = window[: SHORTEST_PASSAGE + int(longer * (length // 2 - SHORTEST_PASSAGE))]
                windows.append(passage.repeat(length // len(passage) + 1)[: length + 1])
                continue
            if marked < 0.5:
                window = torch.cat([window.new_tensor([self.marker]), window[:-1]])
            if self.halves is not None and falling[number] < self.in_pieces:
                chance_of_each = MOST_FALL * falling[number] / self.in_pieces
                window = undone(window, self.halves, chance_of_each, generator)[: length + 1]
            windows.append(window)
        return torch.stack(windows)
