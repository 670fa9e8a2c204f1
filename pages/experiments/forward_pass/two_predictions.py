"""Another text or model: the same question put twice, and what each candidate gains or loses."""

from pages import show
from pages.figures import Measure
from pages.services.reading import read
from pages.services.shared import engine, models
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import choose, columns, text_box
from pages.ui.model_picker import title_of
from pages.ui.words import N_, _, examples, language

TITLE = N_("Another text or model")

MOST_LETTERS = 400


def without_its_beginning(reading: Reading) -> str:
    """The second half of the text, to see what the first half changed; of a very short one, a ready text."""
    words = reading.text.split()
    if len(words) > 3:
        return " ".join(words[len(words) // 2 :])[-MOST_LETTERS:]
    return next(example["text"] for example in examples(language()) if example["text"] != reading.text)


def draw(reading: Reading, _chosen: Choices) -> None:
    """Another text, another model, or both, beside this one; then their difference."""
    say("compare")
    other = _other(reading)
    if other.card.config.vocab_size != reading.card.config.vocab_size:
        tell(_("These two models have different vocabularies: their predictions cannot be compared."))
        return
    both = show.next_token_before_after((_("this one"), reading), (_("the other"), other))
    alt = _("What each candidate gains or loses from this text and model to the other.")
    gain, tokens = Measure(_("the other − this one"), "+.1%"), show.pieces(both.ids)
    show.candidates("forward_difference", tokens, both.difference.numpy(), alt, measure=gain)


def _other(reading: Reading) -> Reading:
    """The other text, read by the other model."""
    left, right = columns(2, 1)
    half = without_its_beginning(reading)
    text = text_box(_("Other text"), half, most=MOST_LETTERS, key="forward_other_text", place=left)
    model = choose(
        _("Other model"),
        list(dict.fromkeys((*engine.available_models(), reading.name))),
        first=reading.name,
        format_func=lambda name: title_of(models.card(name)),
        key="forward_other_model",
        place=right,
    )
    return read(model, text or reading.text, session=reading.session, special=reading.special)
