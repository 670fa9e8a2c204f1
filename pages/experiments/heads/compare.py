"""Compare: two heads, two texts or two models side by side, and their difference."""

from collections.abc import Sequence

import numpy as np

from pages import show
from pages.figures import Cells, Label, Scale, visible
from pages.services.reading import read
from pages.services.shared import engine, models
from pages.ui import choices
from pages.ui.chapter import Choices, Reading, inform, note, tell, write
from pages.ui.choices import MOST_CHARACTERS
from pages.ui.layout import choose, columns, pictures, segments, text_box
from pages.ui.model_picker import title_of
from pages.ui.words import N_, _, literal

TITLE = N_("Compare")

EQUAL = 1e-6  # of the attention: so much is rounding


def draw(reading: Reading, chosen: Choices) -> None:
    """The chosen head against another one, on another text, or in another model."""
    names = [_("two heads"), _("two texts"), _("two models")]
    said, key = names.__getitem__, "heads_compare"
    mode = segments(_("Compare"), range(3), format_func=said, key=key, label_visibility="collapsed")
    other, layer, head = (_other_head, _other_text, _other_model)[mode](reading, chosen)
    if other is None:
        return
    n = min(len(reading.ids), len(other.ids))
    first = reading.trace.blocks[chosen.layer].att.weights[chosen.head, :n, :n].numpy()
    second = other.trace.blocks[layer].att.weights[head, :n, :n].numpy()
    later = reading.trace.blocks[0].att.mask[:n, :n].numpy()
    sides = [
        (first, reading.tokens[:n], f"A · {_where(reading, chosen.layer, chosen.head)}"),
        (second, other.tokens[:n], f"B · {_where(other, layer, head)}"),
    ]
    for side, (column, (weights, tokens, title)) in enumerate(zip(pictures(1, 1), sides, strict=True)):
        with column:
            write(f"**{literal(title)}**")
            show.attention(
                f"side_{side}",
                weights,
                tokens,
                _("Attention weights of one of the two that are compared."),
                masked=later,
                scale=Scale("probability", limit=1.0, bar=False),
                height=400,
                on_click=choices.choose_cell,
            )
    write(f"**A − B** · {_('orange: A looks more, blue: B looks more')}")
    show.attention(
        "difference",
        first - second,
        _both(reading.tokens[:n], other.tokens[:n]),
        _("The difference of the two, cell by cell."),
        masked=later,
        scale=Scale("signed", limit=1.0),
        cells=Cells("+.3f"),
        height=480,
        on_click=choices.choose_cell,
    )
    _tell_difference(np.abs(first - second).sum(axis=1) / 2, reading.tokens)
    if n < max(len(reading.ids), len(other.ids)):
        note(_("Compared over {n:,|token|tokens} from the beginning. What comes later changes nothing before it."), n=n)


def _tell_difference(moved: np.ndarray, tokens: Sequence[bytes]) -> None:
    """Where the two differ most; `moved` is the share of each query's attention that goes elsewhere."""
    row = int(moved.argmax())
    if moved[row] > EQUAL:
        tell(
            _(
                "They differ most for the query {query}: {share:.1%} of its attention goes elsewhere; on average "
                "{mean:.1%}."
            ),
            query=tokens[row],
            share=float(moved[row]),
            mean=float(moved.mean()),
        )
    elif len(moved) == 1:
        write(_("They are equal: with one token to compare, both can only look at that one."))
    else:
        write(_("They are equal: each query looks at the same tokens in both."))


def _where(reading: Reading, layer: int, head: int) -> str:
    return _("{model}, layer {layer}, head {head}").format(model=title_of(reading.card), layer=layer, head=head)


def _both(first: Sequence[bytes], second: Sequence[bytes]) -> list[Label]:
    return [a if a == b else f"{visible(a)} / {visible(b)}" for a, b in zip(first, second, strict=True)]


def _head_of(reading: Reading, chosen: Choices, *, next_to: bool) -> tuple[int, int]:
    config = reading.card.config
    left, right = columns(1, 1)
    layer = choose(
        _("Layer of B"),
        range(config.n_layers),
        first=min(chosen.layer, config.n_layers - 1),
        key=f"heads_layer {reading.base}",
        place=left,
    )
    head = choose(
        _("Head of B"),
        range(config.n_heads),
        first=(min(chosen.head, config.n_heads - 1) + next_to) % config.n_heads,
        key=f"heads_head {reading.base}",
        place=right,
    )
    return layer, head


def _other_head(reading: Reading, chosen: Choices) -> tuple[Reading, int, int]:
    return reading, *_head_of(reading, chosen, next_to=True)


def _other_text(reading: Reading, chosen: Choices) -> tuple[Reading | None, int, int]:
    text = text_box(
        _("The other text: at first, the same words the other way round"),
        " ".join(reversed(chosen.text.split())) or chosen.text,
        most=MOST_CHARACTERS,
        key="heads_text",
    )
    if not text:
        inform(_("Type another text to compare with."))
        return None, 0, 0
    other = read(chosen.model, text, session=reading.session, special=reading.special)
    return other, chosen.layer, chosen.head


def _other_model(reading: Reading, chosen: Choices) -> tuple[Reading, int, int]:
    others = [name for name in engine.available_models() if name != chosen.model]
    name = choose(_("The other model"), others, format_func=lambda name: title_of(models.card(name)), key="heads_model")
    other = read(name, chosen.text, session=reading.session, special=reading.special)
    return other, *_head_of(other, chosen, next_to=False)
