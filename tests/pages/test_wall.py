"""A window in presenter mode comes back as it was where the server knows nothing of it; nonsense does no harm."""

import json

import pytest

from pages.ui import lesson_plan, wall
from tests.pages.conftest import assert_healthy

TEXT = {"lang": "en", "text": "one two three"}
HERE = {"chapter": "heads", "step": "arcs"}


def place(app) -> tuple[str, str]:
    """The step that is shown, and the lesson that is taught."""
    return app.session_state["step heads"], app.session_state[lesson_plan.PLAN]


def test_its_step_is_shown_and_nothing_of_it_stays_in_the_address(run):
    app = run("heads", **TEXT, wall=json.dumps(HERE))
    assert_healthy(app)
    assert app.session_state["present"]
    assert place(app) == ("arcs", "")
    assert "wall" not in app.query_params
    app.session_state["present"] = False
    app.query_params["wall"] = json.dumps(HERE)
    assert not app.run().session_state["present"]  # this session knows by now


def test_what_is_written_is_what_is_taken_up(run, monkeypatch):
    plan = lesson_plan.plans()[0][0]
    at = next(number for number, entry in enumerate(plan.entries) if entry.chapter == "heads")
    told = []
    monkeypatch.setattr(wall, "written", lambda opened, write=wall.written: told.append(write(opened)) or told[-1])
    kept = HERE | {"step": plan.entries[at].step, "plan": plan.id, "at": at}
    app = run("heads", **TEXT, wall=json.dumps(kept))
    assert_healthy(app)
    assert place(app) == (plan.entries[at].step, plan.id)
    assert app.session_state[lesson_plan.AT] == at
    assert json.loads(told[-1]) == kept
    assert len(told[-1]) <= wall.LONGEST


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "no JSON",
        "[" * 5_000,
        "[]",
        '"heads"',
        '{"chapter": "heads"}',
        '{"chapter": ["heads"], "step": "arcs"}',
        '{"chapter": "heads", "step": {"a": 1}}',
        '{"chapter": "../heads", "step": "arcs"}',
        json.dumps(HERE | {"more": "x" * wall.LONGEST}),
    ],
)
def test_nonsense_is_passed_over_in_silence(run, kept):
    app = run("heads", **TEXT, wall=kept)
    assert_healthy(app)
    assert not app.info
    assert not (app.session_state.get("present"))


@pytest.mark.parametrize("more", [{"step": "no such step"}, {"plan": "none"}, {"plan": 7}, {"at": 10**30}, {"at": "x"}])
def test_what_is_not_there_any_more_is_the_first_that_is(run, more):
    plan = lesson_plan.plans()[0][0]
    app = run("heads", **TEXT, wall=json.dumps(HERE | {"plan": plan.id, "at": 1} | more))
    assert_healthy(app)
    assert app.session_state["present"]
    assert app.session_state.get(lesson_plan.AT, 0) in range(len(plan.entries))
    assert not app.info
