# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is only for trying is refused in production, with the name of the setting and without its value."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from chassis.run import BadSetting, explain, read_settings
from chassis.settings import PlatformSettings, ServiceSettings
from chassis.starting import secret_of_pseudonyms
from gateway.settings import GatewaySettings
from services.intake.settings import IntakeSettings
from services.notifications.settings import NotificationsSettings

KEYS = {
    "encryption_keys": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "index_keys": "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
}
SAFE: dict[str, Any] = {"environment": "production", "pseudonym_key": SecretStr("a-long-random-text")}


def test_production_starts_with_what_it_needs() -> None:
    assert PlatformSettings(**SAFE).environment == "production"


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("fault", "after-send-before-mark", "OPEN_INBURGERING_FAULT"),
        ("clock", "2024-09-02T09:00:00+02:00", "OPEN_INBURGERING_CLOCK"),
        ("clock_file", "clock.json", "OPEN_INBURGERING_CLOCK_FILE"),
    ],
)
def test_production_refuses_what_is_only_for_trying(setting: str, value: object, named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PlatformSettings(**{**SAFE, setting: value})
    assert named in explain(refused.value)


def test_only_who_writes_pseudonyms_needs_their_secret_and_in_production_one_of_its_own() -> None:
    told = PlatformSettings(environment="production")  # the portal and steps that end are told no more
    with pytest.raises(BadSetting, match="OPEN_INBURGERING_PSEUDONYM_KEY") as refused:
        secret_of_pseudonyms(told)
    assert "development-only" not in str(refused.value)
    assert secret_of_pseudonyms(PlatformSettings(**SAFE)) == "a-long-random-text"


def test_a_demo_needs_none_of_it() -> None:
    assert secret_of_pseudonyms(PlatformSettings(environment="development"))


@pytest.mark.parametrize("kind", [IntakeSettings, NotificationsSettings, GatewaySettings])
def test_a_pool_that_is_too_small_to_work_is_refused_by_the_name_of_its_setting(
    kind: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{kind.model_config['env_prefix']}POOL_SIZE"
    monkeypatch.setenv(name, "3")
    with pytest.raises(BadSetting) as refused:
        read_settings(kind, **KEYS)
    assert f"{name}: Input should be greater than or equal to 4" in str(refused.value)
    assert "docs/settings.md" in str(refused.value)
    monkeypatch.setenv(name, "4")
    assert read_settings(kind, **KEYS).pool_size == 4
