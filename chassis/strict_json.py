# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""JSON of a stranger: read in one way only, and at a bounded cost.

What two parsers read in two ways is refused: a name twice in one object, NaN and Infinity. What costs
many times its size in memory is refused before it is parsed: objects and lists by the hundred thousand.
"""

import json
from typing import Any

__all__ = ["MOST_MEMBERS", "loads"]

MOST_MEMBERS = 1_000  # of one object; the largest of ours has some thirty
MOST_NAMES = 60_000  # of all objects; 5,000 rows of a batch have 35,000
MOST_ITEMS = 150_000
_SMALL_BYTES = 32_768  # so little holds no more than it may


def loads(body: bytes) -> Any:
    """The value that a body says.

    Raises:
        json.JSONDecodeError: it is no JSON, or JSON that is not read here.
    """
    if len(body) > _SMALL_BYTES and (body.count(b":") > MOST_NAMES or body.count(b",") > MOST_ITEMS):
        raise json.JSONDecodeError("too many values", "", 0)
    try:
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except RecursionError as fault:
        raise json.JSONDecodeError("too deep", "", 0) from fault
    except json.JSONDecodeError:
        raise
    except ValueError as fault:  # no text, or a number of thousands of digits
        raise json.JSONDecodeError("unreadable", "", 0) from fault


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise json.JSONDecodeError("a name occurs twice", "", 0)
    if len(pairs) > MOST_MEMBERS:
        raise json.JSONDecodeError("too many names", "", 0)
    return found


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is no JSON", "", 0)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
