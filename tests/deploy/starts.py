# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each process reads and checks before it serves, done with the environment that an installation gives it."""

import os
from collections.abc import Mapping

import pytest

from chassis.crypto import FieldCipher
from chassis.run import grant_verifier, kafka_settings, make_clock, service_settings
from chassis.settings import PlatformSettings, ServiceSettings, platform_settings
from chassis.starting import BadSetting, read_settings
from embedded.app import ALL, GATEWAY
from gateway.app import check_settings, grant_key_of
from portal.__main__ import told as portal_told

SERVING = ("portal", *(service.name for service in ALL))
_OURS = ("OPEN_INBURGERING_", "KAFKA_", "PORTAL_", *(f"{service.schema.upper()}_" for service in ALL))


def check(name: str, given: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the checks of one process or step with this environment and nothing else.

    Raises:
        Exception: it would not start, with the sentence that it would end with.
    """
    with monkeypatch.context() as environment:
        _only(given, environment)
        platform_settings.cache_clear()
        try:
            _check(name)
        finally:
            platform_settings.cache_clear()


def _missing(variable: str) -> str:
    raise BadSetting(f"{variable} is missing")


def _only(given: Mapping[str, str], environment: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith(_OURS)]:
        environment.delenv(name)
    for name, value in given.items():
        environment.setenv(name, value)


def _check(name: str) -> None:
    if name == "portal":
        platform, _ = portal_told()
    elif name in SERVING:
        (service,) = (one for one in ALL if one.name == name)
        platform = platform_settings()
        settings = service_settings(service, platform)
        grant_verifier(platform)
        make_clock(platform)
        kafka_settings()
        if service is GATEWAY:
            check_settings(platform, settings)
            grant_key_of(settings, environment=platform.environment)
    elif name == "topics":
        platform = platform_settings()
        kafka_settings()
    else:  # migrations, what makes backups, and a restore
        platform = read_settings(PlatformSettings)
        for service in ALL:
            if not read_settings(
                ServiceSettings, _env_prefix=f"{service.schema.upper()}_"
            ).owner_database_url.get_secret_value():
                raise BadSetting(f"{service.schema.upper()}_OWNER_DATABASE_URL is missing")
            for sealed in service.care.sealed if name == "restore" and service.care else ():
                variable = f"{service.schema.upper()}_{sealed.ring.upper()}"
                FieldCipher.parse(os.environ.get(variable) or _missing(variable))
    assert platform.environment == "production"
