# %% names_are_in_code
import ast
from pathlib import Path

import gpt_core

given = set()
for file in Path(gpt_core.__file__).parent.rglob("*.py"):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        given |= {getattr(node, name, None) for name in ("name", "arg", "attr")}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            given.add(node.target.id)
n = len(ours)
assert [name for name in ours if name not in given] == []
