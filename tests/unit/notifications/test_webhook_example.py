# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The check in docs/webhooks.md, as it stands there, refuses what it must and takes what we send."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.notifications.partners.receivers import sign

pytestmark = pytest.mark.security("S19")

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET, OTHER = (
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
)
BODY = b'{"specversion":"1.0","id":"1"}'
NOW = 1_730_000_000


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), found)  # noqa: S102 - our own page
    return found


def headers(*secrets: str, at: int = NOW, told: str = "msg_1", body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": told,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secrets, message_id=told, timestamp=at, body=body),
    }


def check(
    example: dict[str, Any], given: dict[str, str], body: bytes = BODY, seen: set[str] | None = None
) -> bool:
    run: Callable[..., bool] = example["check"]
    return run(SECRET, given, body, set() if seen is None else seen, now=lambda: float(NOW))


def test_what_we_sign_is_taken_once_by_the_example(example: dict[str, Any]) -> None:
    seen: set[str] = set()
    assert check(example, headers(SECRET), seen=seen)
    assert not check(example, headers(SECRET, at=NOW + 60), seen=seen), "a later try of the same"
    assert check(example, headers(OTHER, SECRET)), "while a secret is being replaced"
    assert check(example, headers(SECRET, at=NOW - 299))


def test_the_library_of_standard_webhooks_signs_the_same() -> None:
    theirs = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert sign([SECRET], message_id="msg_1", timestamp=NOW, body=BODY) == theirs


@pytest.mark.parametrize(
    "given",
    [
        headers(OTHER),
        headers(SECRET, at=NOW - 301),
        headers(SECRET, at=NOW + 301),
        headers(SECRET, body=BODY + b" "),
        {**headers(SECRET), "webhook-id": "msg_2"},
        {**headers(SECRET), "webhook-timestamp": str(NOW + 1)},
        {**headers(SECRET), "webhook-timestamp": "soon"},
        {**headers(SECRET), "webhook-signature": ""},
        {**headers(SECRET), "webhook-signature": headers(SECRET)["webhook-signature"].replace("v1,", "v2,")},
        {**headers(SECRET), "webhook-signature": "v1,é"},
        {},
    ],
)
def test_what_is_forged_changed_or_old_is_refused_by_the_example(
    example: dict[str, Any], given: dict[str, str]
) -> None:
    with pytest.raises(example["NotOurs"]):
        check(example, given)
