"""Pictures by meaning: a head's attention, one number for each head, candidates, vectors, a logit taken apart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from gpt_core.measure import difference
from gpt_core.measure.difference import NextTokenChange
from gpt_core.measure.distribution import RankGroup
from gpt_core.measure.lens import Contributions
from pages import figures
from pages.figures import Axis, Beside, Cells, Label, Masked, Measure, Picture, Scale, palette, visible
from pages.figures.labels import is_invisible
from pages.services.reading import Reading, tokenizer
from pages.ui import choices, layout, session, shown, tables, told
from pages.ui.chapter import tell, write
from pages.ui.choices import Choices
from pages.ui.components import chart as component
from pages.ui.components.chart import Click
from pages.ui.shown import Drawn
from pages.ui.words import _, language, number

Numbers = NDArray[np.floating]
Heard = Callable[[Click], None]

SHORT_TITLES = "short"  # query, key
LONG_TITLES = "long"  # what they are, for who meets them for the first time
TWO_RUNS = 0.54  # of a wall's height, or the numbers at the ends of two times six bars would be small


def chart(
    key: str,
    figure: Picture,
    alt: str,
    content: str = "",
    *,
    height: int | None = None,
    on_click: Heard | None = None,
    table: Callable[[], pd.DataFrame] | None = None,
    least: float | None = None,
) -> Click | None:
    """Any figure under its key, with what it shows in words, and the `content` of these numbers (else their extremes).

    The experiment's tables have its numbers, or the `table` where those are mere shades. On a wall it has at least
    `least` of the screen's height.
    """
    tables.add(alt, table or figure.numbers)
    content = content or ("" if table else _said_of(figure))
    shown.drawn(lambda step: Drawn(step, key, alt, content, figure, height, table or figure.numbers))
    words = f"{alt} {content}".rstrip()
    return component.chart(figure, key=key, alt=words, height=height, on_click=on_click, least=least)


def _said_of(figure: Picture) -> str:
    """What a picture's numbers say in the reader's language; of one that is kept, this is found once."""
    said = {} if figure.said is None else figure.said
    if language() not in said:
        said[language()] = told.of_table(tables.headed(figure.numbers()))
    return said[language()]


def attention(
    key: str,
    weights: Numbers,
    tokens: Sequence[Label],
    alt: str,
    *,
    masked: NDArray[np.bool_] | Masked | None = None,
    selected: tuple[int, int] | None = None,
    scale: Scale | None = None,
    titles: str | tuple[str, str] = SHORT_TITLES,
    cells: Cells | None = None,
    square: bool = True,
    height: int | None = None,
    on_click: Heard | None = None,
) -> None:
    """A head's weights [query, key] over the text, or what else `scale` and `titles` say of every two.

    Cells that `masked` marks are grey and say that they come later, or what the `Masked` says.
    """
    query, asked = (_("query"), _("key"))
    if titles == LONG_TITLES:
        query, asked = _("query: the token that asks"), _("key: the token it looks at")
    elif isinstance(titles, tuple):
        query, asked = titles
    elif not titles:
        query = asked = ""
    if isinstance(masked, np.ndarray):
        masked = Masked(masked, _("masked: it comes later"))
    shares = scale is None or scale.kind == "probability"
    content = told.of_cells(
        np.asarray(weights),
        tokens,
        tokens,
        masked=masked.where if masked else None,
        selected=selected,
        writes=told.share if shares else told.plain,
    )
    figure = figures.heatmap(
        weights,
        Axis(tokens, query, "query"),
        Axis(tokens, asked, "key"),
        scale=scale or Scale("probability"),
        masked=masked,
        selected=selected,
        cells=cells or Cells(),
        square=square,
    )
    chart(key, figure, alt, content, height=height, on_click=on_click)


def by_layer_and_head(
    key: str,
    values: Numbers,
    alt: str,
    *,
    scale: Scale | None = None,
    selected: tuple[int, int] | None = None,
    named: bool = False,
    format: str = ".2f",
    numbers: bool = False,
    height: int | None = None,
) -> None:
    """One number for each head [layer, head]; a click chooses layer and head on every chapter.

    With `named`, every row and column says what it is; otherwise they are numbers under one title.
    """
    n_layers, n_heads = values.shape
    layers = [_("layer {n}").format(n=n) for n in range(n_layers)]
    heads = [_("head {n}").format(n=n) for n in range(n_heads)]
    if named:
        rows, columns = Axis(layers), Axis(heads)
    else:
        rows, columns = Axis.numbered(n_layers, _("layer")), Axis.numbered(n_heads, _("head"))
    figure = figures.heatmap(
        values,
        rows,
        columns,
        scale=scale or Scale("probability", bar=False),
        selected=selected,
        cells=Cells(format, shown=numbers),
    )
    content = told.of_cells(np.asarray(values), layers, heads, selected=selected)
    chart(key, figure, alt, content, height=height, on_click=choose_head)


def choose_head(click: Click) -> None:
    """For pictures with a layer in each row and a head in each column."""
    choices.choose_head(round(float(click.y)), round(float(click.x)))


def strips(
    key: str,
    vectors: Mapping[Any, Numbers] | tuple[Sequence[Label], Numbers],
    alt: str,
    *,
    title: str = "",
    rows: str = "",
    meaning: palette.AxisName = "plain",
    limit: float | None = None,
    selected: int | None = None,
    format: str | None = None,
    bar: bool | None = None,
    height: int | None = None,
    on_click: Heard | None = None,
) -> None:
    """Vectors as rows of cells, one colour for each number: blue below zero, orange above.

    `vectors` by name, or names and a matrix where two may be called the same; `format` writes numbers into the cells,
    and then no bar explains the colours unless `bar` says so.
    """
    if isinstance(vectors, Mapping):
        names, matrix = list(vectors), np.stack(list(vectors.values()))
    else:
        names, matrix = vectors
    figure = figures.heatmap(
        matrix,
        Axis(names, rows, meaning),
        Axis.numbered(matrix.shape[1], title),
        scale=Scale("signed", limit=limit, bar=format is None if bar is None else bar),
        selected=None if selected is None else (selected, None),
        cells=Cells(format, shown=True) if format else Cells(),
    )
    content = told.of_cells(np.asarray(matrix), names, Axis.numbered(matrix.shape[1]).labels)
    chart(key, figure, alt, content, height=height, on_click=on_click)


def candidates(
    key: str,
    tokens: Sequence[Label],
    probs: Any,
    alt: str,
    *,
    measure: Measure | None = None,
    beside: Beside | None = None,
    highlighted: int | None = None,
    faded: NDArray[np.bool_] | None = None,
    height: int | None = None,
    on_click: Heard | None = None,
    least: float | None = None,
) -> None:
    """Tokens that may come next as bars of their probabilities, beside those of another run where there is one."""
    figure = figures.bars(
        probs,
        Axis(tokens, meaning="token"),
        measure=measure or Measure(_("probability")),
        beside=beside,
        highlighted=highlighted,
        faded=faded,
    )
    as_share = measure is None or (measure.format or "").endswith("%")
    content = told.of_candidates(tokens, probs, writes=told.share if as_share else told.plain)
    chart(key, figure, alt, content, height=height, on_click=on_click, least=least)


def pieces(ids: Tensor) -> list[bytes]:
    """The bytes of each id, as labels for a figure."""
    return [tokenizer().token(id) for id in ids.tolist()]


def readable(ids: Sequence[int]) -> str:
    """The text of ids as a sentence to read: spaces as they are, what cannot be seen made visible."""
    text = tokenizer().decode(ids)
    return "".join(char if char == " " or not is_invisible(char) else visible(char) for char in text)


def rank_names(groups: Sequence[RankGroup], alone: str) -> list[str]:
    """Groups of tokens by rank, as labels; `alone` is for a group of one."""
    return [
        (alone if group.first == group.last else _("ranks {first} to {last}")).format(
            first=number(group.first), last=number(group.last)
        )
        for group in groups
    ]


def choose_candidate(tokens: Sequence[bytes], *, key: str) -> int:
    """A list to choose a candidate from; returns its place."""
    names = [f"{place + 1} · {visible(token)}" for place, token in enumerate(tokens)]
    return layout.choose(_("Candidate to follow"), range(len(tokens)), format_func=names.__getitem__, key=key)


def candidate_by_click(tokens: Sequence[bytes], *, key: str) -> Heard:
    """What a click on a bar does: its candidate becomes the one that `choose_candidate` shows."""

    def heard(click: Click) -> None:
        if round(float(click.y)) < len(tokens):
            session.set(key, round(float(click.y)))

    return heard


def decomposition(key: str, parts: Contributions, alt: str, *, height: int | None = None) -> None:
    """A logit taken apart: a row for each layer, a column for each head, its bias and its feed-forward."""
    n_layers, n_heads = parts.heads.shape
    table = np.column_stack([parts.heads.numpy(), parts.attention_bias.numpy(), parts.feed_forward.numpy()])
    heads = [_("head {n}").format(n=n) for n in range(n_heads)]
    figure = figures.heatmap(
        table,
        Axis([_("layer {n}").format(n=n) for n in range(n_layers)]),
        Axis([*heads, _("bias"), _("feed-forward")]),
        scale=Scale("signed", title=_("added to the logit")),
        cells=Cells(".2f", shown=n_heads <= 8),
    )
    chart(key, figure, alt, height=height or 130 + 40 * n_layers)


Run = tuple[str, Reading]  # what a reading is called beside another


def next_token_change(reading: Reading, other: Reading, n: int) -> NextTokenChange:
    """What two readings say comes next, compared."""
    return difference.next_token_change(reading.trace, other.trace, n)


def next_token_before_after(before: Run, after: Run, *, n: int = 6) -> NextTokenChange:
    """The `n` likeliest next tokens of two readings as bars, and in a sentence what changed."""
    (name, reading), (other_name, other) = before, after
    both = reading.of(next_token_change, other=other, n=n)
    if not both.finite:
        tell_next_token_change(both)
        return both
    tokens = pieces(both.ids)
    candidates(
        "next_token_before_after",
        tokens,
        both.before.numpy(),
        _("Bars: the likeliest next tokens, with their probability in both runs."),
        # A model that knows nothing yet gives each of its tokens less than a tenth of a percent.
        measure=Measure(_("probability of the next token"), ".1%" if float(both.before.max()) > 1e-3 else ".2~p"),
        beside=Beside(both.after.numpy(), (name, other_name)),
        least=TWO_RUNS,
    )
    tell_next_token_change(both)
    return both


def tell_next_token_change(both: NextTokenChange) -> None:
    """In a sentence, how much the probabilities changed, and whether the first choice did."""
    if not both.finite:
        tell(_("The numbers grew beyond what the computer can hold: there is no prediction any more."))
        return
    tokens = pieces(both.ids)
    choice, then = (tokens[int(probs.argmax())] for probs in (both.before, both.after))
    if choice == then:
        sentence = _("{moved:.1%} of all probability changed hands; the first choice is still {first}.")
    else:
        sentence = _("{moved:.1%} of all probability changed hands. First choice: {first} → {second}.")
    tell(sentence, moved=round(both.moved, 3), first=choice, second=then)


def attention_before_after(before: Run, after: Run, chosen: Choices) -> None:
    """The chosen head in two readings, side by side."""
    for side, (column, (name, reading)) in enumerate(zip(layout.pictures(1, 1), (before, after), strict=True)):
        att = reading.trace.blocks[chosen.layer].att
        with column:
            write(f"**{name}** · {_('layer')} {chosen.layer}, {_('head')} {chosen.head}")
            attention(
                f"attention_before_after_{side}",
                att.weights[chosen.head].numpy(),
                reading.tokens,
                _("Attention weights of the chosen head in this run."),
                masked=att.mask.numpy(),
                titles=LONG_TITLES,
                height=380,
            )
