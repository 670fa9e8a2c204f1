"""The two cookies of a class: who teaches it, and a member's random number. Neither says anything of a person."""

import secrets

from pages.services.classes.codes import read_code

TEACHER = "glassbox_class"  # the class's code, a dot and the teacher's secret
MEMBER = "glassbox_member"


def teacher_cookie(code: str, secret: str) -> str:
    """What the teacher's cookie says."""
    return f"{code}.{secret}"


def taught(cookies: dict[str, str]) -> tuple[str, str]:
    """The code and the secret of the class that a browser teaches; both empty where it teaches none.

    >>> taught({"glassbox_class": "K79PWX.s"}), taught({})
    (('K79PWX', 's'), ('', ''))
    """
    code, _dot, secret = cookies.get(TEACHER, "").partition(".")
    return (code, secret) if code and read_code(code) == code else ("", "")


def new_member() -> str:
    """A random number, in a member's browser and nowhere else."""
    return secrets.token_urlsafe(16)
