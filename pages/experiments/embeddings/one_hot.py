"""One-hot × table, the book's example: a table of six rows, and the product that picks one."""

from gpt_core.examples import book
from pages import show
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell, write
from pages.ui.layout import columns, segments
from pages.ui.words import N_, _, bracketed, number

TITLE = N_("One-hot × table, the book’s example")

IDS = range(6)
ROW, FIRST = "embeddings_row", 3
LIMIT = 2.84  # the largest number of the table


def draw(_reading: Reading, _chosen: Choices) -> None:
    """One-hot, the table and the row of the id that is chosen; its first number as a sum."""
    say("one_hot")
    id = segments(_("id"), IDS, first=FIRST, key=ROW, width="stretch")
    example = book.token_embedding((id,))
    of_table = [str(row) for row in IDS]
    pictures = (
        ("one_hot", [""], example.one_hot, ".0f", _("1 × 6: one-hot of {id}").format(id=id)),
        ("book_table", of_table, example.table, ".4f", _("6 × 3: the table")),
        ("book_row", [""], example.product, ".4f", _("1 × 3: row {id}").format(id=id)),
    )
    for column, (key, names, values, format, title) in zip(columns(4, 3, 3), pictures, strict=True):
        selected, height = (id, 300) if names is of_table else (None, 110)
        with column:
            write(f"**{title}**")
            vectors = names, values.numpy()
            show.strips(
                key, vectors, title, meaning="token", limit=LIMIT, selected=selected, format=format, height=height
            )
    summands = zip(example.one_hot[0].tolist(), example.table[:, 0].tolist(), strict=True)
    sums = " + ".join(f"{number(one, 0)} × {bracketed(weight, 4)}" for one, weight in summands)
    tell(_("First number of the product: {sum} = {result:.4f}"), sum=sums, result=float(example.product[0, 0]))


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices."""
    return {"row_of_book": session.get(ROW, FIRST)}
