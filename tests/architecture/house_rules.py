# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The house rules that no linter knows, each a function from a file to what is wrong in it."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

Rule = Callable[[PurePosixPath, str], Iterator[str]]

LONGEST_FILE = 400
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
HEADER = "# SPDX-FileCopyrightText: Open Inburgering contributors\n# SPDX-License-Identifier: EUPL-1.2\n"
PRIVATE_PLACES = re.compile(r"/(?:work|root|home/[a-z]+)/|\bissue #?\d", re.IGNORECASE)


def length(path: PurePosixPath, text: str) -> Iterator[str]:
    """A file that cannot be read in one go becomes a package of the same name; a migration cannot."""
    if "migrations" in path.parts:
        return
    lines = text.count("\n")
    if path.suffix == ".py" and lines > LONGEST_FILE:
        yield f"{lines} lines, at most {LONGEST_FILE}"


def name(path: PurePosixPath, _text: str) -> Iterator[str]:
    """A file is named after what is in it."""
    for part in path.with_suffix("").parts:
        if part.lower() in VAGUE_NAMES:
            yield f"the name {part} says nothing"


def header(path: PurePosixPath, text: str) -> Iterator[str]:
    """The licence travels with every file."""
    if path.suffix == ".py" and not text.startswith(HEADER):
        yield "does not begin with the two SPDX lines"


def clock(path: PurePosixPath, text: str) -> Iterator[str]:
    """Only the clock knows what time it is."""
    if path == PurePosixPath("chassis/clock.py"):
        return
    for node in _nodes(path, text):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="now" | "utcnow" | "today" as method)):
                called = f"{ast.unparse(owner)}.{method}"
                if re.fullmatch(r"(datetime\.)?(datetime|date)\.\w+", called):
                    yield f"line {node.lineno}: {called}(); take the time from the transaction or a Clock"


def logs(path: PurePosixPath, text: str) -> Iterator[str]:
    """Log lines are named facts, by structlog."""
    if path == PurePosixPath("chassis/logs.py"):
        return
    for node in _nodes(path, text):
        match node:
            case ast.Import(names=imported) if any(one.name.split(".")[0] == "logging" for one in imported):
                yield f"line {node.lineno}: imports logging"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "logging":
                yield f"line {node.lineno}: imports logging"


def middleware(path: PurePosixPath, text: str) -> Iterator[str]:
    """Middleware is pure ASGI: the other kind breaks streaming, context variables and cancellation."""
    for node in _nodes(path, text):
        match node:
            case ast.Name(id="BaseHTTPMiddleware") | ast.Attribute(attr="BaseHTTPMiddleware"):
                yield f"line {node.lineno}: BaseHTTPMiddleware"
            case ast.ImportFrom(names=imported) if any(one.name == "BaseHTTPMiddleware" for one in imported):
                yield f"line {node.lineno}: BaseHTTPMiddleware"
            case ast.Call(func=ast.Attribute(attr="middleware")):
                yield f"line {node.lineno}: the decorator middleware"


def swallowed_faults(path: PurePosixPath, text: str) -> Iterator[str]:
    """A fault is handled, or it is not caught."""
    for node in _nodes(path, text):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body):
            yield f"line {node.lineno}: a fault is caught and dropped"


def commits(path: PurePosixPath, text: str) -> Iterator[str]:
    """The route class commits; a use case never does."""
    if path.parts[0] != "services" or "migrations" in path.parts:
        return
    for node in _nodes(path, text):
        match node:
            case ast.Call(func=ast.Attribute(attr="commit" | "rollback" as method)):
                yield f"line {node.lineno}: calls {method}"


def published_names(path: PurePosixPath, text: str) -> Iterator[str]:
    """A module of the chassis says what it offers."""
    if path.parts[0] != "chassis" or path.suffix != ".py" or len(path.parts) != len(("chassis", "module.py")):
        return
    if path.stem.startswith("_"):
        return
    tree = ast.parse(text)
    targets = {
        ast.unparse(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    }
    if "__all__" not in targets:
        yield "has no __all__"


def private_places(_path: PurePosixPath, text: str) -> Iterator[str]:
    """The repository speaks of no particular machine and no particular tracker."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := PRIVATE_PLACES.search(line):
            yield f"line {number}: {found.group()}"


def _nodes(path: PurePosixPath, text: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(text)) if path.suffix == ".py" else iter(())
