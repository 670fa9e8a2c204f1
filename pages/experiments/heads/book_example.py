"""The book's example, section 3.6: two heads on its six words, and what comes out."""

from gpt_core.examples import book
from pages import figures, show
from pages.figures import Axis, Cells, Scale
from pages.ui.chapter import Choices, Reading, say, write
from pages.ui.layout import pictures
from pages.ui.words import N_, _

TITLE = N_("The book’s example")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """Both heads side by side, then the output that the book prints."""
    say("book")
    att = book.multi_head_attention()
    for head, column in enumerate(pictures(1, 1)):
        with column:
            write(f"**{_('head')} {head}**")
            show.attention(
                f"book_head_{head}",
                att.weights[head].numpy(),
                book.WORDS,
                _("Attention weights of the book’s head {head}.").format(head=head),
                masked=att.mask.numpy(),
                scale=Scale("probability", bar=False),
                titles="",
                cells=Cells(".2f", shown=True),
                square=False,
                height=300,
            )
    output = figures.heatmap(
        att.out.numpy(),
        Axis(book.WORDS, _("query"), "query"),
        Axis.numbered(2, _("number of the output")),
        scale="signed",
        cells=Cells(".4f", shown=True),
    )
    alt = _("The book’s output of multi-head attention: six words, two numbers each.")
    show.chart("book_out", output, alt, height=300)
