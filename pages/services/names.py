"""Names that come from files: they may hold bytes that are no text, which no browser can be sent."""


def readable(name: str) -> str:
    """A name as it may be shown and sent: what is no text in it becomes a question mark.

    >>> readable("mod\\udce8le")
    'mod?le'
    """
    return name.encode("utf-8", "replace").decode("utf-8")
