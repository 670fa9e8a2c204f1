"""Search: which tokens contain what the reader types."""

from pages.experiments.tokens.rows import counted, tokens_row
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, write
from pages.ui.components import chips
from pages.ui.layout import text_box
from pages.ui.words import N_, _

TITLE = N_("Search")

MOST_FOUND = 60
LONGEST_PART = 40  # characters


def containing(part: str) -> list[int]:
    """Ids of all tokens that contain `part`, the shortest first; none contains nothing."""
    return tokenizer().search(part, limit=tokenizer().vocab_size) if part else []


def draw(reading: Reading, _chosen: Choices) -> None:
    """The shortest tokens with the part that is typed, and how many there are in all."""
    say("search")
    part = text_box(_("Part of a token"), _("grand"), key="tokens_search", most=LONGEST_PART)
    ids = reading.of(containing, part=part)
    if not ids:
        write(_("No token contains this."))
        return
    label = counted(len(ids))
    if len(ids) > MOST_FOUND:
        label += f", {_('the {n} shortest').format(n=MOST_FOUND)}"
    elif len(ids) > 1:
        label += f", {_('the shortest first')}"
    chips.draw([tokens_row(label, ids[:MOST_FOUND])], key="found", label=_("Tokens that contain what was typed."))
