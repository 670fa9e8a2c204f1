"""What the glossary shows: words found, explained under their chapters, and beside their names elsewhere."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass

import pandas as pd
import streamlit as st

from gpt_core import GPT, trace
from pages.ui import chapter, glossary
from pages.ui.glossary import Term, described
from pages.ui.words import LANGUAGES, _, language, literal

RIDDLE = ("attention score", "attention weight", "context vector")  # what others call by quite other names


def found(searched: str) -> list[Term]:
    """Terms that hold what was typed, all of them for nothing."""
    wanted = searched.strip()
    return [term for term in glossary.terms() if term.holds(wanted)]


def chosen_view() -> Callable[[list[Term]], None]:
    """What to show of the terms: their explanations, or their names in other people's code."""
    views = {_("Explanations"): explanations, _("Names elsewhere"): names_elsewhere}
    names = list(views)
    place = st.segmented_control(
        _("Show"), range(len(names)), format_func=lambda i: names[i], default=0, required=True,
        key="experiment glossary", label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    return views[names[place or 0]]


def explanations(terms: list[Term]) -> None:
    """The terms under their chapters, each of which is a link."""
    if not terms:
        st.markdown(_("No word here holds this."))
    files = {chapter.name_of(file): file for file in chapter.files()}
    for name in dict.fromkeys(term.chapter for term in terms):
        if name in files:
            st.page_link(f"{files[name]}.py", label=f"**{chapter.title(files[name])}** →")
        st.markdown("\n".join(described(term) for term in terms if term.chapter == name))


def table(terms: list[Term]) -> pd.DataFrame:
    """A line for each term: its words, and its names in code."""
    names = {
        "here": _("here"),
        "book": _("the book"),
        "gpt2": "GPT-2",
        "nanogpt": "nanoGPT",
        "transformer_lens": "TransformerLens",
    }
    order = sorted(LANGUAGES, key=lambda code: code != language())
    rows = [
        {LANGUAGES[code]: term.term[code] for code in order}
        | {title: term.names.get(name, "") for name, title in names.items()}
        for term in terms
    ]
    return pd.DataFrame(rows, columns=[*(LANGUAGES[code] for code in order), *names.values()])


def names_elsewhere(terms: list[Term]) -> None:
    """Only terms that have a name in somebody's code, not in the book alone."""
    chapter.say("names")
    dictionary([term for term in terms if term.names.keys() - {"book"}])


def dictionary(terms: list[Term]) -> None:
    """The names beside the reader's own word, whole, in type that grows with the page's."""
    named = table(terms).drop(columns=[name for code, name in LANGUAGES.items() if code != language()])
    st.table(named.set_index(LANGUAGES[language()]).map(literal))


def names_in_code(model: GPT) -> tuple[list[str], list[str]]:
    """The names that the glossary gives as ours, and those of them that nothing in this project bears."""
    records = [thing for thing in vars(trace).values() if isinstance(thing, type)]
    borne = {field.name for record in records if is_dataclass(record) for field in fields(record)}
    borne |= {name for record in records for name in dir(record)} | {type(model).__name__}
    borne |= {field.name for field in fields(model.config)} | set(dir(model.config))
    borne |= {part for name, _module in model.named_modules() for part in name.split(".")}
    borne |= {part for name, _parameter in model.named_parameters() for part in name.split(".")}
    named = [name for term in glossary.terms() for name in term.names.get("here", "").split(", ") if name]
    return named, [name for name in named if name not in borne]


def reveal() -> None:
    """The three tensors of attention under everybody's names."""
    dictionary([term for term in glossary.terms() if term.term["en"] in RIDDLE])
