"""What must be known of a model before its numbers are believed: which tokens of the text it never met in training."""

from pages.services.reading import Reading
from pages.ui.words import _, filled

NAMED = 3  # of the tokens in question


def unmet(reading: Reading) -> list[str]:
    """Sentences on the tokens that the model never met; none where it met all of them."""
    if not reading.unmet:
        return []
    different = list(dict.fromkeys(reading.tokens[position] for position in reading.unmet))
    named = {f"token{i}": token for i, token in enumerate(different[:NAMED])}
    which = ", ".join(f"{{{name}}}" for name in named) + (" …" if len(different) > NAMED else "")
    sentence = _("In its training, this model never met {n} of the {all} tokens of this text: {which}.")
    if len(reading.ids) == 1:
        sentence = _("In its training, this model never met the only token of this text: {which}.")
    told = [filled(sentence.replace("{which}", which), n=len(reading.unmet), all=len(reading.ids), **named)]
    if len(different) == 1:
        return [*told, _("It has no vector of its own, but one that other tokens have too.")]
    if not share_one_vector(reading):
        return [*told, _("They have no vectors of their own, but some that other tokens have too.")]
    told.append(_("To the model they are all the same: they share one vector."))
    if len(reading.unmet) == len(reading.ids):
        told.append(_("So only their positions tell the tokens of this text apart."))
    return told


def share_one_vector(reading: Reading) -> bool:
    """Whether several tokens of this text, which the model never met, have all one and the same vector."""
    if len({reading.ids[position] for position in reading.unmet}) < 2:
        return False
    rows = reading.model.embedding.tok_emb.weight[[reading.ids[position] for position in reading.unmet]]
    return bool((rows == rows[0]).all())
