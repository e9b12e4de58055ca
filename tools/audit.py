# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ask OSV about every locked version: `python -m tools.audit`. Fails for what is known to be faulty.

Without a way to OSV nothing can be said about the versions. That is told in capitals and does not fail: a
build must not be red for a network, nor look as if it had been audited.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Verdict", "main", "verdict"]

_NO_NETWORK = ("error sending request", "dns error", "timed out", "connection refused", "status server error")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit came to."""

    fails: bool
    text: str


def verdict(code: int, said: str) -> Verdict:
    """The meaning of uv's exit code and words."""
    if code == 0:
        return Verdict(fails=False, text="audit: clean")
    if any(sign in said.lower() for sign in _NO_NETWORK):
        return Verdict(fails=False, text="audit: NOT AUDITED, OSV cannot be reached from here")
    if code == 1:
        return Verdict(fails=True, text="audit: known faults were found")
    return Verdict(fails=True, text="audit: could not run")


def main() -> int:
    """Run the audit and answer the exit code."""
    uv = Path(sys.executable).with_name("uv")
    try:
        done = subprocess.run(  # noqa: S603 - the tool beside this Python
            [uv, "audit", "--frozen"], capture_output=True, text=True, check=False, timeout=300
        )
    except subprocess.TimeoutExpired:
        found, said = verdict(2, "timed out"), ""
    else:
        said = done.stdout + done.stderr
        found = verdict(done.returncode, said)
    print(said.strip())
    print(found.text)
    return int(found.fails)


if __name__ == "__main__":
    sys.exit(main())
