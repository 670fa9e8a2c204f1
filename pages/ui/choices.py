"""The reader's choices: one text, model, layer, head, token and language for all chapters, in the address bar too."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt_core.tokenizer.vocabulary import END_OF_TEXT
from pages.chapters import Chapter
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine, models
from pages.settings import MAX_TOKENS
from pages.ui import focus, in_class, link, model_picker, moments, session
from pages.ui.components.chart import Click
from pages.ui.words import LANGUAGES, _, examples, language, literal, number

MOST_CHARACTERS = max(2_000, 10 * MAX_TOKENS)  # of any text: it has room for as many tokens as this server shows
MOST_COUNTED = 100_000  # characters of a pasted text whose tokens are counted
PASTED = "what is left of a text that was too long, with its whole numbers of characters and tokens"
WHOLE_NUMBERS = {"layer", "head", "token", "key"}
LINKED = WHOLE_NUMBERS | {"text", "model", "moment", "lang", "special", "look"}  # what an address says on every chapter
NOT_SETTINGS = LINKED | {"page", "present", in_class.PARAMETER}  # a page that is not there; what is nobody else's
WRITTEN = "addresses that this session wrote last"
REMEMBERED = 50  # of them: a browser may lag behind by as many
LAST = "choices of the last run"
SWITCH = "switch of presenter mode"  # which is not drawn there, and whose value Streamlit forgets on the next page
TAKEN = "examples taken"  # how many; their list is a new one then, and closed
FROM_LINK = "the experiment that a link names"
IN_PAGE = "text_in_page"  # the second text box
WAS = "a layer that the moment lacks, and the one that is shown for it"


@dataclass(frozen=True)
class Choices:
    """What is chosen, checked against the model and the text: every number is in range."""

    text: str
    model: str  # as the engine knows it: at a moment of its training, storyteller@300
    layer: int
    head: int
    token: int  # the query: the token that asks
    key: int  # the token it looks at
    lang: str
    present: bool
    special: bool = False  # whether <|endoftext|> in the text is the special token


def apply_url_parameters() -> tuple[set[str], set[str]]:
    """Take over what the address bar says, where this session did not write it, or where the reader goes back to it.

    What it wrote a moment ago is no link that was opened: the browser had not heard of a newer address yet when it sent
    a new text, say, which would be lost. Returns the names of the numbers that were taken over, and of the parameters
    that made no sense.
    """
    for name, value in session.get(LAST, {}).items():
        if session.get(name) is None:  # Streamlit may forget a widget's value when it changes the page
            session.set(name, value)
    said, back = session.url_parameters(), session.is_history_navigation()
    taken, strange, linked_moment = set(), set(), False
    if followed := in_class.news():  # the address of another page, which says all that is on its screen
        own = {} if said in session.get(WRITTEN, []) else {name: said[name] for name in said.keys() & {"lang"}}
        said, back = {**followed, **own}, True
    if said and (said not in session.get(WRITTEN, []) or back):
        strange |= session.repeated_parameters() & LINKED
        link.take_over({name: said[name] for name in said.keys() - NOT_SETTINGS}, back=back)
        if "key" in said:
            focus.forget_key()
        if said.keys() & {"layer", "head"}:
            focus.forget_head()
            session.set(WAS, None)
        for name in WHOLE_NUMBERS & said.keys():
            digits = said[name].removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(digits) < 10:
                session.set(name, int(said[name]))
                taken.add(name)
            else:
                strange.add(name)
        legal = {"model": models.can_be_chosen, "lang": LANGUAGES.__contains__, "special": "1".__eq__}
        for name in legal.keys() & said.keys():
            if legal[name](said[name]):
                session.set(name, name == "special" or said[name])
            else:
                strange.add(name)
        linked_moment = moments.take_over(said, back=back)
        if back:  # an address says nothing of a switch where it was off
            session.set("special", said.get("special") == "1")
        if "text" in said:
            session.set("text", said["text"])
        if "page" in said:  # of a page that does not exist (pages/server/middleware.py)
            strange.add("page")
        if "look" in said or back:  # an address says nothing of the experiment where it was the first
            session.set(FROM_LINK, said.get("look", ""))
    if session.get("lang") not in LANGUAGES:
        browser = (st.context.locale or "en")[:2].lower()
        session.set("lang", browser if browser in LANGUAGES else "en")
    if not models.can_be_chosen(session.get("model", "")):
        session.set("model", engine.available_models()[0])
    if not moments.settle() and linked_moment:  # whoever goes on to another model has asked for no moment of that
        strange.add(moments.MOMENT)
    if session.get("text") is None:
        focus.show(examples(language())[0])
    return taken, strange


def clean(text: str) -> tuple[str, list[str]]:
    """A text as the model can have it, not too long, with notices of lone surrogates that were replaced."""
    notices = []
    text = text[:MOST_CHARACTERS]
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\ufffd" in whole:  # put there just now, or by pages/server/middleware.py, or by whoever wrote the link
        notices.append(_("The text holds half a character; it is shown as U+FFFD."))
    return whole, notices


def clamp_choice(name: str, n: int) -> bool:
    """Bring a whole number into 0 … n - 1 before its widget is drawn; True where it was outside."""
    value = session.get(name)
    wanted = (n - 1 if name == "token" else 0) if value is None else int(value)
    legal = min(max(wanted, 0), n - 1)
    session.set(name, legal)  # also where it is already so: a slider with a new end would begin at 0 again
    return value is not None and value != legal


def take_example() -> None:
    """When an example is picked: its text becomes the reader's text, and its layer and head are shown."""
    focus.show(examples(language())[session.get("example")])
    session.set("example", None)
    session.set(TAKEN, session.get(TAKEN, 0) + 1)


def choose_token(click: Click) -> None:
    """For charts with a token in each row: a click chooses it as the query, on every chapter."""
    session.set("token", round(float(click.y)))


def choose_cell(click: Click) -> None:
    """For charts with a query in each row and a key in each column: a click chooses both, on every chapter."""
    choose_token(click)
    session.set("key", round(float(click.x)))
    focus.forget_key()  # this one was picked


def choose_head(layer: int, head: int) -> None:
    """For pictures of all heads: a click chooses layer and head, on every chapter."""
    session.set("layer", layer)
    session.set("head", head)
    session.set(WAS, None)


def resolve_choices() -> tuple[Choices, Reading | None, list[str]]:
    """What is chosen, before anything is drawn.

    Returns the choices, the text as the model reads it (None for an empty one), and notices on them in plain words.
    """
    in_class.enter()
    tell_of_lost_model()
    with session.undivided():
        taken, strange = apply_url_parameters()
    typed = session.get("text")
    text, notices = clean(typed)
    if len(typed) > MOST_CHARACTERS:
        session.set(PASTED, (text, len(typed), len(tokenizer().encode(typed[:MOST_COUNTED], special=is_special(text)))))
    session.set("text", text)
    session.set("model", session.get("model"))  # the browser keeps the title it had in another language
    model, _problem = engine.load_or_fallback(moments.chosen_model())
    special = is_special(text)
    reading = read(model, text, session=session.session_id(), special=special) if text else None
    if reading:
        focus.move(reading, linked=taken)
    choices, outside = clamp_to_model(text, model, reading)
    notices = session.untold() + notices + (what_was_cut(reading) if reading else [])
    link.tell_of_misfits(*sorted(strange | (taken & outside)))
    return choices, reading, notices


def tell_of_lost_model() -> None:
    """Where the model that was chosen is there no more, or cannot be opened since its files were exchanged.

    The files of a reader's own are looked at in every run: somebody trains on, or tidies up, while the page is open.
    """
    models.refresh()
    name = session.get("model")
    if name is None or models.can_be_chosen(name):
        return
    other = models.card(engine.available_models()[0])
    sentence = _("The model “{name}” cannot be used any more: {reason}. {model} is shown instead.")
    reason, title = literal(model_picker.why_lost(name)).removesuffix("."), literal(model_picker.title_of(other))
    session.tell(sentence.format(name=literal(model_picker.called(name)), reason=reason, model=title))


def go_on(reading: Reading | None) -> None:
    """While a chapter alone is drawn again: take over what its class shows now, of the same text in the same model."""
    with session.undivided():
        taken, strange = apply_url_parameters()
    if reading:
        focus.move(reading, linked=taken)
    link.tell_of_misfits(*sorted(strange))


def what_was_cut(reading: Reading) -> list[str]:
    """How much of a text is left out, counted by the whole of it, as long as the box holds what is left."""
    told, n_tokens, sentence = [], reading.n_tokens, _("First {shown} of {all} tokens shown.")
    kept, n_characters, n_pasted = session.get(PASTED) or ("", 0, 0)
    if kept == reading.text:
        cut = _("The text of {all} characters is cut after {most} characters.")
        told = [cut.format(all=number(n_characters), most=number(MOST_CHARACTERS))]
        n_tokens = n_pasted
        if n_characters > MOST_COUNTED:
            sentence = _("First {shown} of more than {all} tokens shown.")
    if n_tokens > len(reading.ids):
        told.append(sentence.format(shown=number(len(reading.ids)), all=number(n_tokens)))
    return told


def sizes(model: str, reading: Reading | None) -> dict[str, int]:
    """How many values each slider has, in the order of the page."""
    config = models.card(model).config
    n_tokens = len(reading.ids) if reading else 1
    return {"layer": config.n_layers, "head": config.n_heads, "token": n_tokens, "key": n_tokens}


def clamp_to_model(text: str, model: str, reading: Reading | None) -> tuple[Choices, set[str]]:
    """The choices with layer, head, token and key brought into range, and the names of those that were outside.

    Before the sliders are drawn. Where a moment has fewer layers than the reader's, theirs comes back with the others.
    """
    outside, picked = set(), session.get("layer")
    wish, shown = session.get(WAS) or (None, None)
    if wish is not None and (picked != shown or wish < sizes(model, reading)["layer"]):
        session.set(WAS, None)
        session.set("layer", wish if picked == shown else picked)
    for name, n in sizes(model, reading).items():
        if name == "key" and reading:
            focus.suggest_key(reading)
        if clamp_choice(name, n):
            outside.add(name)
            if name == "layer" and models.parted(model)[1] is not None:
                session.set(WAS, (picked, session.get("layer")))
    found = {name: int(session.get(name)) for name in sizes(model, reading)}
    switches = {"present": bool(session.get("present")), "special": is_special(text)}
    return Choices(text, model, **found, lang=language(), **switches), outside


def draw() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Draw the choices in the sidebar, the same on every chapter.

    Returns the places for the sliders, for sharing, and for a class.
    """
    draw_language()
    st.text_area(_("Your text"), key="text", height=84, placeholder=_("Type a sentence …"))
    go, ready = st.columns([4, 5], gap="small")
    go.button(_("Read it"), type="primary", width="stretch", key="read")  # leaving the box is what commits the text
    draw_examples(ready)
    draw_special(session.get("text"))
    model_picker.draw()
    sliders = st.container()
    share, together = st.columns(2, gap="small")
    session.set(SWITCH, bool(session.get("present")))
    st.toggle(_("Presenter mode"), key=SWITCH, on_change=lambda: session.set("present", session.get(SWITCH)))
    return sliders, share, together


def is_special(text: str) -> bool:
    """Whether the reader wants the end-of-text mark in this text to be the special token."""
    return END_OF_TEXT in text and bool(session.get("special"))


def draw_special(text: str) -> None:
    """A switch for texts with the end-of-text mark: only there does it mean something."""
    if END_OF_TEXT in text:
        session.set("special", is_special(text))
        st.toggle(_("Read {mark} as the special token").format(mark=f"`{END_OF_TEXT}`"), key="special")


def draw_language() -> None:
    """The two languages side by side, each in its own words."""
    st.segmented_control(
        "Language · Langue",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        required=True,
        width="stretch",
        label_visibility="collapsed",
    )


def draw_examples(place: DeltaGenerator | None = None) -> None:
    """Ready texts, each with what it is for, behind a button; a choice closes the list, which covers the page."""
    described = ["{}  \n*{}*".format(literal(text["text"]), literal(text["purpose"])) for text in examples(language())]
    popover, width = (st.popover, "content") if place is None else (place.popover, "stretch")
    # What the server knows to be open it opens again, when the reader has closed it meanwhile.
    with popover(_("Examples"), width=width, key=f"examples_{session.get(TAKEN, 0)}"):
        st.radio(
            _("Each example shows something else"),
            range(len(described)),
            format_func=described.__getitem__,
            index=None,
            key="example",
            on_change=take_example,
        )


def draw_sentence(text: str) -> None:
    """The text in one line, read with Enter; one of several lines keeps them."""
    label, hint = _("Your text"), _("Type a sentence …")
    if "\n" in text:
        st.text_area(label, key="text", placeholder=hint, label_visibility="collapsed", height=68)
    else:
        st.text_input(label, key="text", placeholder=hint, label_visibility="collapsed")


def draw_others() -> DeltaGenerator:
    """For the class bar: language and model. Returns the place for the sliders."""
    draw_language()
    draw_special(session.get("text"))
    model_picker.draw()
    return st.container()


def draw_text_in_page() -> None:
    """The text box once more, in the page: it is seen where the sidebar is closed at first (pages/ui/style.py)."""
    session.set(IN_PAGE, session.get("text"))
    with st.container(key="in_page"):
        st.text_area(_("Your text"), key=IN_PAGE, height=98, placeholder=_("Type a sentence …"), on_change=take_text)
        st.button(_("Read it"), type="primary", key="read_in_page")


def take_text() -> None:
    """When a text is typed in the page: it is the reader's text, as one typed in the sidebar is."""
    session.set("text", session.get(IN_PAGE))


def draw_sliders(model: str, reading: Reading | None) -> None:
    """Layer, head, token and key; one that has a single value is left out."""
    labels = {"layer": _("Layer"), "head": _("Head"), "token": _("Token (query)"), "key": _("Looks at (key)")}
    columns = [*st.columns(2, gap="small"), *st.columns(2, gap="small")]
    for column, (name, n) in zip(columns, sizes(model, reading).items(), strict=True):
        if n > 1:
            column.slider(labels[name], 0, n - 1, 0, key=name)  # the session has its value
    if reading and focus.is_head_suggested():
        rule = _(
            "Of all heads, the one in which the token in focus looks most at one earlier token. "
            "The token just before it and the first one do not count."
        )
        if moments.held(model)[moments.MOMENT]:
            rule += " " + _("That is so in the finished model: the same head is shown at every moment of its training.")
        st.caption(_("Layer and head are chosen for this text."), help=rule)


def remember(choices: Choices) -> None:
    """What is chosen, for the next run: Streamlit forgets the value of a widget that a run does not draw."""
    session.set(LAST, held(choices))


def held(choices: Choices) -> dict[str, Any]:
    """The choices as the session and an address hold them: the model, and beside it the moment of its training."""
    return {**vars(choices), **moments.held(choices.model)}


def _linked(choices: Choices, chapter: Chapter, look: str) -> list[link.Setting]:
    """What a link to this chapter says, the most important in front."""
    said = {"special": "1"} if choices.special else {}
    said |= {name: str(value) for name, value in held(choices).items() if name in LINKED - {"special"}}
    if not said[moments.MOMENT]:  # of the finished model there is nothing to say
        del said[moments.MOMENT]
    said |= {"look": look} if look else {}
    text = link.Setting("text", _("your text"), said.pop("text"))
    always = [link.Setting(name, name, value) for name, value in said.items()]
    return link.in_order(always, text, link.settings(chapter.id))


def link_to(choices: Choices, chapter: Chapter, look: str = "") -> str:
    """The link to this chapter with these choices, its settings as far as they are drawn, and an experiment."""
    place = session.address_of(chapter.path)
    return link.address(place, link.fitting(_linked(choices, chapter, look), place)[0])


def write_url(choices: Choices, *, chapter: Chapter, look: str = "") -> tuple[str, list[str]]:
    """Bring the address bar up to date, with the chapter's settings and the experiment that is open.

    Returns the link, and what is too long for it, in words. Presenter mode is never in it: a phone that opens it
    has no use for that.
    """
    parts = _linked(choices, chapter, look)
    place = session.address_of(chapter.path)
    parameters, left_out = link.fitting(parts, place)
    in_class.remember({part.name: part.written for part in parts})
    written = in_class.address(parameters)
    before = session.get(WRITTEN, [])
    session.write_url_parameters(written, before=before[-1] if before else None)
    session.set(WRITTEN, [*(one for one in before if one != written), written][-REMEMBERED:])
    remember(choices)
    return link.address(place, parameters), left_out
