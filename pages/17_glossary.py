"""Chapter 17: every word of the road, in English and French, and its names in other people's code."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from gpt_core import GPTConfig
from gpt_core.model.trace import AttentionTrace, BlockTrace
from pages.chapters import CHAPTERS
from pages.services.classes.question import Choice, choice
from pages.ui import chapter, glossary, guess, session
from pages.ui.chapter import Choices, Reading, check
from pages.ui.glossary import Term, described, named
from pages.ui.layout import segments, text_box
from pages.ui.story import beside
from pages.ui.words import LANGUAGES, N_, _, filled, language, literal, plural

RIDDLE = (
    "attention score",
    "scaled score",
    "attention weight",
    "context vector",
)  # what others call by quite other names
WEIGHTS = "attention weight"
ELSEWHERE = ("gpt2", "nanogpt", "transformer_lens")
TERM, VIEW = "term", "experiment glossary"
EXPLANATIONS, NAMES_ELSEWHERE = range(2)


def search(_reading: Reading | None, _chosen: Choices) -> None:
    """A box for a part of a word, in any language and anybody's code."""
    hint = _("logits, pattern, résiduel …")
    text_box(_("Search"), "", key=TERM, most=60, placeholder=hint, label_visibility="collapsed")


def view(_reading: Reading | None, _chosen: Choices) -> None:
    """What to show of the words: their explanations, or their names in other people's code."""
    views = {EXPLANATIONS: _("Explanations"), NAMES_ELSEWHERE: _("Names elsewhere")}
    said = views.__getitem__
    segments(_("Show"), list(views), format_func=said, key=VIEW, label_visibility="collapsed", width="stretch")


def words_found(_reading: Reading | None, _chosen: Choices) -> None:
    """The words that hold what was typed."""
    terms = glossary.found(session.get(TERM) or "")
    if session.get(VIEW) == NAMES_ELSEWHERE:
        chapter.say("names")
        _dictionary([term for term in terms if term.names.keys() - {"book"}])  # in somebody's code
    else:
        _explanations(terms)
    st.caption(filled(plural("{n:,} word", "{n:,} words", len(terms)), n=len(terms)))


def names_are_in_code(_reading: Reading | None, _chosen: Choices) -> None:
    """The check: what the glossary calls ours is."""
    ours, missing = glossary.names_in_code()
    check(not missing, _("All {n:,} names in the column “here” are names in this project’s code."), n=len(ours))


STORY = (beside((1, search), (1, view)), words_found, names_are_in_code)


def _explanations(terms: Sequence[Term]) -> None:
    """The terms under their chapters, each of which is a link."""
    if not terms:
        st.markdown(_("No word here holds this."))
    for row in CHAPTERS:
        here = [term for term in terms if term.chapter == row.id]
        if here:
            st.page_link(row.file, label=f"**{chapter.title(row)}** →")
            st.markdown("\n".join(described(term) for term in here))


def _dictionary(terms: Sequence[Term]) -> None:
    """The names beside the words, whole, in type that grows with the page's."""
    languages = [name for name in _names(terms) if name in LANGUAGES.values()]
    words = pd.Index([named(term) for term in terms], name=" · ".join(languages))
    st.table(_names(terms).drop(columns=languages).map(literal).set_index(words))


def _names(terms: Sequence[Term]) -> pd.DataFrame:
    """A line for each term: its words, and its names in code."""
    places = {
        "here": _("here"),
        "book": _("the book"),
        "gpt2": "GPT-2",
        "nanogpt": "nanoGPT",
        "transformer_lens": "TransformerLens",
    }
    order = sorted(LANGUAGES, key=lambda code: code != language())
    rows = [
        {LANGUAGES[code]: term.term[code] for code in order}
        | {title: term.names.get(place, "") for place, title in places.items()}
        for term in terms
    ]
    return pd.DataFrame(rows, columns=[*(LANGUAGES[code] for code in order), *places.values()])


def guesses(_reading: Reading | None, _chosen: Choices) -> list[Choice]:
    """Which names are those of the weights, and which of scores and context vectors."""
    named = {term.term["en"]: term.names for term in glossary.terms() if term.term["en"] in RIDDLE}
    orders = (WEIGHTS, *(name for name in RIDDLE if name != WEIGHTS))
    found = [" · ".join(named[name].get(code, "–") for code in ELSEWHERE) for name in orders]
    return guess.distinct(choice(N_("The weights are {names}"), names=names) for names in found)


def answer(_reading: Reading | None, _chosen: Choices) -> None:
    """The answer to the chapter's question: the tensors of attention under everybody's names."""
    _dictionary([term for term in glossary.terms() if term.term["en"] in RIDDLE])


def notebook(_reading: Reading | None, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    return {"ours": glossary.names_in_code()[0]}


CODE = (GPTConfig, AttentionTrace, BlockTrace)


def table(_reading: Reading | None, _chosen: Choices) -> pd.DataFrame:
    """The words that were found, and their names in code."""
    return _names(glossary.found(session.get(TERM) or ""))
