"""Chapter 1: a text becomes bytes, bytes merge into tokens, and each token has a number."""

from itertools import accumulate

import pandas as pd
import streamlit as st

from gpt_core import Tokenizer
from gpt_core.tokenizer.bpe import TokenizerTrace, Word
from gpt_core.tokenizer.vocabulary import END_OF_TEXT
from pages.experiments.tokens.rows import seen, tokenized
from pages.figures import visible
from pages.services.classes.question import Choice
from pages.services.reading import tokenizer
from pages.ui import chapter, guess, session, shown, sums
from pages.ui.chapter import Choices, Reading, check, inform, say, tell
from pages.ui.components import chips
from pages.ui.components.chips import Row
from pages.ui.layout import columns, slider
from pages.ui.story import beside
from pages.ui.sums import Sum
from pages.ui.words import N_, _, number, plural


def typed_mark(reading: Reading, _chosen: Choices) -> None:
    """A word to the reader who has typed the end-of-text mark."""
    if END_OF_TEXT in reading.text and not reading.special:
        inform(_("A typed end-of-text mark is ordinary text, unless you have it read as the special token."))


def word_in_focus(traced: TokenizerTrace, token: int) -> tuple[Word, bool]:
    """The word that the token belongs to, and True; where nothing merges in it the one with most merges, and False."""
    ends = accumulate(len(word.ids) for word in traced.words)
    own = next(word for word, end in zip(traced.words, ends, strict=True) if end > token)
    return (own, True) if own.merges else (max(traced.words, key=lambda word: len(word.merges)), False)


def shown_word(reading: Reading, chosen: Choices) -> tuple[Word, bool]:
    """The word whose merges are shown, and whether it is that of the token in focus."""
    return word_in_focus(reading.of(tokenized, text=reading.text, special=reading.special), chosen.token)


def step_key(word: Word) -> str:
    """Under which the session keeps how many merges of a word are done: a slider for each number of merges."""
    return f"tokens_step {len(word.merges)}"


def one_merge(reading: Reading, chosen: Choices) -> None:
    """One merge of the word in words, chosen with a slider."""
    word, _own = shown_word(reading, chosen)
    n = len(word.merges)
    if not n:
        tell(
            _("{mark} is one special token: nothing merges in it.")
            if word.text == END_OF_TEXT
            else _("No two bytes of this text merge: every byte is a token of its own."),
            mark=END_OF_TEXT.encode(),
        )
        return
    left, right = columns(2, 1)
    with right:
        label, step = _("Merges done"), n
        if n > 1:
            step = slider(label, 0, n, n, key=step_key(word), label_visibility="collapsed")
    with left:
        if not step:
            tell(_("{word} as its bytes; nothing has merged yet."), word=word.text.encode())
            return
        merge = word.merges[step - 1]
        tell(
            _("Merge {step} of {n}: {left} and {right} become {result}, the pair with the lowest rank, {rank:,}."),
            step=step,
            n=n,
            left=merge.left,
            right=merge.right,
            result=merge.result,
            rank=merge.rank,
        )


def merges(reading: Reading, chosen: Choices) -> None:
    """The word from single bytes to tokens, a row for each merge done."""
    word, _own = shown_word(reading, chosen)
    first, *later = word.stages
    rows = [Row(_("token") if word.text == END_OF_TEXT and not word.merges else _("bytes"), seen(first), plain=True)]
    for merge, parts in list(zip(word.merges, later, strict=True))[: session.get(step_key(word), len(later))]:
        rows.append(Row(_("rank {rank}").format(rank=number(merge.rank)), seen(parts), marked=(merge.at,)))
    chips.draw(rows, key="merges", label=_("The parts of the word after each merge."), growing=True)


def tokens_and_ids(reading: Reading, chosen: Choices) -> None:
    """Every token of the text with its id and its bytes."""
    shown.grid(table(reading, chosen))
    st.dataframe(
        table(reading, chosen),
        hide_index=True,
        height=371 if len(reading.ids) > 11 else "auto",  # eleven whole rows: no half row, no empty ones
        row_height=30,
        width="stretch",
        column_config={_("place"): {"width": 112 if chosen.present else 80}},
    )


def token_in_focus(reading: Reading, chosen: Choices) -> None:
    """The token in focus in one sentence, and whether its merges are those shown."""
    token = reading.tokens[chosen.token]
    sentence = plural(
        "{token} has the id {id} and is made of {n} byte: {bytes}.",
        "{token} has the id {id} and is made of {n} bytes: {bytes}.",
        len(token),
    )
    tell(sentence, token=token, id=reading.ids[chosen.token], n=len(token), bytes=token.hex(" "))
    word, own = shown_word(reading, chosen)
    if word.merges and not own:
        tell(_("Nothing merges in it; the merges are those of {word}."), word=word.text.encode())


def nothing_is_lost(reading: Reading, _chosen: Choices) -> None:
    """The check: the ids give the text back, and our merges are those of the published tokenizer."""
    ids = tokenizer().encode(reading.text, special=reading.special)
    ours = reading.of(tokenized, text=reading.text, special=reading.special).ids
    check(
        tokenizer().decode(ids) == reading.text and ids == ours,
        plural(
            "{n:,} id, decoded, gives the text back exactly; our merges and the tiktoken library give the same id.",
            "The {n:,} ids, decoded, give the text back exactly; "
            "our merges and the tiktoken library give the same ids.",
            len(ids),
        ),
        n=len(ids),
    )


def rule(_reading: Reading, _chosen: Choices) -> None:
    """Which pair merges first: that of the lowest rank r (rank, rang)."""
    say("rule")
    chapter.formula(r"(a,\, b) \;\to\; ab, \qquad (a,\, b) = \underset{(x,\, y)}{\arg\min}\; r(xy)")


STORY = (typed_mark, one_merge, beside((1, merges), (1, tokens_and_ids)), token_in_focus, nothing_is_lost, rule)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """How many tokens the text has, and how many words, characters and bytes."""
    text, n = reading.text, reading.n_tokens
    wrong = (len(text.split()), len(text), len(text.encode()), 2 * n, n + 1)
    return guess.numbers(N_("{n:,|token|tokens}"), n, *wrong)


def answer(reading: Reading, _chosen: Choices) -> None:
    """How the answer came about: tokens, words, characters and bytes of the text."""
    tell(
        _("{characters:,|character|characters}, {bytes:,|byte|bytes}, {words:,|word|words}, {tokens:,|token|tokens}."),
        characters=len(reading.text),
        bytes=len(reading.text.encode()),
        words=len(reading.text.split()),
        tokens=reading.n_tokens,
    )


def notebook(reading: Reading, chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    traced = reading.of(tokenized, text=reading.text, special=reading.special)
    word, _own = word_in_focus(traced, chosen.token)
    n = len(word.merges)
    done = session.get(step_key(word), n) if n > 1 else n
    return {"special": reading.special, "word_at": traced.words.index(word), "merges_done": done}


def exercise(reading: Reading, chosen: Choices) -> Sum | None:
    """The next merge of the word that is shown, or of the first that leaves a choice."""
    ranks = tokenizer().ranks
    words = reading.of(tokenized, text=reading.text, special=reading.special).words
    return next(
        filter(None, (sums.next_merge(word, ranks.get) for word in (shown_word(reading, chosen)[0], *words))), None
    )


CODE = (Tokenizer.trace, Tokenizer._merge, Tokenizer.encode)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """A line for each token: what it looks like, its id, its bytes."""
    return pd.DataFrame(
        {
            _("place"): range(len(reading.ids)),
            _("token"): [visible(token) for token in reading.tokens],
            _("id"): reading.ids,
            _("bytes"): [token.hex(" ") for token in reading.tokens],
        }
    )
