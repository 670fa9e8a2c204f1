"""Codes of classes: six characters that can be read from the back row, said aloud and typed on a phone."""

import re
import secrets

# No 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, G beside 6, U and V: none looks like another.
ALPHABET = "34679ACDEFHJKMNPQRTWXY"
LENGTH = 6


def new_code() -> str:
    """One of 113 million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """A code as somebody typed it, small letters and spaces and all; empty where it can be none.

    >>> read_code(" k7 9-pwx ")
    'K79PWX'
    >>> read_code("K79PW0")
    ''
    """
    code = re.sub(r"[\s-]", "", typed[:40]).upper()
    return code if re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code) else ""
