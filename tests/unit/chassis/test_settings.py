# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is only for trying is refused in production, with the name of the setting and without its value."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from chassis.run import explain
from chassis.settings import PlatformSettings

SAFE: dict[str, Any] = {"environment": "production", "pseudonym_key": SecretStr("a-long-random-text")}


def test_production_starts_with_what_it_needs() -> None:
    assert PlatformSettings(**SAFE).environment == "production"


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("pseudonym_key", SecretStr("development-only"), "OPEN_INBURGERING_PSEUDONYM_KEY"),
        ("fault", "after-send-before-mark", "OPEN_INBURGERING_FAULT"),
        ("clock", "2024-09-02T09:00:00+02:00", "OPEN_INBURGERING_CLOCK"),
        ("clock_file", "clock.json", "OPEN_INBURGERING_CLOCK_FILE"),
    ],
)
def test_production_refuses_what_is_only_for_trying(setting: str, value: object, named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PlatformSettings(**{**SAFE, setting: value})
    said = explain(refused.value)
    assert named in said
    assert "development-only" not in said


def test_a_demo_needs_none_of_it() -> None:
    assert PlatformSettings(environment="development").pseudonym_key.get_secret_value()
