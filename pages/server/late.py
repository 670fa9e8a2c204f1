"""What a browser says of a widget before it has heard that the server gave that widget another value.

With everything that a reader does, a browser sends what all its widgets show. While an answer is on its way, that is
the past: a text typed in one of the two boxes would be lost with the click on "Read it" that follows, a token chosen in
the ribbon with the next touch of a slider. Streamlit takes the past for what the reader wants; with this it does not.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import unpack_widget_state_value, user_key_from_element_id
from streamlit.runtime.state.session_state import SessionState

from pages.server.middleware import TRIGGERS
from pages.ui.session import UNSEEN

REPORT = "what the browser said last"
# Of the values that last, those that the server can set.
KINDS = {"bool_value", "int_value", "double_value", "string_value"}
KINDS |= {"int_array_value", "double_array_value", "string_array_value"}
UNKNOWN = object()  # no widget's value
TAKE = SessionState.on_script_will_rerun  # Streamlit's own


@dataclass(frozen=True)
class Report:
    """What a browser said: on which page it is, and each widget by its id."""

    page: str = ""
    widgets: Mapping[str, WidgetState] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What a browser says of one widget, what it said last, and what the server has made of that since."""

    id: str
    value: Any
    before: Any
    now: Any
    asks: bool = True  # whether a change of it asks for the run that is about to begin

    @property
    def is_past(self) -> bool:
        """Whether it says what it said last, and the server has made something else of it."""
        return self.value == self.before != self.now

    @property
    def is_heard(self) -> bool:
        """Whether it says what the server has made of it, and did not last time."""
        return self.before != self.value == self.now


def install() -> None:
    """From now on, in all sessions of this process: what a browser says too late is left out."""
    SessionState.on_script_will_rerun = take_news


def take_news(
    self: SessionState,
    fresh_widget_states: WidgetStates | None,
    *,
    replay_trigger_states: WidgetStates | None = None,
    replay_trigger_values: Mapping[str, Any] | None = None,
    is_history_navigation: bool = False,
) -> None:
    """Stands for Streamlit's own, which this calls, before each run of a session."""
    late = hear(self, fresh_widget_states, navigated=is_history_navigation) if fresh_widget_states else set()
    if fresh_widget_states and late:
        kept = [one for one in fresh_widget_states.widgets if one.id not in late]
        fresh_widget_states = WidgetStates(widgets=kept)
    TAKE(
        self,
        fresh_widget_states,
        replay_trigger_states=replay_trigger_states,
        replay_trigger_values=replay_trigger_values,
        is_history_navigation=is_history_navigation,
    )
    for key in map(user_key_from_element_id, late):
        if key is not None and not self.is_new_state_value(key):
            self[key] = self[key]  # the browser is told once more: the last run may not have come so far


def hear(state: SessionState, fresh: WidgetStates, *, navigated: bool) -> set[str]:
    """Remember what a browser says. Returns the ids of the widgets of which that is the past."""
    context = get_script_run_ctx()
    page, query = (context.page_script_hash, context.query_string) if context else ("", "")
    fragments = context.fragment_ids_this_run if context else None
    before: Report = state[REPORT] if REPORT in state else Report()
    report = Report(page, {one.id: one for one in fresh.widgets if one.WhichOneof("value") in KINDS})
    if f"{UNSEEN}=1" not in query.split("&"):  # such a run comes before what the reader did, which is still to be heard
        state[REPORT] = report
    said = []
    for id in report.widgets.keys() & before.widgets.keys():
        drawn, now = state._new_widget_state.widget_metadata.get(id), value_now(state, id)
        if drawn and now is not UNKNOWN:
            value, last = (drawn.deserializer(unpack_widget_state_value(one.widgets[id])) for one in (report, before))
            said.append(Said(id, value, last, now, asks=fragments is None or drawn.fragment_id in fragments))
    pressed = any(one.WhichOneof("value") in TRIGGERS for one in fresh.widgets)
    return past(said, moved=navigated or pressed or page != before.page)


def past(said: Collection[Said], *, moved: bool) -> set[str]:
    """The widgets of which a browser says the past. `moved`: its reader pressed a button, or went to another page.

    What it says again was not touched, and stays what the server has made of it. But a reader may take a widget back to
    just that: then nothing else was done, or of another widget the browser says what the server has made of that.
    """
    found = [one for one in said if one.is_past]
    taken_back = len(found) == 1 and found[0].asks and not moved and all(one.value == one.before for one in said)
    return set() if taken_back or any(one.is_heard for one in said) else {one.id for one in found}


def value_now(state: SessionState, id: str) -> Any:
    """The value that the server has for a widget; UNKNOWN for one without a key, which nobody else can set."""
    key = user_key_from_element_id(id)
    return state[key] if key is not None and key in state else UNKNOWN
