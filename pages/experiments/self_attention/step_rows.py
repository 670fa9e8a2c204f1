"""The picture of one query's way through attention: a row for each step, all over the same keys."""

from collections.abc import Sequence

from gpt_core.examples.book import SimpleAttention
from gpt_core.measure.written_sum import weighted
from pages import figures, show
from pages.experiments.self_attention.written_sums import Cell
from pages.figures import Axis, Label, Summands
from pages.show import Heard
from pages.ui import session
from pages.ui.components.chart import Click
from pages.ui.words import _, number


def draw_head(key: str, cell: Cell, *, chooses: str, digits: int = 2) -> None:
    """The steps of a head, with its mask; a click on a column sets the widget `chooses`."""
    att, at = cell.att, (cell.head, cell.query)
    steps = {
        _("scores"): att.scores[at],
        f"÷ √{att.queries.shape[-1]}": att.scaled[at],
        _("mask"): att.masked[at],
        _("softmax"): att.weights[at],
    }
    figure = figures.attention_steps(
        {name: row.numpy() for name, row in steps.items()},
        Axis(cell.tokens, _("key"), "key"),
        Summands(weighted(att.weights[at], att.values[cell.head]).numpy(), _("context")),
        selected=cell.key,
        n_scores=3,
        masked=att.mask[cell.query].numpy(),
        value_format=f".{digits}f",
        written=_written,
    )
    alt = _("Five rows over the same keys: scores, scaled, masked, softmax weights, weighted values and their sum.")
    show.chart(key, figure, alt, height=430, on_click=_choosing(chooses))


def draw_without_matrices(
    key: str, att: SimpleAttention, at: tuple[int, int], tokens: Sequence[Label], *, chooses: str, digits: int = 2
) -> None:
    """The same of words that ask, answer and give just as they are; `at` are the query and the chosen key."""
    query, chosen = at
    steps = {
        _("scores"): att.scores[query],
        _("÷ their sum"): att.normalised_by_sum[query],
        _("softmax"): att.weights[query],
    }
    figure = figures.attention_steps(
        {name: row.numpy() for name, row in steps.items()},
        Axis(tokens, _("key"), "key"),
        Summands(weighted(att.weights[query], att.inputs).numpy(), _("context")),
        selected=chosen,
        value_format=f".{digits}f",
        written=_written,
    )
    alt = _("Four rows over the same words: scores, scores divided by their sum, softmax weights, weighted words.")
    show.chart(key, figure, alt, height=400, on_click=_choosing(chooses))


def _written(value: float) -> str:
    return number(value, 0 if value == round(value) else 2)


def _choosing(widget: str) -> Heard:
    """What a click on a column does."""

    def choose(click: Click) -> None:
        if float(click.x).is_integer():  # the sum at the right is no key
            session.set(widget, int(click.x))

    return choose
