"""A pair from each stage of an LLM's life: what is read and what is to be answered, with this model's own numbers."""

from dataclasses import dataclass, replace
from math import log2

from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.generation.generate import generate
from gpt_core.measure import by_torch
from gpt_core.measure.lens import surprise
from pages import show
from pages.figures import visible
from pages.services.reading import Reading, read, tokenizer
from pages.ui.chapter import Choices, check, say, tell
from pages.ui.components import chips
from pages.ui.components.chips import Row
from pages.ui.layout import segments
from pages.ui.words import N_, _

TITLE = N_("A pair from each stage")

PAIR = "start_pair"
GOES_ON = 8  # tokens that the model writes itself
MESSAGES = {  # Raschka, section 6.6
    "spam": (
        N_("spam"),
        "You are a winner you have been specially selected to receive $1000 cash or a $2000 award.",
    ),
    "ham": (N_("not spam"), "Hey, just wanted to check if we're still on for dinner tonight? Let me know!"),
}


@dataclass(frozen=True)
class Pair:
    """What is read and the answer to it, in tokens; of a classification the answer is its name and no token."""

    name: str
    stage: str
    asked: tuple[int, ...]
    answer: tuple[int, ...] = ()


def encoded(text: str) -> tuple[int, ...]:
    """The ids of a text, as a tuple."""
    return tuple(tokenizer().encode(text))


def pairs(reading: Reading | None) -> dict[str, Pair]:
    """The reader's own text, three instructions, and the book's two messages."""
    found: dict[str, Pair] = {}
    if reading is not None and len(reading.ids) > 1:
        found["raw"] = Pair(_("your text"), "raw", reading.ids[:-1], reading.ids[-1:])
    story = _("The little girl walked all day long and came home very tired.")
    for id, name, instruction, answer in (
        ("translate", _("translate"), _("Translate into French: the cat sleeps."), _("le chat dort.")),
        ("summarise", _("summarise"), _("Say it in three words: {story}").format(story=story), _("a tired girl")),
        ("code", _("write code"), _("Write Python that adds up the numbers from 1 to 10."), "sum(range(1, 11))"),
    ):
        prompt = f"### Instruction:\n{instruction}\n\n### Response:\n"  # the book's form, section 7.2, in short
        found[id] = Pair(name, "instruction", encoded(prompt), encoded(answer))
    return found | {id: Pair(_(name), "classification", encoded(message)) for id, (name, message) in MESSAGES.items()}


def answer_bits(trace: GPTTrace, n: int) -> float:
    """How unexpected the last `n` tokens are, in bits a token."""
    return float(surprise(trace.logits, trace.ids)[-n:].mean())


def answer_bits_by_torch(model: GPT, ids: Tensor, n: int) -> float:
    """The same by PyTorch's own functions, from the weights alone."""
    vectors = by_torch.final_vectors(model, ids)[-n - 1 : -1]
    shares = [float(by_torch.next_probs(model, vector)[id]) for vector, id in zip(vectors, ids[-n:], strict=True)]
    return -sum(log2(share) if share else -float("inf") for share in shares) / n


def goes_on(model: GPT, ids: Tensor, n: int) -> list[int]:
    """What the model writes where the last `n` tokens are left away: its first choice each time."""
    return [step.id for step in generate(model, ids[:-n].tolist(), max_new_tokens=GOES_ON)]


def as_read(pair: Pair, chosen: Choices) -> Reading | None:
    """The pair as the chosen model reads it; None where there is no answer in tokens, or no room for both."""
    together = replace(read(chosen.model, "a"), ids=pair.asked + pair.answer)
    return together if pair.answer and len(together.ids) <= together.card.config.context_length else None


def draw(reading: Reading | None, chosen: Choices) -> None:
    """One pair, the answer marked; what the model makes of it."""
    say("pairs")
    found = pairs(reading)
    names = {id: pair.name for id, pair in found.items()}
    id = segments(_("Pair"), list(names), format_func=names.__getitem__, key=PAIR, label_visibility="collapsed")
    pair = found[id]
    answer = [visible(token) for token in map(tokenizer().token, pair.answer)] or [pair.name]
    asked = [visible(token) for token in map(tokenizer().token, pair.asked)]
    rows = [
        Row(_("what is read"), asked),
        Row(_("the answer"), answer, marked=list(range(len(answer))), plain=not pair.answer),
    ]
    chips.draw(rows, key="pairs", label=_("What is read and the answer to it."))
    say(f"pair_{pair.stage}")
    together = as_read(pair, chosen)
    if together:
        tell_numbers(together, len(pair.answer), present=chosen.present)


def tell_numbers(together: Reading, n: int, *, present: bool) -> None:
    """How unexpected the answer is to this model, what it would write instead, and the check."""
    bits, again = together.of(answer_bits, n=n), together.of(answer_bits_by_torch, n=n)
    tell(
        _(
            "This model finds the answer unexpected by {bits:.2f} bits a token (a blind guess: {blind:.2f}); "
            "it writes {own}."
        ),
        bits=bits,
        blind=log2(together.card.config.vocab_size),
        own=show.readable(together.of(goes_on, n=n)).encode(),
    )
    if not present:  # on the wall the pair needs the room
        sentence = _("PyTorch’s own functions, from the weights alone, give the same bits: off by {off:tiny}.")
        check(abs(bits - again) < 1e-3 * max(1.0, again), sentence, off=abs(bits - again))


def answer(reading: Reading | None, chosen: Choices) -> None:
    """The pair whose answer this model expects the most, and the one it expects the least."""
    found = {pair.name: (as_read(pair, chosen), len(pair.answer)) for pair in pairs(reading).values()}
    bits = {name: together.of(answer_bits, n=n) for name, (together, n) in found.items() if together}
    least, most = min(bits, key=bits.__getitem__), max(bits, key=bits.__getitem__)
    sentence = _("Least unexpected: “{least}”, {few:.2f} bits a token. Most: “{most}”, {many:.2f}.")
    tell(sentence, least=least, few=bits[least], most=most, many=bits[most])
