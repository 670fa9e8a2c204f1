"""The terms of the road in every language, and where else they have other names: from assets/glossary.json."""

import ast
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

import gpt_core
from pages.chapters import chapter_of
from pages.ui.words import ASSETS, _, language, literal


@dataclass(frozen=True)
class Term:
    """A word with its explanation in each language, its chapter, and its names in code here and elsewhere."""

    chapter: str
    term: dict[str, str]
    means: dict[str, str]
    names: dict[str, str]  # "here", "book", "gpt2", "nanogpt", "transformer_lens", where it has one

    def is_called(self, word: str) -> bool:
        """Whether `word` is this very term, in any language, capitals or not."""
        return word.casefold() in {text.casefold() for text in self.term.values()}

    def holds(self, part: str) -> bool:
        """Whether `part` is in one of its names or explanations, in any language, capitals or not."""
        texts = [*self.term.values(), *self.means.values(), *self.names.values()]
        return any(part.casefold() in text.casefold() for text in texts)


@lru_cache
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the chapters."""
    return tuple(Term(**entry) for entry in json.loads((ASSETS / "glossary.json").read_text("utf-8")))


def of_chapter(name: str) -> list[Term]:
    return [term for term in terms() if term.chapter == name]


def found(searched: str) -> list[Term]:
    """Terms that hold what was typed, all of them for nothing; the one that is called so comes first."""
    wanted = searched.strip()
    return sorted((term for term in terms() if term.holds(wanted)), key=lambda term: not term.is_called(wanted))


@lru_cache
def given() -> frozenset[str]:
    """Names that `gpt_core` gives to classes, functions, arguments and fields; those within a function do not count."""
    names = set()
    for path in Path(gpt_core.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                    names.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Attribute(attr=name, ctx=ast.Store()):
                    names.add(name)
    return frozenset(names)


def names_in_code() -> tuple[list[str], list[str]]:
    """The names that the glossary gives as ours, and those of them that nothing in this project bears."""
    ours = [name for term in terms() for name in term.names.get("here", "").split(", ") if name]
    return ours, [name for name in ours if name not in given()]


def named(term: Term) -> str:
    """A term in the reader's language, with the word of the other language behind it."""
    here = language()
    others = [literal(word) for code, word in term.term.items() if code != here and word != term.term[here]]
    behind = f" · *{' · '.join(others)}*" if others else ""
    return f"**{literal(term.term[here])}**{behind}"


def described(term: Term) -> str:
    """A term and its explanation, in a line of a list."""
    return f"- {named(term)} — {term.means[language()]}"


def link(term: Term) -> None:
    """A link to a term's own entry. Its address names nothing else: the session keeps what else the reader chose."""
    if glossary := chapter_of("glossary"):
        entry = {"term": term.term[language()]}
        st.page_link(glossary.file, label=f"{named(term)} →", query_params=entry)
    else:
        st.markdown(named(term))


def words_of(chapter: str) -> None:
    """The words of one chapter behind a button, each with its explanation and leading to its entry."""
    entries = of_chapter(chapter)
    if entries:
        with st.popover(_("Words of this chapter"), icon="📖", type="tertiary"):
            for term in entries:
                with st.container(gap=None):
                    link(term)
                    st.markdown(term.means[language()])
            if glossary := chapter_of("glossary"):
                st.page_link(glossary.file, label=_("All words"))
