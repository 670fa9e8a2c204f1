"""What whoever runs the server may set in its environment; a value out of range stops the start, by name."""

import os


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


MAX_TOKENS = whole_number("GLASSBOX_MAX_TOKENS", 128, 1, 1_024)  # a trace of GPT-2 small takes 1 MB a token here
CACHE_MB = whole_number("GLASSBOX_CACHE_MB", 512, 16, 65_536)
THREADS = whole_number("GLASSBOX_THREADS", min(os.cpu_count() or 1, 4), 1, 64)
DEVELOPER = bool(whole_number("GLASSBOX_DEV", 0, 0, 1))  # pages and modules are read again when they are saved
LESSONS = os.environ.get("GLASSBOX_LESSONS", "")  # folder with a teacher's own lessons (*.yaml)
CLASS_STORE = os.environ.get("GLASSBOX_CLASS_STORE", "")  # a file, or redis://… for several replicas of the server
