"""What whoever runs the server may set in its environment; a value out of range stops the start, by name."""

import os
from pathlib import Path


def whole_number(name: str, default: int, lowest: int, highest: int) -> int:
    """An environment variable as a whole number.

    Raises:
        SystemExit: it is set to something else, or out of range; the message names the variable and the range.
    """
    text = os.environ.get(name, str(default))
    short = text.isascii() and text.isdigit() and len(text) < 10  # int() itself refuses 4,300 digits and more
    if not short or not lowest <= int(text) <= highest:
        raise SystemExit(f"{name}={text[:40]!r} is not a whole number from {lowest} to {highest}")
    return int(text)


def one_of(name: str, *allowed: str) -> str:
    """An environment variable that is one of a few words, or empty.

    Raises:
        SystemExit: it is another; the message names the variable and the words.
    """
    text = os.environ.get(name, "")
    if text and text not in allowed:
        raise SystemExit(f"{name}={text[:40]!r} is not {' or '.join(allowed)}")
    return text


def folders(name: str) -> tuple[Path, ...]:
    """An environment variable as folders, between them what is between those of PATH: a colon, on Windows a semicolon.

    Raises:
        SystemExit: one of them is no folder; the message names both.
    """
    found = tuple(Path(text) for text in os.environ.get(name, "").split(os.pathsep) if text)
    for folder in found:
        if not folder.is_dir():
            raise SystemExit(f"{name}: {str(folder)[:200]!r} is not a folder")
    return found


MAX_TOKENS = whole_number("GLASSBOX_MAX_TOKENS", 128, 1, 1_024)  # a trace of GPT-2 small takes 1 MB a token here
CACHE_MB = whole_number("GLASSBOX_CACHE_MB", 512, 16, 65_536)
THREADS = whole_number("GLASSBOX_THREADS", min(os.cpu_count() or 1, 4), 1, 64)
DEVELOPER = bool(whole_number("GLASSBOX_DEV", 0, 0, 1))  # pages and modules are read again when they are saved
LOG = one_of("GLASSBOX_LOG", "json")  # lines for machines, without what readers wrote
LESSONS = os.environ.get("GLASSBOX_LESSONS", "")  # folder with a teacher's own lessons (*.yaml)
CLASS_STORE = os.environ.get("GLASSBOX_CLASS_STORE", "")  # a file, or redis://… for several replicas of the server
MODELS = folders("GLASSBOX_MODELS")  # with models of the readers' own, beside assets/models
