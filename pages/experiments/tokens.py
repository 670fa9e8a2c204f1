"""Experiments on tokens: merges replayed, vocabularies compared, whole words, search, special tokens."""

from collections.abc import Sequence
from itertools import accumulate
from typing import get_args

import pandas as pd
import streamlit as st

from gpt_core import Tokenizer
from gpt_core.examples import book
from gpt_core.tokenizer.bpe import TokenizerTrace, Word
from gpt_core.tokenizer.vocabulary import END_OF_TEXT, Encoding
from gpt_core.tokenizer.word_vocabulary import UNKNOWN, WordVocabulary, words_of
from pages.figures import visible
from pages.services.reading import Reading, tokenizer
from pages.services.shared import engine
from pages.ui import chapter
from pages.ui.choices import Choices, clean
from pages.ui.components import chips
from pages.ui.components.chips import Row
from pages.ui.layout import PERSIST, columns
from pages.ui.words import _, number, plural

MOST_PIECES = 200
MOST_FOUND = 60
LONGEST_SENTENCE, LONGEST_PART = 300, 40  # characters, in boxes


def table(reading: Reading) -> pd.DataFrame:
    """A line for each token: what it looks like, its id, its bytes and what these are as text."""
    return pd.DataFrame(
        {
            _("place"): range(len(reading.ids)),
            _("token"): [visible(token) for token in reading.tokens],
            _("id"): reading.ids,
            _("bytes"): [token.hex(" ") for token in reading.tokens],
        }
    )


def word_in_focus(traced: TokenizerTrace, token: int) -> tuple[Word, bool]:
    """The word that the token belongs to, and True; where nothing merges in it the one with most merges, and False."""
    at = -1
    for word in traced.words:
        at += len(word.ids)
        if at >= token:
            if word.merges:
                return word, True
            break
    longest = max(traced.words, key=lambda word: len(word.merges))
    return longest, False


def merge_step(traced: TokenizerTrace, chosen: Choices) -> tuple[Word, int]:
    """The word of the token in focus, and how many of its merges are done: chosen with a slider, told in words."""
    word, _focused = word_in_focus(traced, chosen.token)
    n = len(word.merges)
    if not n:
        st.markdown(_("No two bytes of this text merge: every byte is a token of its own."))
        return word, 0
    said, slid = columns(2, 1)
    with slid:
        label = _("Merges done")
        step = (
            st.slider(label, 0, n, n, key=f"tokens_step {n}", label_visibility="collapsed", persist_state=PERSIST)
            if n > 1
            else n
        )
    with said:
        if step:
            merge = word.merges[step - 1]
            chapter.tell(
                _("Merge {step} of {n}: {left} and {right} become {result}, the pair with the lowest rank, {rank}."),
                step=step, n=n, left=merge.left, right=merge.right, result=merge.result, rank=number(merge.rank),
            )  # fmt: skip
        else:
            chapter.tell(_("{word} as its bytes; nothing has merged yet."), word=word.text.encode())
    return word, step


def merges(word: Word, step: int) -> None:
    """A word from single bytes to tokens, a row for each merge done."""
    stages = word.stages
    rows = [Row(_("bytes"), shown(stages[0]), plain=True)]
    for i, merge in enumerate(word.merges[:step], start=1):
        rows.append(Row(_("rank {rank}").format(rank=number(merge.rank)), shown(stages[i]), marked=(merge.at,)))
    chips.draw(rows, key="merges", label=_("The parts of the word after each merge."), growing=True)


def facts(traced: TokenizerTrace, reading: Reading, chosen: Choices) -> None:
    """The token in focus in one sentence, and whether its merges are those shown."""
    token = reading.tokens[chosen.token]
    word, focused = word_in_focus(traced, chosen.token)
    chapter.tell(
        plural(
            "{token} has the id {id} and is made of {n} byte: {bytes}.",
            "{token} has the id {id} and is made of {n} bytes: {bytes}.",
            len(token),
        ),
        token=token,
        id=reading.ids[chosen.token],
        n=len(token),
        bytes=token.hex(" "),
    )
    if word.merges and not focused:
        chapter.tell(_("Nothing merges in it; the merges are those of {word}."), word=word.text.encode())


def shown(pieces: tuple[bytes, ...] | list[bytes]) -> list[str]:
    """Pieces as a reader can see them, not too many; “…” stands for the rest."""
    return [visible(piece) for piece in pieces[:MOST_PIECES]] + ["…"] * (len(pieces) > MOST_PIECES)


def encodings(reading: Reading) -> None:
    """A text in three vocabularies, with how many tokens it takes: the reader's, or one that tells them apart."""
    chapter.say("encodings")
    texts = {
        _("Your text"): reading.text,
        _("French"): "Les élèves mangèrent à l’ombre des châtaigniers, où l’été s’achevait.",
        _("Code"): "for i in range(10):\n    if i % 2 == 0:\n        print(i ** 2)",
        _("Digits"): "1234567 + 7654321 = 8888888",
        _("Other scripts, emoji"): "こんにちは Привет مرحبا 👩‍🔬☕",
    }
    names = list(texts)
    place = st.segmented_control(
        _("Text"), range(len(names)), format_func=lambda i: names[i], default=0, required=True,
        key="tokens_sample", label_visibility="collapsed", persist_state=PERSIST,
    )  # fmt: skip
    text = texts[names[place or 0]]
    rows, counts = [], {}
    for name in get_args(Encoding):
        other = engine.cached(("tokenizer", name), lambda name=name: Tokenizer(name))
        ids = other.encode(text)
        counts[name] = len(ids)
        label = plural("{name}: {n} token", "{name}: {n} tokens", len(ids)).format(name=name, n=number(len(ids)))
        rows.append(
            Row(
                f"{label} ({_('{n} in the vocabulary').format(n=number(other.vocab_size))})",
                shown([other.token(id) for id in ids[: MOST_PIECES + 1]]),
                [str(id) for id in ids[:MOST_PIECES]],
            )
        )
    chips.draw(rows, key="encodings", label=_("The same text in three vocabularies."))
    chapter.tell(
        _("Characters a token: {gpt2} for gpt2, {cl100k} for cl100k_base, {o200k} for o200k_base."),
        **{name.split("_")[0]: number(len(text) / n, 2) for name, n in counts.items()},
    )


def whole_words(reading: Reading) -> None:
    """A vocabulary of the words of this text, tried on another sentence, beside BPE."""
    chapter.say("whole_words")
    vocabulary = WordVocabulary.built_from(reading.text)
    suggested = _("The hippopotamus never saw the king again.")
    other = st.text_input(
        _("Another sentence"), suggested, key="tokens_other", max_chars=LONGEST_SENTENCE, persist_state=PERSIST
    )
    other, _notices = clean(other[:LONGEST_SENTENCE])  # only browsers keep to the length of a box
    ids, pieces = vocabulary.encode(other), words_of(other)
    unknown = [i for i, id in enumerate(ids) if vocabulary.words[id] == UNKNOWN]
    bpe = tokenizer().encode(other)
    rows = [
        Row(_("its words"), [visible(piece) for piece in pieces], plain=True),
        Row(
            _("a vocabulary of {n} whole words").format(n=number(len(vocabulary.words))),
            [visible(vocabulary.words[id]) for id in ids], [str(id) for id in ids], unknown,
        ),
        Row(_("BPE: {n} sub-words").format(n=number(tokenizer().vocab_size)),
            shown([tokenizer().token(id) for id in bpe]), [str(id) for id in bpe]),
    ]  # fmt: skip
    chips.draw(rows, key="whole_words", label=_("Whole words beside BPE."))
    chapter.tell(
        _("{unknown} of {n} words are lost as {mark}; BPE loses none: what it does not know falls into known pieces."),
        unknown=len(unknown), n=len(ids), mark=UNKNOWN.encode(),
    )  # fmt: skip


def search() -> None:
    """Which tokens contain what the reader types."""
    chapter.say("search")
    wanted = st.text_input(
        _("Part of a token"), _("grand"), key="tokens_search", max_chars=LONGEST_PART, persist_state=PERSIST
    )
    wanted, _notices = clean(wanted[:LONGEST_PART])
    everything = tokenizer().vocab_size
    ids = engine.cached(("search", wanted), lambda: tokenizer().search(wanted, limit=everything)) if wanted else []
    if not ids:
        st.markdown(_("No token contains this."))
        return
    first = ids[:MOST_FOUND]
    label = plural("{n} token", "{n} tokens", len(ids)).format(n=number(len(ids)))
    if len(ids) > 1:
        label += f", {_('the {n} shortest').format(n=len(first)) if ids != first else _('the shortest first')}"
    chips.draw(
        [Row(label, shown([tokenizer().token(id) for id in first]), [str(id) for id in first])],
        key="found",
        label=_("Tokens that contain what was typed."),
    )


def before_the_mark(tokens: Sequence[bytes], text: str) -> int:
    """The first token to be shown of a text too long for a row: so that the end-of-text mark is in sight."""
    ends = accumulate(len(token) for token in tokens)
    at = next(i for i, end in enumerate(ends) if end > len(text[: text.index(END_OF_TEXT)].encode()))
    return max(min(at - MOST_PIECES // 2, len(tokens) - MOST_PIECES), 0)


def special(reading: Reading) -> None:
    """The end-of-text mark, as ordinary text or as the one special token."""
    chapter.say("special")
    typed = END_OF_TEXT in reading.text
    text = reading.text if typed else f"{reading.text} {END_OF_TEXT}"
    if not typed:
        st.caption(_("The mark is not in your text, so it has been put at its end here."))
    asked = st.toggle(_("Treat the mark as special"), key="tokens_special", persist_state=PERSIST)
    traced = engine.cached(("special", text, asked), lambda: tokenizer().trace(text, special=asked))
    marked = [i for i, id in enumerate(traced.ids) if id == tokenizer().end_of_text]
    first = before_the_mark(traced.tokens, text)
    chips.draw(
        [
            Row(
                plural("{n} token", "{n} tokens", len(traced.ids)).format(n=number(len(traced.ids))),
                ["…"] * (first > 0) + shown(traced.tokens[first:]),
                [""] * (first > 0) + [str(id) for id in traced.ids[first : first + MOST_PIECES]],
                [i - first + (first > 0) for i in marked if first <= i < first + MOST_PIECES],
            )
        ],
        key="special",
        label=_("The text with the end-of-text mark."),
    )  # fmt: skip
    st.markdown(
        _("Special: the whole mark is one token, the last of the vocabulary, {id}.").format(id=tokenizer().end_of_text)
        if asked
        else _("Ordinary text: the mark falls into pieces, and the model sees signs and letters.")
    )


def books_example() -> None:
    """The text of the book's section 2.5 with its ids."""
    chapter.say("book")
    traced = tokenizer().trace(book.TOKENIZER_TEXT, special=True)
    chips.draw(
        [
            Row(
                plural("{n} token", "{n} tokens", len(traced.ids)).format(n=len(traced.ids)),
                shown(traced.tokens),
                [str(id) for id in traced.ids],
            )
        ],
        key="book",
        label=_("The book’s example"),
    )
    st.code(str(traced.ids), language=None, wrap_lines=True)
    chapter.check(
        tokenizer().decode(traced.ids) == book.TOKENIZER_TEXT,
        _("Decoded, the ids give the book’s text back, unknown word and all."),
    )


def reveal(reading: Reading) -> None:
    """How the answer came about: tokens, words, characters and bytes of the text."""
    n_words = len(reading.text.split())
    chapter.tell(
        _("{characters} characters, {bytes} bytes, {words} words, {tokens} tokens."),
        characters=number(len(reading.text)),
        bytes=number(len(reading.text.encode())),
        words=number(n_words),
        tokens=number(reading.n_tokens),
    )
