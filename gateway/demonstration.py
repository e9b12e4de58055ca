# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What only a demo has: a clock that can be moved, and a token for anyone in it. Never in production."""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
from dateutil.relativedelta import relativedelta
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.access import GRANT_HEADER
from chassis.clock import AMSTERDAM, MovableClock
from chassis.errors import Forbidden, InvalidInput, NotFound
from contracts.access import Role
from gateway.directory import Directory
from gateway.errors import ClockGoesForward, UpstreamBusy
from gateway.issuer import BuiltInIssuer
from gateway.passport import Passport
from gateway.rooms import Handler, Paths, json_body
from gateway.settings import BUILT_IN
from gateway.upstreams import Upstream

__all__ = ["DemoClock", "demo_room", "moved_by", "read_instant"]

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?",
    re.ASCII,
)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")
_LONGEST = timedelta(days=366 * 20)
_SETTLE_SECONDS = 60.0
_PATIENCE_SECONDS = 240.0
_ROUNDS = 6
_CLOCK_IS_READ_SECONDS = 0.25  # other processes read the moved clock again within this time
_OK = 200


def moved_by(now: datetime, duration: str) -> datetime:
    """The instant an ISO 8601 duration later, by the calendar and clock of the Netherlands.

    Days, weeks and longer keep the time on the clock, also over a change of summer time.

    Raises:
        ValueError: it is no such duration, or longer than twenty years.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError("not an ISO 8601 duration")
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    local = now.astimezone(AMSTERDAM)
    dates = relativedelta(**{name: parts.get(name, 0) for name in ("years", "months", "weeks", "days")})  # type: ignore[arg-type]
    moved = (local.replace(tzinfo=None) + dates).replace(tzinfo=AMSTERDAM)
    times = timedelta(**{name: parts.get(name, 0) for name in ("hours", "minutes", "seconds")})
    later = moved.astimezone(UTC) + times  # hours are real hours, also in the night of the change
    if later - now > _LONGEST:
        raise ValueError("longer than twenty years")
    return later


def moved_to(now: datetime, text: str) -> datetime:
    """The instant in an RFC 3339 text, not further ahead than the clock may go.

    Raises:
        ValueError: it is none, or more than twenty years ahead.
    """
    wanted = read_instant(text)
    if wanted - now > _LONGEST:
        raise ValueError("more than twenty years ahead")
    return wanted


def read_instant(text: str) -> datetime:
    """The instant in an RFC 3339 text.

    Raises:
        ValueError: it is none, or has no offset.
    """
    if _INSTANT.fullmatch(text) is None:
        raise ValueError("not an RFC 3339 instant")
    return datetime.fromisoformat(text)


class DemoClock:
    """Moves the clock of all processes, and waits until they have done what that made due."""

    def __init__(self, clock: MovableClock, upstreams: Mapping[str, Upstream], passport: Passport) -> None:
        """Move `clock`; ask these services to settle."""
        self._clock = clock
        self._upstreams = upstreams
        self._passport = passport
        self._lock = asyncio.Lock()

    async def read(self, _: Request) -> Response:
        """What the clock says."""
        return self._answer()

    async def move(self, request: Request) -> Response:
        """Move the clock, for an administrator."""
        caller = (await self._passport.check(request.scope)).caller
        if not caller.has_role(Role.ADMINISTRATOR):
            raise Forbidden(
                "Alleen de hoofdbeheerder verzet de klok.", extra={"missing": [str(Role.ADMINISTRATOR)]}
            )
        body = await json_body(request)
        async with self._lock:
            wanted = self._wanted(body)
            try:
                self._clock.move(wanted)
            except ValueError as fault:
                raise ClockGoesForward("Dit tijdstip is al voorbij op de klok van de demo.") from fault
            await asyncio.sleep(_CLOCK_IS_READ_SECONDS)
            await self.settle()
        return self._answer()

    def _wanted(self, body: Mapping[str, object]) -> datetime:
        unknown = body.keys() - {"advance", "now"}
        if unknown:
            raise InvalidInput.on(f"/{min(unknown)}", "Dit veld bestaat hier niet.", code="extra-forbidden")
        if len(body) != 1:
            raise InvalidInput.on("", "Geef 'advance' of 'now', en niet allebei.", code="one-of")
        field, text = next(iter(body.items()))
        if not isinstance(text, str):
            raise InvalidInput.on(f"/{field}", "Dit moet tekst zijn.", code="string-type")
        try:
            return (
                moved_by(self._clock.now(), text) if field == "advance" else moved_to(self._clock.now(), text)
            )
        except (ValueError, OverflowError) as fault:
            form = (
                "een duur zoals P7D of PT2H, ten hoogste twintig jaar"
                if field == "advance"
                else "een tijdstip met tijdzone, zoals 2024-11-05T09:00:00+01:00, ten hoogste twintig jaar vooruit"
            )
            raise InvalidInput.on(f"/{field}", f"Dit moet {form} zijn.", code="form") from fault

    async def settle(self) -> None:
        """Let every service do what is due and handle what the others publish, until all are quiet.

        One quiet round is not enough: an event may have been on its way between two services. And
        quiet may never come while people or systems keep working: then `_ROUNDS` are enough, since
        what the move made due goes from service to service fewer times than that.

        Raises:
            UpstreamBusy: a service is away, or they do not come to rest.
        """
        give_up = time.monotonic() + _PATIENCE_SECONDS
        quiet_rounds = 0
        for _ in range(_ROUNDS):
            if quiet_rounds == 2:  # noqa: PLR2004 - see above
                return
            if time.monotonic() > give_up:
                raise UpstreamBusy(
                    "De klok is verzet, maar nog niet alles wat daardoor moest gebeuren is klaar."
                )
            grant = self._passport.minter.sign_for_platform().encode()
            answers = await asyncio.gather(
                *(self._settle_one(upstream, grant) for upstream in self._upstreams.values())
            )
            quiet_rounds = quiet_rounds + 1 if all(answers) else 0

    async def _settle_one(self, upstream: Upstream, grant: bytes) -> bool:
        answer = await upstream.ask(
            "POST",
            "/internal/v1/settle",
            headers=[(GRANT_HEADER.lower().encode(), grant)],
            deadline=_SETTLE_SECONDS,
        )
        if answer.status != _OK:
            raise UpstreamBusy(f"Het onderdeel '{upstream.name}' kan nu niet bijwerken.")
        return bool(orjson.loads(answer.body)["quiet"])

    def _answer(self) -> Response:
        now = self._clock.now().astimezone(AMSTERDAM)
        return JSONResponse({"now": now.isoformat(timespec="seconds")})


class _Tokens:
    def __init__(self, issuer: BuiltInIssuer, directory: Directory) -> None:
        self._issuer = issuer
        self._directory = directory

    async def give(self, request: Request) -> Response:
        """A token for any person or system of the demo, by name."""
        body = await json_body(request)
        name = body.get("name")
        unknown = body.keys() - {"name"}
        if unknown:
            raise InvalidInput.on(f"/{min(unknown)}", "Dit veld bestaat hier niet.", code="extra-forbidden")
        if not isinstance(name, str):
            raise InvalidInput.on("/name", "Geef de naam van een identiteit van de demo.", code="required")
        identity = self._directory.named(name)
        if identity is None or identity.issuer != BUILT_IN:
            raise NotFound("Deze identiteit is er niet. 'open-inburgering demo identities' noemt ze alle.")
        # In the form of the token endpoint (RFC 6749, 5.1), so that any client reads it.
        return JSONResponse({"name": identity.name, **self._issuer.access_token(identity)})


async def _no_clock(_: Request) -> Response:
    raise NotFound("De klok van deze omgeving loopt gewoon door en kan niet worden verzet.")


def demo_room(clock: DemoClock | None, issuer: BuiltInIssuer | None, directory: Directory) -> Paths:
    """The paths of a demo; without a movable clock or an issuer of our own, those parts do not exist."""
    fixed: dict[str, dict[str, Handler]] = {
        "/demo/v1/clock": {"GET": _no_clock, "POST": _no_clock}
        if clock is None
        else {"GET": clock.read, "POST": clock.move}
    }
    if issuer is not None:
        fixed["/demo/v1/tokens"] = {"POST": _Tokens(issuer, directory).give}
    return Paths(fixed=fixed, prefixes={})
