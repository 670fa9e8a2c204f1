"""Experiments on shortcuts: the book's five layers, this model's gradients, its growing stream, and the cut."""

import numpy as np
import streamlit as st

from gpt_core import Intervention
from gpt_core.examples import book
from gpt_core.measure import stream
from gpt_core.measure.gradients import StreamGradients, gradients_by_layer, without_shortcuts
from pages import figures
from pages.experiments import before_after
from pages.figures import palette
from pages.services.reading import Reading
from pages.services.shared import engine
from pages.ui import chapter
from pages.ui.choices import Choices
from pages.ui.components.chart import chart
from pages.ui.layout import choose, columns
from pages.ui.words import _, number

# Raschka, section 4.4: printed without shortcuts, the first layer first.
PRINTED = np.array(
    [0.00020173587836325169, 0.00012011159560643137, 0.0007152039906941354, 0.0013988736318424344, 0.005049645435065031]
)


def book_networks() -> tuple[book.DeepNetwork, book.DeepNetwork]:
    """The book's network without shortcuts, and with."""
    return (
        engine.cached(("book", "plain"), lambda: book.deep_network(shortcuts=False)),
        engine.cached(("book", "shortcuts"), lambda: book.deep_network(shortcuts=True)),
    )


def both_gradients(reading: Reading) -> tuple[StreamGradients, StreamGradients]:
    """This model's gradients on this text: as it is, and with every shortcut cut."""
    ids = reading.trace.ids
    cut = without_shortcuts(reading.card.config.n_layers)
    return (
        reading.once("gradients", work=lambda: gradients_by_layer(reading.model, ids)),
        reading.once("gradients", "cut", work=lambda: gradients_by_layer(reading.model, ids, cut)),
    )


def stations(reading: Reading) -> list[str]:
    """Where the stream was measured: as it enters the first block, and after each block."""
    after = [_("after block {number}").format(number=layer) for layer in range(reading.card.config.n_layers)]
    return [_("embedding"), *after]


def enough_tokens(reading: Reading) -> bool:
    """A gradient needs a next token to be surprised at; says so where there is none."""
    if len(reading.ids) < 2:
        st.info(_("This text is a single token: there is no next one to be surprised at, so no gradient. Type more."))
    return len(reading.ids) >= 2


def own_gradients(reading: Reading) -> None:
    """The gradient that reaches each station of this model's stream, with shortcuts and without."""
    st.markdown(f"**{_('This model, on your text')}**")
    if not enough_tokens(reading):
        return
    whole, cut = both_gradients(reading)
    chart(
        figures.lines(
            {_("with shortcuts"): whole.mean_abs.numpy(), _("without"): cut.mean_abs.numpy()},
            x_labels=[number(passed) for passed in range(len(whole.mean_abs))],
            x_title=_("blocks passed"),
            y_title=_("mean |gradient| of the stream"),
            colours={_("with shortcuts"): palette.VALUE, _("without"): palette.NEUTRAL},
            log_y=True,
            value_format=".2~g",
        ),
        key="own_gradients",
        alt=_("This model on this text: the gradient of the stream at each depth, with shortcuts and without."),
        height=345,
    )


def tell_what_is_lost(reading: Reading) -> None:
    """How much more this model is surprised at this text once every shortcut is cut."""
    if len(reading.ids) < 2:
        return
    whole, cut = both_gradients(reading)
    chapter.tell(
        _("This model without its shortcuts: its mean surprise at your text goes from {whole} to {cut} bits a token."),
        whole=number(whole.bits, 1),
        cut=number(cut.bits, 1),
    )


def growth(reading: Reading, chosen: Choices) -> None:
    """Length of the stream by depth and token."""
    lengths = stream.stream_lengths(reading.trace).numpy()
    chart(
        figures.heatmap(
            lengths,
            rows=stations(reading),
            columns=reading.tokens,
            scale="sequential",
            limit=float(np.quantile(lengths, 0.95)),
            row_axis="plain",
            column_axis="token",
            value_title=_("length"),
            value_format=".1f",
            show_values=len(reading.ids) <= 12,
        ),
        key="growth",
        alt=_("Length of the residual stream for each token (columns) as it passes the blocks (rows)."),
        height=380,
    )
    at = lengths[:, chosen.token]
    chapter.tell(
        _("{token} enters with length {start} and leaves with {end}; the longest here is {longest}, of {who}."),
        token=reading.tokens[chosen.token],
        start=number(float(at[0]), 1),
        end=number(float(at[-1]), 1),
        longest=number(float(lengths.max()), 1),
        who=reading.tokens[int(lengths.max(axis=0).argmax())],
    )
    chapter.say("growth")


def cut(reading: Reading) -> None:
    """Cut the shortcuts of all blocks or of one, and compare what comes next."""
    n_layers = reading.card.config.n_layers
    which = choose(
        _("Cut the shortcuts of"),
        range(-1, n_layers),
        format_func=lambda layer: _("all blocks") if layer < 0 else _("block {number}").format(number=layer),
        key=f"shortcuts_cut {reading.name}",
    )
    change = without_shortcuts(n_layers) if which < 0 else Intervention(shortcuts_off={(which, 1), (which, 2)})
    broken = reading.changed(change)
    before_after.next_token(
        (_("with shortcuts"), reading, reading.trace), (_("without"), reading, broken), change=("shortcuts", which)
    )
    chapter.say("cut")


def token_gradients(reading: Reading, chosen: Choices) -> None:
    """Length of the gradient by depth and token, with shortcuts and without."""
    if not enough_tokens(reading):
        return
    names = (_("with shortcuts"), _("without"))
    both = both_gradients(reading)
    felt = np.concatenate([found.norms[found.norms > 0].numpy() for found in both])
    limit = (float(felt.min(initial=np.inf)), float(felt.max(initial=0))) if felt.size else None
    for column, name, found in zip(columns(1, 1), names, both, strict=True):
        with column:
            st.markdown(f"**{name}**")
            chart(
                figures.heatmap(
                    found.norms.numpy(),
                    rows=stations(reading),
                    columns=reading.tokens,
                    scale="logarithmic",  # what enters the first block is often far above all others
                    limit=limit,  # one for both
                    masked=found.norms.numpy() == 0,
                    masked_label="0",
                    row_axis="plain",
                    column_axis="token",
                    value_title=_("gradient (log)"),
                    value_format=".2e",
                ),
                key=f"token_gradients_{name}",
                alt=_(
                    "Length of the gradient for each token (columns) at each depth (rows), coloured by its logarithm."
                ),
                height=360,
            )
    chapter.say("gradients")


def book_outputs() -> None:
    """What each of the book's five layers gives out."""
    outputs = [[out.abs().mean().item() for out in network.outputs] for network in book_networks()]
    chart(
        figures.lines(
            {_("with shortcuts"): outputs[1], _("without"): outputs[0]},
            x_labels=[_("layer {number}").format(number=layer) for layer in range(len(outputs[0]))],
            y_title=_("mean |output|"),
            colours={_("with shortcuts"): palette.VALUE, _("without"): palette.NEUTRAL},
        ),
        key="book_outputs",
        alt=_("The outputs of the book’s five layers, with shortcuts and without."),
        height=340,
    )
    chapter.say("book")


def reveal(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question."""
    lengths = stream.stream_lengths(reading.trace)[:, chosen.token]
    chapter.tell(
        _("The stream of {token} is {times} times as long when it leaves the last block as when it entered the first."),
        token=reading.tokens[chosen.token],
        times=number(float(lengths[-1] / lengths[0]), 2),
    )


def table(reading: Reading) -> dict[str, object]:
    """Station by station: the stream's mean length, and the gradients where there are any."""
    columns_ = {
        _("station"): stations(reading),
        _("mean length of the stream"): stream.stream_lengths(reading.trace).mean(dim=-1).numpy(),
    }
    if len(reading.ids) >= 2:
        whole, cut_off = both_gradients(reading)
        columns_[_("gradient with shortcuts")] = whole.mean_abs.numpy()
        columns_[_("gradient without")] = cut_off.mean_abs.numpy()
    return columns_
