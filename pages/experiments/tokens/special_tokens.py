"""Special tokens: the end-of-text mark, as ordinary text or as the one special token."""

from collections.abc import Sequence
from itertools import accumulate

from gpt_core.tokenizer.vocabulary import END_OF_TEXT
from pages.experiments.tokens.rows import MOST_PIECES, counted, tokenized, tokens_row
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, note, say, tell
from pages.ui.components import chips
from pages.ui.layout import switch
from pages.ui.words import N_, _

TITLE = N_("Special tokens")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The text with the mark, cut into tokens in the one way or the other."""
    say("special")
    text = reading.text
    if END_OF_TEXT not in text:
        text = f"{text} {END_OF_TEXT}"
        note(_("The mark is not in your text, so it has been put at its end here."))
    special = switch(_("Treat the mark as special"), key="tokens_special")
    traced, mark = reading.of(tokenized, text=text, special=special), tokenizer().end_of_text
    marked = [i for i, id in enumerate(traced.ids) if id == mark]
    row = tokens_row(counted(len(traced.ids)), traced.ids, first=first_in_sight(traced.tokens, text), marked=marked)
    chips.draw([row], key="special_tokens", label=_("The text with the end-of-text mark."))
    if special:
        tell(_("Special: the whole mark is one token, the last of the vocabulary, {id}."), id=mark)
    else:
        tell(_("Ordinary text: the mark falls into pieces, and the model sees signs and letters."))


def first_in_sight(tokens: Sequence[bytes], text: str) -> int:
    """The first token to be shown of a text too long for a row: so that the end-of-text mark is in sight."""
    before = len(text[: text.index(END_OF_TEXT)].encode())  # bytes
    at = next(i for i, end in enumerate(accumulate(len(token) for token in tokens)) if end > before)
    return max(min(at - MOST_PIECES // 2, len(tokens) - MOST_PIECES), 0)
