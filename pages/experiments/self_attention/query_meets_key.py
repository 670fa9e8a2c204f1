"""Query meets key: their numbers one above the other, and the value that the key stands for."""

import numpy as np

from pages import show
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("Query meets key")


def draw(reading: Reading, chosen: Choices) -> None:
    """Query, key and their products number by number; the products sum to the score."""
    say("meeting")
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    query, key = att.queries[head, chosen.token], att.keys[head, chosen.key]
    names = [_("query"), _("key"), _("query × key"), _("value")]
    rows = (query, key, query * key, att.values[head, chosen.key])
    show.strips(
        "meeting",
        (names, np.stack([row.numpy() for row in rows])),
        _("Four rows: the query’s numbers, the key’s numbers, their products, the value’s numbers."),
        title=_("number of the head’s vector"),
        meaning="query",
        height=300,
    )
