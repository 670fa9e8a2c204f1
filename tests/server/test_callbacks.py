"""A callback is done to its end, though the browser has asked for the next run meanwhile."""

import asyncio

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from pages.server import callbacks, late


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", callbacks.leave_outside_callbacks)


def page():
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    def take() -> None:
        st.session_state.asked = st.session_state.get("asked", 0) + 1
        context = get_script_run_ctx()
        assert context is not None and context.script_requests is not None
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        st.session_state.taken = st.session_state.typed  # here Streamlit's own would leave

    st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.text_input("typed", key="typed", on_change=take)
    st.session_state.through = st.session_state.get("through", 0) + 1


def test_a_callback_is_done_to_its_end_before_the_next_run(installed):
    app = AppTest.from_function(page).run()
    app.text_input[0].set_value("a king").run()
    assert not app.exception
    assert app.session_state["taken"] == "a king"
    assert app.session_state["asked"] == 1


def test_a_run_is_left_behind_a_callback_for_the_next(installed):
    app = AppTest.from_function(page).run()
    app.text_input[0].set_value("a king").run()
    assert app.session_state["runs"] == app.session_state["through"] == 2  # the first, and the one asked for meanwhile


def page_of_parts():
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from pages.ui import session

    with session.undivided():
        if st.session_state.get("next"):
            st.session_state.next = False  # as if it were done
            context = get_script_run_ctx()
            assert context is not None and context.script_requests is not None
            context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
            st.session_state.done = st.session_state.get("done", 0) + 1
    st.session_state.left = st.session_state.get("left", 0) + 1  # here it may be left


def test_what_is_undivided_is_done_to_its_end_before_the_next_run(installed):
    app = AppTest.from_function(page_of_parts).run()
    app.session_state["next"] = True
    app.run()
    assert not app.exception
    assert app.session_state["done"] == 1
    assert app.session_state["left"] == 2  # the first run, and the one that was asked for meanwhile


def test_the_server_lets_no_callback_be_left_and_hears_what_is_late(monkeypatch):
    import app

    monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", callbacks.LEAVE)
    monkeypatch.setattr(SessionState, "on_script_will_rerun", late.TAKE)
    monkeypatch.setattr(app, "LOG", "")
    for module, name in ((app.preloading, "preload"), (app, "end_streams_with_the_server"), (app.gc, "freeze")):
        monkeypatch.setattr(module, name, lambda: None)

    async def start() -> None:
        async with app.lifespan(app.app):
            pass

    asyncio.run(start())
    assert ScriptRunner._maybe_handle_execution_control_request is callbacks.leave_outside_callbacks
    assert SessionState.on_script_will_rerun is late.take_news
