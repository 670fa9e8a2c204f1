"""x · W: queries, keys and values as matrix products, cell by cell, in the book's numbers and this model's."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core.examples.book import JOURNEY, WORDS
from gpt_core.examples.book_matrices import inputs, trainable_matrices
from gpt_core.measure import projection
from gpt_core.measure.projection import ROLES, Projection, Role
from pages import figures, show
from pages.experiments.self_attention import written_sums
from pages.figures import Axis, Cells, Label, Masked, Scale, visible
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, say, tell, write
from pages.ui.components.chart import Click
from pages.ui.layout import columns, segments, slider
from pages.ui.words import N_, _, number

TITLE = N_("x · W, cell by cell")

SOURCE, ROLE, FILLED = "self_attention_product", "self_attention_role", "self_attention_filled"
BOOK, MODEL = "book", "model"
FIRST = JOURNEY * 2 + 1  # cells that are filled at first: the one below is the first that the book prints
FEW = 6  # numbers of a row that are written into their cells
SHOWN = 24  # rows of x that are drawn, the last of them
VECTORS: dict[Role, str] = {"query": N_("Query"), "key": N_("Key"), "value": N_("Value")}
NAMES: dict[Role, str] = {"query": N_("queries"), "key": N_("keys"), "value": N_("values")}


class Product(NamedTuple):
    """A product that is drawn, whose rows are which tokens, and the same product by another road."""

    made: Projection
    rows: list[Label]
    again: Tensor


def own_product(reading: Reading, layer: int, head: int, role: Role) -> Product:
    """This text through one head's matrix; of a long text its last tokens."""
    at = {"layer": layer, "head": head, "role": role}
    made, again = reading.of(projection.of_head, **at), reading.of(projection.by_torch, **at)
    shown = Projection(made.inputs[-SHOWN:], made.weight, made.bias, made.product[-SHOWN:])
    return Product(shown, list(reading.tokens[-SHOWN:]), again[-SHOWN:])


def book_product(role: Role) -> Product:
    """The book's six words, without a bias."""
    x, W = inputs(), trainable_matrices()[ROLES.index(role)]
    made = Projection(x, W, W.new_zeros(W.shape[1]), x @ W)
    again = (x.double()[:, :, None] * W.double()[None]).sum(dim=1)
    return Product(made, list(WORDS), again)


def draw(reading: Reading, chosen: Choices) -> None:
    """Three matrices on one scale, as many cells of the product as are filled, and the sum of the last of them."""
    say("projections")
    sources = {BOOK: _("the book"), MODEL: _("this model")}
    left, middle, right = columns(4, 5, 3)  # none of the names may be cut on the wall
    source = segments(_("Numbers of"), list(sources), format_func=sources.__getitem__, key=SOURCE, place=left)
    role = segments(_("Matrix"), list(ROLES), format_func=lambda role: f"W_{role}", key=ROLE, place=middle)
    is_book = source == BOOK
    found = book_product(role) if is_book else own_product(reading, chosen.layer, chosen.head, role)
    made, rows, again = found
    n_cells, n_out = made.product.numel(), made.product.shape[1]
    key = f"{FILLED} {source}"
    first = FIRST if is_book else n_cells - n_out + 1
    filled = slider(_("Cells that are filled"), 1, n_cells, first, key=key, place=right)
    at = divmod(filled - 1, n_out)
    draw_matrices(made, rows, role, at, key)
    tell_cell(made, rows, role, at)
    off = float((made.product.double() - again).abs().max()) / max(1.0, float(again.abs().max()))
    written = abs(made.written(*at).total + float(made.bias[at[1]]) - float(again[at]))
    if is_book:
        sentence = _("Each product written out in double precision gives the same: the deviation is at most {n:tiny}.")
    else:
        sentence = _("PyTorch’s functions, from the stream and the weights, give the same: they differ by {n:tiny}.")
    check(max(off, written) < 1e-4, sentence, n=max(off, written))


def draw_matrices(made: Projection, rows: list[Label], role: Role, at: tuple[int, int], key: str) -> None:
    """x, W and as much of their product as is filled."""
    row, column = at
    few = made.weight.shape[0] <= FEW
    x, W, out = made.inputs.numpy(), made.weight.numpy(), made.product.numpy()
    n_out = W.shape[1]
    empty = np.arange(out.size).reshape(out.shape) > row * n_out + column
    limit = float(max(np.abs(one).max() for one in (x, out)))
    colours = Scale("signed", limit=limit, bar=False)
    weights = colours if few else Scale("signed", bar=False)
    cells, digits = (Cells(".2f", shown=True), Cells(".4f", shown=True)) if few else (Cells(), Cells())
    tokens, dims = Axis(rows, meaning="token"), Axis.numbered(W.shape[0])
    numbers = Axis.numbered(n_out, meaning=role)
    pictures = (
        figures.heatmap(x, tokens, dims, scale=colours, selected=(row, None), cells=cells),
        figures.heatmap(W, Axis.numbered(W.shape[0]), numbers, scale=weights, selected=(None, column), cells=digits),
        figures.heatmap(
            out,
            tokens,
            numbers,
            scale=colours,
            masked=Masked(empty, _("not filled yet")) if empty.any() else None,
            selected=at,
            cells=digits,
        ),
    )
    heads = (f"x [{x.shape[0]} × {x.shape[1]}]", f"· W_{role} [{W.shape[0]} × {n_out}]", f"= {_(NAMES[role])}")
    alts = (
        _("x: a row for each token, each {n} wide; the row in use is framed.").format(n=x.shape[1]),
        _("The matrix; its column in use is framed."),
        _("The product, filled up to cell {filled} of {all}, which is {value}.").format(
            filled=row * n_out + column + 1, all=out.size, value=number(float(out[at]), 4)
        ),
    )

    def fill(click: Click) -> None:
        session.set(key, round(float(click.y)) * n_out + round(float(click.x)) + 1)

    for place, picture, head, alt, id in zip(columns(3, 2, 2), pictures, heads, alts, "xwq", strict=True):
        with place:
            write(f"**{head}**")
            name = f"product_{id}_{key.rpartition(' ')[2]}"
            show.chart(name, picture, alt, height=330, on_click=fill if id == "q" else None)


def tell_cell(made: Projection, rows: list[Label], role: Role, at: tuple[int, int]) -> None:
    """The cell that was filled last, as the sum it is."""
    row, column = at
    sentence = _("{vector} of {token}, **number {i}**: row × column, the largest terms first")
    tell(sentence, i=column, vector=_(VECTORS[role]), token=rows[row])
    total, bias = made.written(row, column).total, float(made.bias[column])
    x, w = made.inputs[row], made.weight[:, column]
    write(written_sums.equation(x, w, total, digits=4))
    if bias:
        tell(_("with its bias: {sum:.4f} + {bias:.4f()} = **{result:.4f}**"), sum=total, bias=bias, result=total + bias)


def answer(reading: Reading, chosen: Choices) -> None:
    """How many cells there are, and how many multiplications each one takes."""
    made = reading.of(projection.of_head, layer=chosen.layer, head=chosen.head, role="query")
    dim = len(made.weight)
    tell(
        _("{cells:,} × {dim:,} = {all:,} for the queries of one head, three times as many with keys and values."),
        cells=made.product.numel(),
        dim=dim,
        all=made.product.numel() * dim,
    )


CODE = (projection.of_head, projection.Projection, trainable_matrices)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Query, key and value of every token in the chosen head."""
    parts = {
        role: reading.of(projection.of_head, layer=chosen.layer, head=chosen.head, role=role).product.numpy()
        for role in ROLES
    }
    found: dict[str, object] = {_("token"): [f"{i} {visible(token)}" for i, token in enumerate(reading.tokens)]}
    for role, numbers in parts.items():
        found |= {f"{_(role)} {i}": numbers[:, i] for i in range(numbers.shape[1])}
    return pd.DataFrame(found)
