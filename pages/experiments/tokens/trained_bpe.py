"""A BPE trained on the reader's own text, merge by merge."""

import pandas as pd

from gpt_core.tokenizer import bpe_training
from gpt_core.tokenizer.bpe_training import Learnt
from pages import figures, show
from pages.experiments.tokens.rows import seen
from pages.figures import Axis, Measure, visible
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.components import chips
from pages.ui.components.chips import Row
from pages.ui.layout import slider
from pages.ui.words import N_, _, number, plural

TITLE = N_("Train a BPE on this text")

MOST = 60  # merges
SHOWN = 8  # of the last merges
STEP = "tokens_merges"


def learnt_from(reading: Reading) -> list[Learnt]:
    """All merges that this text teaches, up to a number."""
    return bpe_training.train(reading.text, most=MOST)


def name_of(merge: Learnt) -> str:
    """A merge as the sum it is."""
    return f"{visible(merge.left)} + {visible(merge.right)}"


def draw(reading: Reading, chosen: Choices) -> None:
    """The text after so many merges, the last of them with their counts, and the check by the other way to merge."""
    say("trained_bpe")
    merges = reading.of(learnt_from)
    if not merges:
        tell(_("No pair of neighbours occurs twice in this text: there is nothing to learn. Type a longer one."))
        return
    n = slider(_("Merges learnt"), 0, len(merges), min(3, len(merges)), key=f"{STEP} {len(merges)}")
    now = bpe_training.encode(reading.text, merges[:n])
    newest = merges[n - 1].token if n else None
    marked = [at for at, part in enumerate(now) if part == newest]
    after = plural("after {n} merge", "after {n} merges", n).format(n=number(n))
    row = Row(after, seen(now), marked=marked)
    chips.draw([row], key="trained_bpe", label=_("The text in the tokens that were learnt so far."))
    if n:
        first = max(0, n - SHOWN)
        figure = figures.bars(
            [merge.count for merge in merges[first:n]],
            Axis([f"{first + i + 1}. {name_of(merge)}" for i, merge in enumerate(merges[first:n])]),
            measure=Measure(_("how often the pair occurred"), ".0f"),
            highlighted=n - 1 - first,
        )
        show.chart(
            "trained_bpe_counts", figure, _("The last merges, and how often each pair occurred when it was chosen.")
        )
        tell(
            _("Merge {n:,}: {left} and {right} stood side by side {count:,|time|times} and become {token}."),
            n=n,
            left=merges[n - 1].left,
            right=merges[n - 1].right,
            count=merges[n - 1].count,
            token=merges[n - 1].token,
        )
    tell(_("{bytes:,|byte|bytes} are {tokens:,|token|tokens} now."), bytes=len(reading.text.encode()), tokens=len(now))
    again = bpe_training.encode_by_rank(reading.text, merges[:n])
    differ = sum(one != other for one, other in zip(now, again, strict=False)) + abs(len(now) - len(again))
    sentence = _(
        "Merging the oldest pair of each word first, as tokenizers do, cuts the text the same: "
        "{n:,|difference|differences}."
    )
    check(differ == 0 and b"".join(now) == reading.text.encode(), sentence, n=differ)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The first merge, and the longest token."""
    merges = reading.of(learnt_from)
    if not merges:
        tell(_("No pair of neighbours occurs twice in this text: there is nothing to learn. Type a longer one."))
        return
    longest = max(merges, key=lambda merge: len(merge.token))
    sentence = _("First {left} and {right} merge: {count:,|time|times}. The longest token that is learnt is {token}.")
    tell(sentence, left=merges[0].left, right=merges[0].right, count=merges[0].count, token=longest.token)


CODE = (bpe_training.train, bpe_training.encode, bpe_training.encode_by_rank)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """Every merge in the order in which it is learnt."""
    merges = reading.of(learnt_from)
    return pd.DataFrame(
        {
            _("merge"): range(1, len(merges) + 1),
            _("left piece"): [visible(one.left) for one in merges],
            _("right piece"): [visible(one.right) for one in merges],
            _("new token"): [visible(one.token) for one in merges],
            _("how often the pair occurred"): [one.count for one in merges],
        }
    )
