"""What must be known of a model before its numbers are believed: tokens it never met, how random numbers were drawn."""

from gpt_core import GPT, GPTTrace
from pages.services.reading import Reading
from pages.ui.chapter import note
from pages.ui.words import _, filled

NAMED = 3  # of the tokens in question
START = 0.02  # standard deviation of a token table as its training begins (`initialise` in gpt_core/training/loop.py)


def unmet(reading: Reading) -> list[str]:
    """Sentences on the tokens that the model never met; none where it met all of them."""
    if not reading.unmet:
        return []
    different = list(dict.fromkeys(reading.tokens[position] for position in reading.unmet))
    named = {f"token{i}": token for i, token in enumerate(different[:NAMED])}
    which = ", ".join(f"{{{name}}}" for name in named) + (" …" if len(different) > NAMED else "")
    sentence = _without_row(reading)
    told = [filled(sentence.replace("{which}", which), n=len(reading.unmet), all=len(reading.ids), **named)]
    if not reading.rowless:
        return [*told, _composed(len(different))]
    if len(different) == 1:
        return [*told, _("It has no vector of its own, but one that other tokens have too.")]
    if not share_one_vector(reading):
        return [*told, _("They have no vectors of their own, but some that other tokens have too.")]
    told.append(_("To the model they are all the same: they share one vector."))
    if len(reading.unmet) == len(reading.ids):
        told.append(_("So only their positions tell the tokens of this text apart."))
    return told


def _without_row(reading: Reading) -> str:
    """How the tokens are told of that have no vector of their own: training never met them, or a snapshot left them."""
    alone = len(reading.ids) == 1
    if reading.card.snapshot and alone:
        return _("Of this moment of its training, no row is kept for the only token of this text: {which}.")
    if reading.card.snapshot:
        return _("Of this moment of its training, no row is kept for {n} of the {all} tokens of this text: {which}.")
    if alone:
        return _("In its training, this model never met the only token of this text: {which}.")
    return _("In its training, this model never met {n} of the {all} tokens of this text: {which}.")


def _composed(n_tokens: int) -> str:
    if n_tokens == 1:
        return _("So its vector was not learnt: it is computed from those of the two tokens that it was merged from.")
    return _("So their vectors were not learnt: each is computed from those of the two tokens that it was merged from.")


def share_one_vector(reading: Reading) -> bool:
    """Whether several tokens of this text, which the model never met, have all one and the same vector."""
    if len({reading.ids[position] for position in reading.unmet}) < 2:
        return False
    rows = reading.model.embedding.tok_emb.weight[[reading.ids[position] for position in reading.unmet]]
    return bool((rows == rows[0]).all())


def own_chance(model: GPT, trace: GPTTrace) -> tuple[float, float, float]:
    """How probable the last token is to come again, the likeliest other, and how large the table’s numbers are."""
    probs = trace.next_logits.softmax(dim=-1)
    others = probs.index_fill(0, trace.ids[-1:], 0.0)
    return float(probs[trace.ids[-1]]), float(others.max()), float(model.embedding.tok_emb.weight.std())


def untrained(reading: Reading) -> tuple[str, dict[str, object]] | None:
    """Why random weights can be far from a blind guess, with the numbers; None where they are not."""
    if not (reading.card.random and reading.card.config.tied_head):
        return None
    chance, other, size = reading.of(own_chance)
    if other >= 1 / reading.card.config.vocab_size:  # one of the others is no worse than a blind guess
        return None
    sentence = _(
        "These random numbers are large (standard deviation {size:.2f}), and the table that reads {last} also writes: "
        "so {last} has {chance:.1%} to come again, and any other token surprises the model more than a blind guess "
        "would. Training begins with numbers {times:.0f} times smaller ({start:.2f}), and so near a blind guess: see "
        "Learning."
    )
    values = {"size": size, "last": reading.tokens[-1], "chance": chance, "times": size / START, "start": START}
    return sentence, values


def note_untrained(reading: Reading) -> None:
    """Say so, below a prediction of such a model."""
    if told := untrained(reading):
        sentence, values = told
        note(sentence, **values)
