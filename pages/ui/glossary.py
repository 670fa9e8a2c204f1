"""The terms of the road in every language, and where else they have other names: from assets/glossary.json."""

import json
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from pages.ui.words import ASSETS, _, language

PAGE = "17_glossary.py"


@dataclass(frozen=True)
class Term:
    """A word with its explanation in each language, its chapter, and its names in code here and elsewhere."""

    chapter: str
    term: dict[str, str]
    means: dict[str, str]
    names: dict[str, str]  # "here", "book", "gpt2", "nanogpt", "transformer_lens", where it has one

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


def described(term: Term) -> str:
    """A term and its explanation in the reader's language, with the word of the other language behind it."""
    here = language()
    others = [word for code, word in term.term.items() if code != here and word != term.term[here]]
    behind = f" · *{' · '.join(others)}*" if others else ""
    return f"- **{term.term[here]}**{behind} — {term.means[here]}"


def link(english: str) -> None:
    """A link to a term, by its English word: `glossary.link("attention weight")`."""
    (term,) = (term for term in terms() if term.term["en"] == english)
    word = term.term[language()]
    st.page_link(PAGE, label=word, icon="📖", query_params={"term": word})


def words_of(chapter: str) -> None:
    """The words of one chapter behind a button, each with its explanation."""
    entries = of_chapter(chapter)
    if entries:
        with st.popover(_("Words of this chapter"), icon="📖", type="tertiary"):
            st.markdown("\n".join(described(term) for term in entries))
            st.page_link(PAGE, label=_("All words"))
