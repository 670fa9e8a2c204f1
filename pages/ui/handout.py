"""What chapters show as one HTML file to print: the hand-out, and the worksheet with gaps and their solutions.

The file asks for nothing: pictures, formulas and the QR code are in it. Texts of readers pass through Markdown that
knows no HTML, and through `html.escape`.
"""

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import zip_longest

import segno
from latex2mathml.converter import convert
from markdown_it import MarkdownIt

from pages.chapters import Chapter
from pages.services.reading import Reading
from pages.ui import tables
from pages.ui.components.chart import FLAT
from pages.ui.model_picker import title_of as name_of_model
from pages.ui.shown import MARKS, Drawn, Formula, Grid, Heading, Item, Line, Pieces, Sentence
from pages.ui.sums import Sum
from pages.ui.words import ASSETS, Written, _, in_a_cell, language, lesson, written

LONG = 20  # characters of a cell that may break anywhere
HEIGHT = 400  # pixels of a chart that names none
MATHS = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$")
GAP = re.compile("\u2045(\\d+)\u2046")  # brackets of a kind that nobody types
RESULT = re.compile(r"\*\*([^*]+)\*\*(?!.*\*\*)")
PLAIN = MarkdownIt("commonmark", {"html": False})
NEVER_SAID = {0xE000: None, 0xE001: None}  # signs of no meaning, between which a formula waits for its turn
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True)
class Page:
    """One chapter of a text: what it shows, the link that opens it, and the sum that it asks for."""

    chapter: Chapter
    reading: Reading
    items: Sequence[Item]
    link: str
    asked: Sum | None = None


@dataclass
class Gaps:
    """What was left out, in the order of its numbers."""

    solutions: list[str] = field(default_factory=list)

    def leave(self, solution: str) -> str:
        """A gap in place of what is right."""
        self.solutions.append(solution)
        return f"\u2045{len(self.solutions)}\u2046"


class _WithGaps(string.Formatter):
    """Fills a sentence as the page does (`words.filled`), and leaves out its numbers."""

    def __init__(self, gaps: Gaps) -> None:
        self.gaps = gaps

    def format_field(self, value: object, format_spec: str) -> str:
        spec = format_spec.partition("|")[0]
        is_number = isinstance(value, Written) or (isinstance(value, int | float) and spec not in ("", "tiny"))
        if not is_number:
            return written(value, format_spec)
        number = written(value, spec)
        return self.gaps.leave(number) + written(value, format_spec).removeprefix(number)  # what is counted stays


def as_html(text: str, *, block: bool = True) -> str:
    """Markdown as HTML, its formulas as MathML, its gaps as lines to write on."""
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        formulas.append(convert(found[1]))
        return f"\ue000{len(formulas) - 1}\ue001"

    kept = MATHS.sub(keep, text.translate(NEVER_SAID))
    html = PLAIN.render(kept) if block else PLAIN.renderInline(kept)
    html = re.sub("\ue000(\\d+)\ue001", lambda found: formulas[int(found[1])], html)
    return GAP.sub(r'<span class="gap"><sup>\1</sup></span>', html)


def handout(pages: Sequence[Page]) -> bytes:
    """All that the pages show, with their checks."""
    return document(_("Hand-out"), "".join(_page(page, _shown(page)) for page in pages))


def worksheet(students: Sequence[Sequence[Page]]) -> bytes:
    """For each student the pages with gaps, and behind them all their solutions."""
    sheets, solutions = [], []
    for n, pages in enumerate(students, 1):
        for page in pages:
            gaps = Gaps()
            body = "".join(_with_gaps(page, gaps))
            head = f"<p class='student'>{escape(_('Sheet {n}').format(n=n))}</p>" if len(students) > 1 else ""
            sheets.append(head + _page(page, [f"<p class='rule'>{escape(rule())}</p>{body}"]))
            listed = "".join(f"<li>{as_html(one, block=False)}</li>" for one in gaps.solutions)
            name = escape(f"{n} · {title(page.chapter)}" if len(students) > 1 else title(page.chapter))
            solutions.append(f"<h3>{name}</h3><p class='text'>{escape(page.reading.text)}</p><ol>{listed}</ol>")
    behind = f"<section class='chapter'><h1>{escape(_('Solutions'))}</h1>{''.join(solutions)}</section>"
    return document(_("Worksheet"), "".join(sheets) + behind)


def rule() -> str:
    """When what is written in a gap is right."""
    return _("Fill the gaps from the sentence and its pictures. Off by one in the last digit counts as right.")


def title(chapter: Chapter) -> str:
    """Number and name of a chapter."""
    words = lesson(language(), chapter.id)["title"]
    return f"{chapter.number} · {words}" if chapter.number else words


def _page(page: Page, parts: Iterable[str]) -> str:
    words, reading = lesson(language(), page.chapter.id), page.reading
    code = segno.make_qr(page.link, error="L").svg_inline(border=2, dark="#000", light="#fff", scale=2)
    return (
        f"<section class='chapter'><div class='qr'>{code}</div><h1>{escape(title(page.chapter))}</h1>"
        f"<p class='text'>{escape(reading.text)}</p><p class='model'>{escape(name_of_model(reading.card))} · "
        f"<a href='{escape(page.link)}'>{escape(_('Link to what is on screen'))}</a></p>"
        f"{as_html(words['happens'])}<p>👀 {as_html(words['look'], block=False)}</p>{''.join(parts)}</section>"
    )


def _shown(page: Page) -> Iterator[str]:
    """Everything as the page has it."""
    for item in page.items:
        match item:
            case Drawn():
                yield _chart(item, f"{item.alt} {item.content}")
            case Formula():
                yield f"<div class='formula'>{convert(item.tex, display='block')}</div>"
            case Heading() | Pieces() | Grid():
                yield _plainly(item)
            case Sentence():
                yield f"<div class='{item.kind}'>{as_html(MARKS.get(item.kind, '') + item.text)}</div>"
    if page.asked:
        yield f"<div class='sum'>{as_html(f'✏️ {page.asked.question}')}</div>"
        yield from (f"<div class='note'>{as_html(f'💡 {hint}')}</div>" for hint in page.asked.hints)
        yield f"<div class='sum'>= {escape(_answer(page.asked))}</div>"


def _with_gaps(page: Page, gaps: Gaps) -> Iterator[str]:
    """The same without its numbers and without its checks, which would tell them."""
    for item in page.items:
        match item:
            case Drawn():
                yield _chart(item, item.alt)
            case Formula() if not item.values:
                yield f"<div class='formula'>{convert(item.tex, display='block')}</div>"
            case Heading() | Pieces() | Grid():
                yield _plainly(item)
            case Sentence(kind="sum"):
                yield f"<div class='sum'>{as_html(RESULT.sub(lambda found: gaps.leave(found[1]), item.text))}</div>"
            case Sentence(kind="sentence" | "note" | "plain"):
                text = _WithGaps(gaps).vformat(item.said, (), item.values) if item.values else item.text
                yield f"<div class='{item.kind}'>{as_html(text)}</div>"
    if page.asked:
        solution = " ".join([*page.asked.hints, f"= {_answer(page.asked)}"])
        text = f"✏️ {page.asked.question} {gaps.leave(solution)} ({page.asked.within})"
        yield f"<div class='sum'>{as_html(text)}</div>"


def _plainly(item: Heading | Pieces | Grid) -> str:
    """What has no gaps: a title, tokens in a row, a table."""
    match item:
        case Heading():
            return f"<h2>{escape(item.text)}</h2>"
        case Pieces():
            lines = "".join(f"<dt>{escape(line.name)}</dt><dd>{_line(line)}</dd>" for line in item.lines)
            return f"<dl class='pieces' aria-label='{escape(item.label)}'>{lines}</dl>"
        case Grid():
            frame = tables.headed(item.frame)
            head = "".join(f"<th>{escape(str(name))}</th>" for name in frame.columns)
            rows = ("".join(map(_cell, row)) for row in frame.itertuples(index=False))
            return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _line(line: Line) -> str:
    marked = set(line.marked)
    return "".join(
        f"<span{' class=marked' if i in marked else ''}>{escape(piece)}<small>{escape(note)}</small></span>"
        for i, (piece, note) in enumerate(zip_longest(line.pieces, line.notes, fillvalue=""))
    )


def _cell(value: object) -> str:
    text = in_a_cell(value) if isinstance(value, float) else str(value)
    return f"<td{' class=long' if len(text) > LONG else ''}>{escape(text)}</td>"


def _answer(asked: Sum) -> str:
    if isinstance(asked.answer, bytes):
        return asked.answer.decode("utf-8", "replace").replace(" ", "␣")
    return written(asked.answer, ".4f" if asked.tolerance else ",").replace("\\", "")


def _chart(item: Drawn, alt: str) -> str:
    figure = item.figure.json().replace("<", "\\u003c")  # or a text could end the script
    return (
        f"<figure><div class='chart' role='img' aria-label='{escape(alt)}' data-height='{item.height or HEIGHT}'></div>"
        f"<script type='application/json'>{figure}</script><figcaption>{escape(alt)}</figcaption></figure>"
    )


def document(name: str, body: str) -> bytes:
    """A whole file; Plotly is in it where it has a chart."""
    style, script = ((ASSETS / "handout" / file).read_text("utf-8") for file in ("handout.css", "handout.js"))
    library = FLAT.read_text("utf-8") if "class='chart'" in body else ""
    separators = ".," if language() == "en" else ",\u202f"  # of decimals and of thousands, as Plotly wants them
    return (
        f"<!doctype html><html lang='{language()}'><head><meta charset='utf-8'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{POLICY}\">"
        f"<meta name='viewport' content='width=device-width'><title>{escape(name)} — Glassbox GPT</title>"
        f"<style>{style}</style></head><body data-separators='{separators}'>{body}<script>{library}</script>"
        f"<script>{script}</script></body></html>"
    ).encode()
