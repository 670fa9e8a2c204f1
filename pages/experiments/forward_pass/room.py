"""Room against model: everybody types the next word, and its bits are those that a distribution needs for it."""

from math import inf, log2

import streamlit as st

from pages import figures, show
from pages.experiments.forward_pass import predictions
from pages.figures import Axis, Beside
from pages.services.classes.classroom import LONGEST_WORD
from pages.services.classes.question import Question
from pages.services.reading import read
from pages.ui import guessing, in_class
from pages.ui.chapter import Choices, Reading, note, say, tell
from pages.ui.layout import text_box
from pages.ui.words import N_, _

TITLE = N_("Room against model")
MOST = 8  # words of the room that are compared, and
OF_MODEL = 3  # of the model


def draw(reading: Reading, _chosen: Choices) -> None:
    """The words of the room beside what the model gives them, and both scored by the word that really follows."""
    say("room")
    counts = words_of_room(reading)
    if not counts:
        return
    n = sum(counts.values())
    words = list(dict.fromkeys([*list(counts)[:MOST], *favourites(reading)]))
    bits = [bits_of(reading, word) for word in words]
    if any(one is None for one in bits):
        note(_("Words can be scored where the text ends with a word and leaves the model room for one more."))
        return
    given = [2.0 ** -(one or 0.0) for one in bits]
    beside = Beside(given, (_("the room"), _("the model")))
    bars = figures.bars([counts.get(word, 0) / n for word in words], Axis(words), beside=beside)
    show.chart("room", bars, _("Bars: what share of the room said each word, and what the model gives it."))
    truth = text_box(_("The word that really follows"), "", key="forward_truth", most=LONGEST_WORD).strip()
    if truth:
        tell_score(truth, counts.get(truth.lower(), 0) / n, bits_of(reading, truth) or inf)


def tell_score(truth: str, share: float, bits: float) -> None:
    """How many bits the true word costs the room and the model: −log₂ of what each gave it."""
    if share:
        sentence = _(
            "{word}: the room gave it {share:.1%}, {room:.1f|bit|bits}; the model {given:.1%}, {bits:.1f|bit|bits}."
        )
        tell(sentence, word=truth, share=share, room=-log2(share), given=2.0**-bits, bits=bits)
    else:
        sentence = _(
            "{word}: nobody said it, and no number of bits is enough; "
            "the model gave it {given:.1%}, {bits:.1f|bit|bits}."
        )
        tell(sentence, word=truth, given=2.0**-bits, bits=bits)


def words_of_room(reading: Reading) -> dict[str, int]:
    """The words and how many said each, the most frequent in front: the class's after the reveal, else one's own."""
    here = in_class.standing()
    if here is None or (here.alone and not here.teaches):
        own = text_box(_("Your next word"), "", key="forward_word", most=LONGEST_WORD).strip().lower()
        return {own: 1} if own else {}
    asked = here.state.question if here.state else None
    if asked and asked.for_a_word and asked.text == reading.text:
        return guessing.words_said(here, asked)
    if here.teaches:
        question = Question("forward_pass", text=reading.text)
        st.button(_("Ask the class for the next word"), on_click=in_class.ask, args=(question,), key="ask_word")
    return {}


def favourites(reading: Reading) -> list[str]:
    """The model's first whole-looking words after the text."""
    best = reading.trace.next_logits.topk(4 * OF_MODEL).indices
    words = [piece.decode("utf-8", "replace") for piece in show.pieces(best)]
    return [word.strip().lower() for word in words if word[:1] == " " and word.strip().isalpha()][:OF_MODEL]


def bits_of(reading: Reading, word: str) -> float | None:
    """How many bits a word costs the model after the text: the sum over its tokens. None where it cannot be said."""
    longer = read(reading.name, f"{reading.text} {word}", session=reading.session, special=reading.special)
    n = len(reading.ids)
    if longer.ids[:n] != reading.ids or longer.n_tokens > len(longer.ids) or len(longer.ids) == n:
        return None
    return float(longer.of(predictions.surprise)[n - 1 :].sum())
