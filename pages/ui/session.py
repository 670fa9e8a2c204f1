"""What is kept between two runs of a page: the only file that touches Streamlit's session and the address bar."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

WHOSE = "the session that what is drawn aside is for"
UNTOLD = "sentences that the reader is still to be told"
UNSEEN = "unseen"  # parameter of a run whose picture is thrown away (RestoreStaleSession in pages/server/middleware.py)
WALL = "wall"  # parameter of the first run of a window in presenter mode (pages/ui/wall.py)
UNDIVIDED: ContextVar[bool] = ContextVar("whether a run may not be left here", default=False)
ASIDE: ContextVar[dict[str, Any] | None] = ContextVar("what stands for the session while nobody sees", default=None)


@contextmanager
def undivided() -> Iterator[None]:
    """Within this block the run is not left, though its reader does the next thing (pages/server/callbacks.py).

    For what is taken over and counted as done in several steps; never for what takes long.
    """
    token = UNDIVIDED.set(True)
    try:
        yield
    finally:
        UNDIVIDED.reset(token)


def may_be_left() -> bool:
    """Whether nothing is half done here."""
    return not UNDIVIDED.get()


@contextmanager
def aside(kept: Mapping[str, Any]) -> Iterator[None]:
    """Within this block `kept` stands for the session, and what is set is forgotten after it (`pages/ui/aside.py`)."""
    token = ASIDE.set(dict(kept))
    try:
        yield
    finally:
        ASIDE.reset(token)


def is_aside() -> bool:
    """Whether what is drawn now reaches nobody."""
    return ASIDE.get() is not None


def everything() -> dict[str, Any]:
    """All that this session holds now."""
    kept = ASIDE.get()
    if kept is not None:
        return dict(kept)
    if get_script_run_ctx(suppress_warning=True) is None:
        return {}
    return {str(key): value for key, value in st.session_state.items()}


def get(key: str, default: Any = None) -> Any:
    """What a widget or `set` left under `key`; the default outside a session, as in tests."""
    kept = ASIDE.get()
    if kept is not None:
        return kept.get(key, default)
    if get_script_run_ctx(suppress_warning=True) is None:
        return default
    return st.session_state.get(key, default)


def set(key: str, value: Any) -> None:
    """Set what the widget `key` will show. Only before that widget is drawn, or in a callback."""
    kept = ASIDE.get()
    if kept is None:
        st.session_state[key] = value
    else:
        kept[key] = value


def tell(sentence: str) -> None:
    """Say this to the reader once, with the next picture: where a run is left before it, with the one after that."""
    set(UNTOLD, [*dict.fromkeys([*untold(), sentence])])


def untold() -> list[str]:
    """What the reader is still to be told."""
    return get(UNTOLD, [])


def all_told() -> None:
    """What was to be said stands on the page now, if somebody sees it."""
    if untold() and not is_unseen():
        set(UNTOLD, [])


def set_and_rerun(**values: Any) -> None:
    """In callbacks of a chapter: set what the frame shows, such as text and model; the whole page follows."""
    for key, value in values.items():
        set(key, value)
    st.rerun()


def is_fragment_rerun() -> bool:
    """Whether this run draws a part of the page only (a fragment): something in that part was changed."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(context and context.fragment_ids_this_run)


def is_history_navigation() -> bool:
    """Whether this run was asked for by the browser's back or forward button."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(context and context.is_history_navigation)


def is_unseen() -> bool:
    """Whether this run only prepares the session for the next, which does what the reader asked for."""
    return UNSEEN in st.query_params


def url_parameters() -> dict[str, str]:
    """What the address bar says; of a parameter given twice, the last."""
    return {name: value for name, value in st.query_params.to_dict().items() if name not in {UNSEEN, WALL}}


def wall() -> str:
    """What the window says of itself where its page was loaded anew, or its connection lost."""
    return st.query_params.get(WALL, "")


def repeated_parameters() -> frozenset[str]:
    """Parameters that the address bar gives more than once."""
    return frozenset(name for name in st.query_params if len(st.query_params.get_all(name)) > 1)


def write_url_parameters(parameters: Mapping[str, str], *, before: Mapping[str, str] | None = None) -> None:
    """Make the address bar say exactly this. `before`: what it was made to say last, which may still be on its way."""
    if st.query_params.to_dict() != parameters or before not in (None, parameters):
        st.query_params.from_dict(parameters)


def address_of(page: str = "") -> str:
    """The address of a page as the reader's browser has it, without parameters; only the page where it is not known."""
    here = None if get_script_run_ctx(suppress_warning=True) is None else st.context.url
    return f"{(here or '').removesuffix('/').removesuffix(f'/{page}')}/{page}"


def cookies() -> dict[str, str]:
    """The cookies that the reader's browser had when this session began."""
    return {} if get_script_run_ctx(suppress_warning=True) is None else dict(st.context.cookies)


def network_address() -> str:
    """Where the reader's messages come from, empty for this machine; to count, never to trust or to keep."""
    address = st.context.ip_address
    return address if isinstance(address, str) else ""


def session_id() -> str:
    """Tells sessions apart within this process. A bearer token to Streamlit: never shown, logged or linked."""
    kept = ASIDE.get()
    if kept is not None and WHOSE in kept:
        return str(kept[WHOSE])
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
