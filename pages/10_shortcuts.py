"""Chapter 10: shortcuts add what a layer computed to what came in: gradients find their way back, words forward."""

import numpy as np
import pandas as pd

from gpt_core import GPTTrace
from gpt_core.examples import book
from gpt_core.measure import gradients, lens, stream
from pages import figures, show
from pages.experiments.shortcuts.stream_gradients import both_gradients, stations
from pages.figures import Axis, Beside, Measure, palette
from pages.services.classes.question import Choice
from pages.ui import caveats, chapter, guess
from pages.ui.chapter import Choices, Reading, check, tell, write
from pages.ui.story import beside
from pages.ui.words import N_, _

HEIGHT = 345
# Raschka, section 4.4: printed without shortcuts, the first layer first.
PRINTED = np.array(
    [0.00020173587836325169, 0.00012011159560643137, 0.0007152039906941354, 0.0013988736318424344, 0.005049645435065031]
)


def book_gradients() -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute gradients of the book's five layers, without shortcuts and with."""
    without, helped = (book.deep_network(shortcuts=shortcuts).mean_abs_gradients.numpy() for shortcuts in (False, True))
    return without, helped


def book_network(_reading: Reading, _chosen: Choices) -> None:
    """The book's five layers: gradients with shortcuts and without."""
    without, helped = book_gradients()
    write(f"**{_('The book’s five layers')}**")
    bars = figures.bars(
        helped,
        Axis([_("layer {number}").format(number=layer) for layer in range(len(helped))]),
        measure=Measure(_("mean |gradient| of the weights"), ".2~g", log=True),
        beside=Beside(without, (_("with shortcuts"), _("without"))),
        colour=palette.VALUE,
    )
    alt = _("The book’s five-layer network: gradients per layer, with shortcuts and without, on a logarithmic axis.")
    show.chart("book_gradients", bars, alt, height=HEIGHT)


def all_cut(reading: Reading) -> Reading:
    """The same text in this model without any shortcut."""
    return reading.under(gradients.without_shortcuts(reading.card.config.n_layers))


def damage(reading: Reading, _chosen: Choices) -> None:
    """What this model says comes next, with its shortcuts and with all of them cut."""
    write(f"**{_('This model, on your text')}**")
    both = reading.of(show.next_token_change, other=all_cut(reading), n=6)
    if not both.finite:
        return  # the sentence below says so
    bars = figures.bars(
        both.before.numpy(),
        Axis(show.pieces(both.ids), meaning="token"),
        measure=Measure(_("probability of the next token"), ".1%"),
        beside=Beside(both.after.numpy(), (_("with shortcuts"), _("without"))),
        colour=palette.VALUE,
    )
    alt = _("The likeliest next tokens of this model, with its shortcuts and with all of them cut.")
    show.chart("damage", bars, alt, height=HEIGHT, least=show.TWO_RUNS)


def other_answer(reading: Reading, _chosen: Choices) -> None:
    """What becomes of the first choice once every shortcut is cut."""
    both = reading.of(show.next_token_change, other=all_cut(reading), n=6)
    if not both.finite:
        tell(_("The numbers grew beyond what the computer can hold: there is no prediction any more."))
        return
    first, then = (show.pieces(both.ids)[int(probs.argmax())] for probs in (both.before, both.after))
    sentence = _("First choice with shortcuts: {first}, {before:.1%}; without: {then}. Of {first} is left {after:.1%}.")
    place = int(both.before.argmax())
    tell(sentence, first=first, then=then, before=float(both.before[place]), after=float(both.after[place]))


def times_more(_reading: Reading, _chosen: Choices) -> None:
    """What shortcuts do to the first layer of the book's network."""
    without, helped = book_gradients()
    tell(
        _(
            "The book’s first layer gets a gradient of {plain:.6f} without shortcuts, {helped:.4f} with them: "
            "{times:,} times more."
        ),
        plain=float(without[0]),
        helped=float(helped[0]),
        times=round(float(helped[0] / without[0])),
    )


def bits_a_token(trace: GPTTrace) -> float:
    """The mean surprise at the text."""
    return float(lens.surprise(trace.logits, trace.ids).mean())


def what_is_lost(reading: Reading, _chosen: Choices) -> None:
    """How much more this model is surprised at this text once every shortcut is cut."""
    if len(reading.ids) < 2:
        return
    tell(
        _(
            "This model without its shortcuts: its mean surprise at your text goes from {whole:.1f} to {cut:.1f} bits "
            "a token."
        ),
        whole=reading.of(bits_a_token),
        cut=all_cut(reading).of(bits_a_token),
    )
    caveats.note_untrained(reading)


def as_printed(_reading: Reading, _chosen: Choices) -> None:
    """The check: the book's numbers for the book's seed."""
    without, _helped = book_gradients()
    deviation = float(max(abs(without / PRINTED - 1)))
    check(
        deviation < 1e-5,
        _("The five gradients without shortcuts are those the book prints. Largest relative deviation: {n:tiny}."),
        n=deviation,
    )


def stream_is_a_sum(reading: Reading, _chosen: Choices) -> None:
    """The check: nothing but additions changes the stream."""
    summed = reading.of(stream.everything_added)
    unexplained = float((summed - reading.trace.blocks[-1].resid_post).abs().max())
    check(
        unexplained < 1e-3 * max(1.0, float(summed.abs().max())),
        _("The stream is a sum: embedding + all that was added = what leaves the last block. Deviation: {n:tiny}."),
        n=unexplained,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """Why a shortcut keeps a gradient alive: the 1."""
    chapter.formula(
        r"x' = x + f(x) \qquad\Rightarrow\qquad \frac{\partial x'}{\partial x} = 1 + \frac{\partial f}{\partial x}"
    )


STORY = (
    beside((1, book_network), (1, damage)),
    times_more,
    other_answer,
    what_is_lost,
    as_printed,
    stream_is_a_sum,
    formula,
)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """How many times as long the vector becomes, and half, twice and four times that."""
    lengths = stream.stream_lengths(reading.trace)[:, chosen.token]
    times = float(lengths[-1] / lengths[0])
    return guess.numbers(N_("{n:.1f} times as long"), times, times / 2, 2 * times, 4 * times)


def answer(reading: Reading, chosen: Choices) -> None:
    """How much longer the chosen token's stream becomes."""
    lengths = stream.stream_lengths(reading.trace)[:, chosen.token]
    tell(
        _(
            "The stream of {token} is {times:.2f} times as long when it leaves the last block as when it entered the "
            "first."
        ),
        token=reading.tokens[chosen.token],
        times=float(lengths[-1] / lengths[0]),
    )


CODE = (book.deep_network, gradients.gradients_by_layer, gradients.without_shortcuts, stream.everything_added)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """Station by station: the stream's mean length, and the gradients where there are any."""
    found: dict[str, object] = {
        _("station"): stations(reading),
        _("mean length of the stream"): stream.stream_lengths(reading.trace).mean(dim=-1).numpy(),
    }
    if len(reading.ids) >= 2:
        whole, cut = both_gradients(reading)
        found |= {_("gradient with shortcuts"): whole.mean_abs.numpy(), _("gradient without"): cut.mean_abs.numpy()}
    return pd.DataFrame(found)
