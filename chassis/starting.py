# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Before a process serves: its settings, its database, and what it says while it waits for them.

What can only be mended by changing something ends the start with one sentence. What may come by
itself (a server that is away, a migration that still runs) is waited for: said once in the log,
and in `/health/ready` for as long as it lasts. The table is in docs/starting.md.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.care.keys import MissingKey
from chassis.db import Database, UnsafeRole
from chassis.errors import Unavailable
from chassis.inbox import database_is_away
from chassis.metrics import metrics
from chassis.migrate import OLDEST, UnsupportedDatabase, revision_of, revisions
from chassis.outage import Outage
from chassis.problems import problem_response
from chassis.service import Service
from chassis.settings import NO_SECRET, PlatformSettings

__all__ = [
    "REFUSALS",
    "BadSetting",
    "Door",
    "Starting",
    "UnfitDatabase",
    "explain",
    "judge_revision",
    "read_settings",
    "reason",
    "refuse_defaults",
    "refuse_placeholders",
    "revision_of",
    "secret_of_pseudonyms",
    "usable",
]

_SECONDS = 1.0
_SERVER_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")
_PLACEHOLDERS = ("change-me", "changeme", "development-only", "for-tests-only")
_READABLE = {  # what PostgreSQL says to a client that it will never let in, by SQLSTATE
    "28P01": "the password is wrong",
    "28000": "the role may not come in",
    "3D000": "there is no such database",
}

Settings = TypeVar("Settings", bound=BaseSettings)


class BadSetting(RuntimeError):
    """A setting is missing or wrong; the text names it and says what was expected."""


class UnfitDatabase(RuntimeError):
    """The database is there and cannot be used like this."""


REFUSALS = (
    BadSetting,
    MissingKey,
    UnfitDatabase,
    UnsafeRole,
    UnsupportedDatabase,
    ValidationError,
    SettingsError,
)
"""What ends a start with a sentence instead of a stack trace."""


# Settings


def read_settings(kind: type[Settings], **given: Any) -> Settings:
    """Read the settings of one class from the environment.

    Raises:
        BadSetting: one is missing or wrong; every such one is named, with what was expected.
    """
    try:
        return kind(**given)
    except ValidationError as fault:
        raise BadSetting(explain(fault)) from None
    except SettingsError as fault:
        # A list or map that is no JSON; the fault quotes the name of the field and never its value.
        field = re.search(r'field "(\w+)"', str(fault))
        name = _variable(kind, field[1]) if field else kind.__name__
        raise BadSetting(f"{name}: Input should be JSON (docs/settings.md)") from None


def explain(fault: Exception) -> str:
    """A fault of the settings in words, without any value: it can be a secret."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    kind = next((one for one in _kinds(BaseSettings) if one.__name__ == fault.title), None)
    found = []
    for error in fault.errors(include_input=False, include_url=False):
        said = error["msg"].removeprefix("Value error, ")
        place = [str(part) for part in error["loc"]]
        if not place:
            found.append(said)
            continue
        name = ".".join([_variable(kind, place[0]), *place[1:]])
        field = None if kind is None else kind.model_fields.get(place[0])
        if error["type"] == "missing" and field is not None and len(place) == 1:
            found.append(f"{name} is missing: {field.description}")
        else:
            found.append(f"{name}: {said}")
    return "; ".join(found) + " (docs/settings.md)"


def _kinds(root: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for one in root.__subclasses__():
        yield one
        yield from _kinds(one)


def _variable(kind: type[BaseSettings] | None, field: str) -> str:
    """The environment variable of a field."""
    if kind is None or field.isupper():
        return field
    return f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def refuse_placeholders(settings: BaseSettings) -> None:
    """Refuse secrets that stand in the examples of this repository; anybody can read those.

    Raises:
        BadSetting: a secret is, or holds, a word that is meant to be replaced.
    """
    wrong = [
        _variable(type(settings), name)
        for name in type(settings).model_fields
        if isinstance(value := getattr(settings, name), SecretStr)
        and any(word in value.get_secret_value().lower() for word in _PLACEHOLDERS)
    ]
    if wrong:
        raise BadSetting(
            f"{', '.join(wrong)}: a secret from an example is refused in production: make one of your own "
            "(docs/settings.md)"
        )


def refuse_defaults(platform: PlatformSettings) -> None:
    """Refuse in production what has a default that fits a laptop only.

    Raises:
        BadSetting: names each, and says what was expected.
    """
    if platform.environment != "production":
        return
    wrong = []
    if not platform.public_url.startswith("https://"):
        wrong.append(
            "OPEN_INBURGERING_PUBLIC_URL: in production the address that others call begins with https://"
        )
    if not platform.oin.strip("0"):
        wrong.append(
            "OPEN_INBURGERING_OIN is required in production: the 20 digits of the organisation that runs the platform"
        )
    if wrong:
        raise BadSetting(f"{'; '.join(wrong)} (docs/settings.md)")


def secret_of_pseudonyms(platform: PlatformSettings) -> str:
    """What the pseudonyms in the processing log are made from: for services and the gateway, which write it.

    Raises:
        BadSetting: none is given in production.
    """
    found = platform.pseudonym_key.get_secret_value()
    if platform.environment == "production" and found == NO_SECRET:
        raise BadSetting(
            "OPEN_INBURGERING_PSEUDONYM_KEY is required in production: a long random text (docs/settings.md)"
        )
    return found


# What is said while waiting


class Starting:
    """What a start waits for: for the log once, for `/health/ready` as long as it lasts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks: dict[str, dict[str, Any]] = {"process": {"ok": False, "says": "starting"}}
        self._outages: dict[str, Outage] = {}

    def waits(self, what: str, says: str) -> None:
        """Something is not there yet."""
        self.checks[what] = {"ok": False, "says": says}
        outage = self._outages.setdefault(
            what, Outage(f"waiting_for_{what}", f"{what}_is_there", service=self.name)
        )
        outage.begins(says)

    def has(self, what: str, says: str) -> None:
        """It is there."""
        self.checks[what] = {"ok": True, "says": says}
        if what in self._outages:
            self._outages[what].over()


class Door:
    """Answers from the first moment: that the process lives and what it waits for; later the app itself."""

    def __init__(self, starting: Starting, *, health: bool = True) -> None:
        """Begin closed.

        Args:
            starting: what is waited for.
            health: whether health and metrics are told here; False for a listener of the public.
        """
        self._starting = starting
        self._health = health
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope["path"])(scope, receive, send)

    def _answer(self, path: str) -> Response:
        if self._health and path == "/health/live":
            return JSONResponse({"status": "live"})
        if self._health and path == "/health/ready":
            body = {"status": "not-ready", "service": self._starting.name, "checks": self._starting.checks}
            return JSONResponse(body, 503, headers={"Retry-After": "2"})
        if self._health and path == "/metrics":
            return Response(metrics().expose(), media_type="text/plain; version=0.0.4")
        return problem_response(Unavailable("Dit onderdeel start nog.", headers={"Retry-After": "2"}))


# The database


async def usable(service: Service, database: Database, starting: Starting, *, production: bool) -> None:
    """Return as soon as the database can be used: it answers, is fit, and has the tables of this release.

    Raises:
        UnfitDatabase, UnsafeRole, UnsupportedDatabase: it never will be, as it is set up now.
    """
    variable = f"{service.settings.model_config.get('env_prefix', '')}DATABASE_URL"
    while True:
        try:
            async with database.engine.connect() as connection:
                await _check_server(connection, production=production)
            await database.check_role()
            starting.has("database", "reachable")
            async with database.engine.connect() as connection:
                found = await revision_of(connection, service.schema)
        except Exception as fault:
            if not database_is_away(fault):
                raise _said(fault, variable) from fault
            starting.waits("database", f"away: {reason(fault)}")
        else:
            ok, says = judge_revision(service, found)
            if ok:
                starting.has("migrations", says)
                return
            starting.waits("migrations", says)
        await asyncio.sleep(_SECONDS)


def reason(fault: BaseException) -> str:
    """Why a database is away, without statement or values."""
    plain = getattr(fault, "orig", None) or fault
    return f"{type(plain).__name__}: {plain}".strip(": ")[:200]


def _said(fault: Exception, variable: str) -> Exception:
    if isinstance(fault, REFUSALS):
        return fault
    state = getattr(fault, "sqlstate", None) or getattr(getattr(fault, "orig", None), "sqlstate", None)
    if state in _READABLE:
        return BadSetting(f"{variable}: {_READABLE[state]}, says PostgreSQL (docs/settings.md)")
    return fault


async def _check_server(connection: AsyncConnection, *, production: bool) -> None:
    number = int(await connection.scalar(sa.text("SHOW server_version_num")))
    if number // 10_000 < OLDEST:
        raise UnsupportedDatabase(
            f"PostgreSQL {number // 10_000} is too old: this release needs {OLDEST} or newer (docs/starting.md)"
        )
    if not production:
        return
    rows = await connection.execute(
        sa.text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = 'off' ORDER BY name"),
        {"names": list(_SERVER_SETTINGS)},
    )
    if off := [row.name for row in rows]:
        raise UnfitDatabase(
            f"PostgreSQL runs with {' and '.join(off)} off: what it acknowledges can be lost, and production "
            "refuses that; set it to on (docs/starting.md)"
        )


def judge_revision(service: Service, found: str | None) -> tuple[bool, str]:
    """Whether this release can work with tables at a revision, and that in words.

    A revision that this release does not know is of a newer one: migrations fit the release before
    them, so old and new work side by side.
    """
    known = revisions(service)
    if found == known[0]:
        return True, f"at {found}"
    command = f"`python -m services.{service.schema} migrate` or `open-inburgering migrate`"
    if found is None:
        return False, f"no tables yet, this release needs {known[0]}: run {command}"
    if found in known:
        return False, f"at {found}, this release needs {known[0]}: run {command}"
    return True, f"at {found}, newer than this release ({known[0]})"
