"""What a window in presenter mode shows beside what its address says: it tells a server that knows nothing of it.

A server that was restarted, or a page that is loaded anew, would leave presenter mode in the middle of a lesson. So the
browser keeps this for its window (components/keys.js), and it comes back in the address of the first run alone: put
there by server/wall.js where a page is loaded, and where the connection was lost by server/middleware.py, to which
components/whole_page.js has told it.
"""

import json
from typing import Any

from pages.chapters import CHAPTERS, Chapter
from pages.ui import lesson_plan, session, steps

TAKEN_UP = "what this window showed in another session"
LONGEST = 500  # characters; ours have two hundred at most


def written(opened: Chapter) -> str:
    """Of the chapter that is open: its step, and of a lesson which entry."""
    plan = lesson_plan.taught()
    kept = {"chapter": opened.id, "step": session.get(steps.key(opened)) or ""}
    if plan:
        kept |= {"plan": plan.id, "at": session.get(lesson_plan.AT, 0)}
    return json.dumps(kept, separators=(",", ":"))


def take_up() -> None:
    """Once a session, before choices are resolved: show what this window showed. Nonsense is passed over in silence."""
    if session.get(TAKEN_UP) is not None:
        return
    said = read(session.wall())
    if said:
        session.set("present", True)
        session.set(f"step {said['chapter']}", said["step"])
        plan = next((plan for plan in lesson_plan.plans()[0] if plan.id == said.get("plan")), None)
        if plan:
            at = said.get("at")
            session.set(lesson_plan.PLAN, plan.id)
            session.set(lesson_plan.AT, min(max(at, 0), len(plan.entries) - 1) if isinstance(at, int) else 0)
    session.set(TAKEN_UP, bool(said))


def read(text: str) -> dict[str, Any]:
    """What a browser has kept; empty where that cannot be from here."""
    try:
        said = json.loads(text[:LONGEST] or "{}")
    except (ValueError, RecursionError):
        return {}
    known = isinstance(said, dict) and said.get("chapter") in [row.id for row in CHAPTERS]
    return said if known and isinstance(said.get("step"), str) else {}
