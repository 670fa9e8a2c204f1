"""What a reader does is taken whole, however soon they do the next thing.

Streamlit leaves a run as soon as the browser asks for the next, also in the middle of a callback, and takes the change
that the callback stands for as done: a text typed would be lost with the click on "Read it" that follows, a vote with
the next key. With this a callback is always done to its end, and so is what `session.undivided` holds together; the run
is left after it.
"""

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState

from pages.ui import session

LEAVE = ScriptRunner._maybe_handle_execution_control_request  # Streamlit's own


def install() -> None:
    """From now on, in all sessions of this process."""
    ScriptRunner._maybe_handle_execution_control_request = leave_outside_callbacks


def leave_outside_callbacks(self: ScriptRunner) -> None:
    """Stands for Streamlit's own, which this calls, wherever a run may be left."""
    if ThreadState.get().run_location is not RunLocation.CALLBACK and session.may_be_left():
        LEAVE(self)
