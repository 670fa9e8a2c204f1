"""What the glossary shows: words found, explained under their chapters, and beside their names elsewhere."""

import ast
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd
import streamlit as st

import gpt_core
from pages.ui import chapter, glossary
from pages.ui.glossary import Term, described, named
from pages.ui.layout import PERSIST
from pages.ui.words import LANGUAGES, _, language, literal

RIDDLE = ("attention score", "attention weight", "context vector")  # what others call by quite other names


def found(searched: str) -> list[Term]:
    """Terms that hold what was typed, all of them for nothing; the one that is called so comes first."""
    wanted = searched.strip()
    holding = [term for term in glossary.terms() if term.holds(wanted)]
    return sorted(holding, key=lambda term: not term.is_called(wanted))


def chosen_view() -> Callable[[list[Term]], None]:
    """What to show of the terms: their explanations, or their names in other people's code."""
    views = {_("Explanations"): explanations, _("Names elsewhere"): names_elsewhere}
    names = list(views)
    place = st.segmented_control(
        _("Show"), range(len(names)), format_func=lambda i: names[i], default=0, required=True,
        key="experiment glossary", label_visibility="collapsed", width="stretch", persist_state=PERSIST,
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
    """The names beside the words, whole, in type that grows with the page's."""
    whole = table(terms)
    languages = [name for name in whole if name in LANGUAGES.values()]
    words = pd.Index([named(term) for term in terms], name=" · ".join(languages))
    st.table(whole.drop(columns=languages).map(literal).set_index(words))


@lru_cache
def given() -> frozenset[str]:
    """Names that `gpt_core` gives to classes, functions, arguments and fields; those within a function do not count."""
    found = set()
    for path in Path(gpt_core.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
    return frozenset(found)


def names_in_code() -> tuple[list[str], list[str]]:
    """The names that the glossary gives as ours, and those of them that nothing in this project bears."""
    named = [name for term in glossary.terms() for name in term.names.get("here", "").split(", ") if name]
    return named, [name for name in named if name not in given()]


def reveal() -> None:
    """The three tensors of attention under everybody's names."""
    dictionary([term for term in glossary.terms() if term.term["en"] in RIDDLE])
