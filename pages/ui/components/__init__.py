"""What is drawn in the browser by scripts of our own: charts, the ribbon of tokens, chips, the road map."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def script(name: str) -> str:
    """A component's script without its JSDoc, which is for those who read it: Streamlit sends it with every mount."""
    whole_lines = r"^[ \t]*/\*\*(?:(?!\*/).)*\*/\n"  # a comment with code behind it stays
    return re.sub(whole_lines, "", (HERE / name).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
