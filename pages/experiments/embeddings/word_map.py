"""A map of forty words in groups: near where their rows are alike; and what a sum of three rows is nearest to."""

from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from gpt_core import GPT
from gpt_core.measure import embedding_space
from gpt_core.measure.embedding_space import Neighbours, cosine_table, principal_components
from pages import figures, show
from pages.services.reading import tokenizer
from pages.ui import history
from pages.ui.chapter import Choices, Reading, check, note, say, tell
from pages.ui.layout import choose, columns, settle_switch, switch
from pages.ui.words import N_, _

TITLE = N_("A map of words")

# Words of the vocabulary that are one token, with the space before them; few French ones are.
GROUPS = {
    N_("royal"): "king queen prince princess knight",
    N_("family"): "mother father brother sister daughter",
    N_("animals"): "cat dog cow wolf lion",
    N_("numbers"): "two three four five six",
    N_("colours"): "red blue green white black",
    N_("body"): "head hand eye foot face",
    N_("to speak"): "said cried asked answered shouted",
    N_("French articles"): "le la les une des",
}
SUMS = (
    ("king", "man", "woman"),
    ("father", "man", "woman"),
    ("his", "he", "she"),
    ("men", "man", "woman"),
    ("was", "is", "are"),
    ("walked", "walk", "run"),
)
SHOWN = 5
BEFORE = "embeddings_before"
MARGIN = 0.2  # of the map's width, on either side


def id_of(word: str) -> int:
    """The one token of a word of the map."""
    (id,) = tokenizer().encode(f" {word}")
    return id


def groups(reading: Reading) -> dict[int, str]:
    """The group of each word's token, of those that have a row of their own in this model."""
    own = range(reading.card.config.vocab_size) if reading.met is None else set(reading.met.tolist())
    found = {id_of(word): group for group, words in GROUPS.items() for word in words.split()}
    return {id: group for id, group in found.items() if id in own}


def word_cosines(model: GPT, words: tuple[int, ...]) -> Tensor:
    """The cosine of every two words' rows [word, word]."""
    return cosine_table(model.embedding.tok_emb.weight[list(words)])


def nearest_of_each(model: GPT, words: tuple[int, ...]) -> list[int]:
    """Place of the word whose row is most like each word's, itself left out."""
    return embedding_space.nearest_of_each(model.embedding.tok_emb.weight[list(words)])


def nearest_by_distance(model: GPT, words: tuple[int, ...]) -> list[int]:
    """The same by another road."""
    return embedding_space.nearest_by_distance(model.embedding.tok_emb.weight[list(words)])


def on_a_map(model: GPT, words: tuple[int, ...]) -> Tensor:
    """The rows of some words in the two directions in which they differ most [word, 2]."""
    return principal_components(model.embedding.tok_emb.weight[list(words)]).points


def row_sum(model: GPT, words: tuple[int, int, int], among: Tensor | None, n: int) -> Neighbours:
    """The tokens nearest to first − second + third, nearest first; these three may be among them."""
    table = model.embedding.tok_emb.weight
    first, second, third = words
    return embedding_space.nearest_to(table, table[first] - table[second] + table[third], n=n, among=among)


def offered(reading: Reading, _chosen: Choices) -> bool:
    """Whether the model has rows for some of these words."""
    return len(groups(reading)) > len(GROUPS)


def draw(reading: Reading, chosen: Choices) -> None:
    """The map, how many words have a word of their own group for a neighbour, and a sum of three rows."""
    say("word_map")
    if has_past(reading):
        switch(_("Before training"), key=BEFORE)
    read = shown_of(reading)
    group_of = groups(reading)
    words = tuple(group_of)
    named = {group: _(group) for group in GROUPS}
    points = read.of(on_a_map, words=words).numpy()
    picture = figures.scatter(
        points,
        labels=[tokenizer().token(id) for id in words],
        groups=[named[group] for group in group_of.values()],
    ).own()
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    room = MARGIN * (right - left)
    picture.update_xaxes(range=[left - room, right + room])  # on a phone a word beside the last point would be cut
    alt = _("Forty words as points: the nearer, the more alike their rows, as far as two directions can show it.")
    show.chart("word_map", picture, alt, height=430 if chosen.present else 520)
    tell_neighbours(read, group_of)
    if read.card.untrained or read is not reading:
        note(_("Random weights: these neighbours are chance. Training is what brings like tokens together."))
    if not chosen.present:  # on the wall the map needs the room
        draw_sum(read, reading.met)


def shown_of(reading: Reading) -> Reading:
    """The reading whose map is drawn: of the model as it is, or, where the reader wants that, before its training."""
    wanted = has_past(reading) and settle_switch(_("Before training"), key=BEFORE)
    return history.read_at(history.kept_snapshots()[0], reading) if wanted else reading


def has_past(reading: Reading) -> bool:
    """Whether this is the story model, and its history is here."""
    return reading.name == "storyteller" and bool(history.kept_snapshots())


def own_group(nearest: Sequence[int], group_of: dict[int, str]) -> int:
    """How many words have a word of their own group for a neighbour."""
    names = list(group_of.values())
    return sum(names[i] == names[place] for i, place in enumerate(nearest))


def tell_neighbours(reading: Reading, group_of: dict[int, str]) -> None:
    """How many of the words lie beside one of their own group, and how many would by chance."""
    words = tuple(group_of)
    nearest = reading.of(nearest_of_each, words=words)
    names = list(group_of.values())
    tell(
        _(
            "Of {all:,|word|words}, {n:,|has|have} one of the same group as the nearest, over all the numbers of the "
            "rows. By chance it would be about {chance:.0f}."
        ),
        all=len(words),
        n=own_group(nearest, group_of),
        chance=sum(names.count(name) - 1 for name in names) / max(len(names) - 1, 1),
    )
    again = reading.of(nearest_by_distance, words=words)
    alike = reading.of(word_cosines, words=words)
    off = max(abs(float(alike[i, nearest[i]] - alike[i, place])) for i, place in enumerate(again))
    sentence = _(
        "The nearest by cosine are as near by distance, once every row has length 1: their cosines differ by {n:tiny}."
    )
    check(off < 1e-5, sentence, n=off)


def draw_sum(reading: Reading, met: Tensor | None) -> None:
    """One row minus another plus a third, and the tokens whose rows are nearest to that."""
    left, right = columns(1, 2)
    place = choose(_("Row by row"), range(len(SUMS)), key="embeddings_sum", format_func=nth_sum, place=left)
    words = SUMS[place]
    ids = (id_of(words[0]), id_of(words[1]), id_of(words[2]))
    near = reading.of(row_sum, words=ids, among=met, n=SHOWN + len(ids))
    others = [i for i, id in enumerate(near.ids.tolist()) if id not in ids][:SHOWN]
    with right:
        alt = _("The tokens whose rows are most like that sum of three rows; the three themselves are left out.")
        show.candidates(
            "word_sum",
            show.pieces(near.ids[others]),
            near.cosines[others].numpy(),
            alt,
            measure=figures.Measure(_("cosine"), ".2f"),
            height=260,
        )
    tell(
        _("{sum} is nearest to {found}, cosine {cosine:.2f}, the three words left out. With them it would be {first}."),
        sum=written(words),
        found=tokenizer().token(int(near.ids[others[0]])),
        cosine=float(near.cosines[others[0]]),
        first=tokenizer().token(int(near.ids[0])),
    )


def nth_sum(place: int) -> str:
    """A sum in the list."""
    return written(SUMS[place])


def written(words: tuple[str, str, str]) -> str:
    """As one writes such a sum."""
    return f"{words[0]} − {words[1]} + {words[2]}"


def answer(reading: Reading, _chosen: Choices) -> None:
    """Which group holds together best, and which least."""
    group_of = groups(reading)
    names, nearest = list(group_of.values()), shown_of(reading).of(nearest_of_each, words=tuple(group_of))
    kept = dict.fromkeys(dict.fromkeys(names), 0.0)
    for i, place in enumerate(nearest):
        kept[names[i]] += (names[i] == names[place]) / names.count(names[i])
    best, least = max(kept, key=kept.__getitem__), min(kept, key=kept.__getitem__)
    if kept[best] == kept[least]:
        sentence = _("All groups hold together alike: {most:.0%} of their words have one of their own as the nearest.")
        tell(sentence, most=kept[best])
        return
    tell(
        _(
            "“{best}” holds together best: {most:.0%} of its words have one of their own group as the nearest. "
            "“{least}” holds together least: {few:.0%}."
        ),
        best=_(best),
        most=kept[best],
        least=_(least),
        few=kept[least],
    )


CODE = (embedding_space.nearest_to, embedding_space.cosine_table)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """Each word with its group and its nearest word."""
    group_of = groups(reading)
    words = tuple(group_of)
    alike = shown_of(reading).of(nearest_of_each, words=words)
    pieces = [tokenizer().token(id) for id in words]
    return pd.DataFrame(
        {
            _("word"): [figures.visible(piece) for piece in pieces],
            _("group"): [_(group) for group in group_of.values()],
            _("nearest word"): [figures.visible(pieces[place]) for place in alike],
        }
    )
