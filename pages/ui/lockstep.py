"""Two sentences that travel in lockstep: which token of each, and in words what differs between them."""

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from pages.services.reading import Reading, tokenizer
from pages.ui import journey
from pages.ui.journey import Way
from pages.ui.words import _, filled


class Traveller(NamedTuple):
    """A sentence, and the position of the token in it that travels."""

    reading: Reading
    position: int

    @property
    def is_last(self) -> bool:
        """Whether it is the sentence's last token, behind which the next one joins."""
        return self.position == len(self.reading.ids) - 1


def together(readings: Sequence[Reading], position: int) -> list[Traveller]:
    """The token in focus, and in the other sentence the one at the same place; the last goes with the last."""
    first, *others = readings
    last = position >= len(first.ids) - 1
    found = [Traveller(first, position)]
    for other in others:
        end = len(other.ids) - 1
        found.append(Traveller(other, end if last else min(position, end)))
    return found


def steered(travellers: Sequence[Traveller]) -> list[list[int]]:
    """For each token of each sentence the position in the first that a click on it chooses; -1 where there is none."""
    n = len(travellers[0].reading.ids)
    found = [list(range(n))]
    for other in travellers[1:]:
        end = len(other.reading.ids) - 1
        found.append([n - 1 if at == end else at if at < n - 1 else -1 for at in range(end + 1)])
    return found


def ways(travellers: Sequence[Traveller], *, layer: int, head: int) -> list[Way]:
    """What each of them shows, at the same stations."""
    furthest = max(position for _reading, position in travellers)
    return [
        reading.of(journey.token_way, position=position, layer=layer, head=head, furthest=furthest)
        for reading, position in travellers
    ]


def differences(travellers: Sequence[Traveller], found: Sequence[Way], *, layer: int, head: int) -> list[str]:
    """What differs at the end, in sentences; nothing where one travels alone."""
    if len(travellers) == 1:
        return []
    (one, at), (other, there) = travellers
    if one.ids == other.ids:
        return [filled(_("Both sentences are the same tokens: so is every number."))]
    if at == there and one.ids[: at + 1] == other.ids[: at + 1]:
        same = _("Up to this token both sentences are the same, and what comes later changes nothing before it.")
        return [filled(same)]
    first, second = found
    return [
        _of_the_end(first, second),
        _of_the_guesses(first, second),
        *_of_the_places(at, there),
        _of_the_looks(travellers, found, layer=layer, head=head),
    ]


def _of_the_end(first: Way, second: Way) -> str:
    token = tokenizer().token
    words = {"word": token(first.next_ids[0]), "p": first.next_probs[0], "q": second.next_probs[0]}
    if first.next_ids[0] == second.next_ids[0]:
        return filled(_("Both put {word} first: the first sentence with {p:.1%}, the second with {q:.1%}."), **words)
    apart = _("The first sentence would go on with {word}, {p:.1%}, the second with {other}, {q:.1%}.")
    return filled(apart, **words, other=token(second.next_ids[0]))


def _of_the_guesses(first: Way, second: Way) -> str:
    """From which depth on the lens says another word."""
    pairs = list(zip(first.guess_ids, second.guess_ids, strict=True))
    alike = len(list(takewhile(lambda pair: pair[0][0] == pair[1][0], pairs)))
    if alike == len(pairs):
        return filled(_("At every block the lens says the same word in both."))
    if not alike:
        return filled(_("Their first guesses differ from the embedding on."))
    return filled(_("Their first guesses are the same at first and differ after block {block}."), block=alike - 1)


def _of_the_places(at: int, there: int) -> list[str]:
    """What a token more or less before the one that travels means."""
    if at == there:
        return []
    first = _(
        "The token of the first has {n} more {n:|token|tokens} to look back at, and the row of position {far}, not "
        "{near}, in its sum."
    )
    second = _(
        "The token of the second has {n} more {n:|token|tokens} to look back at, and the row of position {far}, not "
        "{near}, in its sum."
    )
    return [filled(first if at > there else second, n=abs(there - at), far=max(at, there), near=min(at, there))]


def _of_the_looks(travellers: Sequence[Traveller], found: Sequence[Way], *, layer: int, head: int) -> str:
    """What the chosen head looks at in each."""
    values: dict[str, object] = {"layer": layer, "head": head}
    for which, (reading, _position), way in zip(("first", "second"), travellers, found, strict=True):
        looks = way.looks[layer]
        values |= {which: reading.tokens[looks.keys[0]], f"{which}_weight": looks.weights[looks.keys[0]]}
    sentence = _(
        "Layer {layer}, head {head}: the first looks at {first} most, with {first_weight:.0%}, the second at {second}, "
        "with {second_weight:.0%}."
    )
    return filled(sentence, **values)
