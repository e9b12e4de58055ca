# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page of the portal, who sees it, and the states it must be good in."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_household import lives
from tests.portal.fake_housing import MOVING, SINGLE
from tests.portal.fake_searches import RUN
from tests.portal.screens_asked import ASKED
from tests.portal.screens_books import BOOKS
from tests.portal.screens_housed import HOUSED
from tests.portal.screens_supply import SUPPLY

STATES = ("filled", "empty", "error", "long")
LESSON = f"/portal/lessen/{uid('l-now')}"
PERSON = f"/portal/personen/{uid('person-1')}"
HOUSEHOLD = f"/portal/huisvesting/huishoudens/{SINGLE}"
SIGNAL = f"/portal/signalen/{uid('absent')}"


@dataclass(frozen=True, slots=True)
class Screen:
    """One page. `services` are those whose absence makes its error state."""

    name: str
    who: str | None
    path: str
    services: tuple[str, ...] = ()
    states: tuple[str, ...] = STATES

    def prepare(self, gate: FakeGateway, state: str) -> None:
        """Put the platform in a state."""
        gate.reset()
        gate.job_reads = 9
        gate.refuse_persons = self.who == "policy"
        if self.name == "household-shared":
            gate.way["lives"] = lives(shared=True)
        if self.name == "sign-in-again":
            gate.demanded = {"acrValues": ["2"], "amr": [], "maxAge": 300}
        if state == "error":
            gate.away = set(self.services)
        else:
            gate.mode = state
        if state == "filled":
            gate.attendances = {
                uid("person-1"): {
                    "status": "unexcused",
                    "hours": 0,
                    "approval": "not-needed",
                    "absenceSignalId": uid("s"),
                },
                uid("person-2"): {
                    "status": "sick",
                    "hours": 0,
                    "approval": "pending",
                    "reason": "Belde om 8 uur",
                },
                uid("person-3"): {"status": "present", "hours": 2.5, "approval": "not-needed"},
            }


LR = ("learning-routes",)
HO = ("housing",)
SCREENS = (
    Screen("start", None, "/portal/"),
    Screen("help", None, "/portal/hulp"),
    Screen("unknown", None, "/portal/bestaat-niet"),
    Screen("lessons", "teacher", "/portal/lessen", LR),
    Screen("roll-call", "teacher", LESSON, LR),
    Screen("missing", "teacher", "/portal/ontbrekend", LR),
    Screen("groups", "teacher", "/portal/groepen", LR),
    Screen("group-new", "teacher", "/portal/groepen/nieuw", LR, ("filled", "empty", "error")),
    Screen("group-plan", "teacher", f"/portal/groepen/{uid('group')}", LR, ("filled", "long")),
    Screen("upload", "teacher", "/portal/aanleveren"),
    Screen("upload-help", "teacher", "/portal/aanleveren/uitleg"),
    Screen("upload-job", "teacher", f"/portal/aanleveren/{uid('job')}", LR),
    Screen("my-day", "consulent", "/portal/mijn-dag?van=iedereen", ("notifications",)),
    Screen("signal", "consulent", SIGNAL, ("notifications",)),
    Screen("signal-overdue", "consulent", f"/portal/signalen/{uid('overdue')}", ("intake",)),
    Screen("signal-sick", "consulent", f"/portal/signalen/{uid('sick')}"),
    Screen("signal-hours", "consulent", f"/portal/signalen/{uid('hours')}"),
    Screen("person", "consulent", PERSON, ("learning-routes", "notifications", "gateway")),
    Screen("person-away", "consulent", PERSON, ("intake",)),
    Screen("persons", "consulent", "/portal/personen", ("intake",)),
    Screen("register", "consulent", "/portal/personen/nieuw"),
    Screen("pip", "consulent", f"{PERSON}/pip", ("intake",)),
    Screen("lead", "consulent", f"{PERSON}/consulent", ("gateway",)),
    Screen("gemeente", "consulent", "/portal/gemeente", ("gateway",)),
    Screen("gemeente-figures", "policy", "/portal/gemeente"),
    Screen("persons-refused", "policy", "/portal/personen"),
    Screen("person-refused", "policy", PERSON),
    Screen("sign-in-again", "quality", "/portal/goedkeuren", (), ("filled",)),
    Screen("not-your-room", "policy", "/portal/mijn-dag"),
    Screen("approvals", "quality", "/portal/goedkeuren", LR),
    Screen("operations", "operations", "/portal/techniek", ("intake",)),
    Screen("operations-admin", "administrator", "/portal/techniek", ("notifications", "learning-routes")),
    Screen("no-room", "partner", "/portal/"),
    Screen("match-desk", "vwn", "/portal/huisvesting", ("housing",), ("filled", "empty", "long")),
    Screen("household", "vwn", HOUSEHOLD, ("intake",), ("filled", "error")),
    Screen("household-gemeente", "consulent", HOUSEHOLD, (), ("filled",)),
    Screen("decide", "consulent", "/portal/huisvesting/beoordelen", HO, ("filled", "empty", "long")),
    Screen("searches", "consulent", "/portal/huisvesting/voorstellen", HO, ("filled",)),
    Screen("search", "vwn", f"/portal/huisvesting/voorstellen/{RUN}", HO, ("filled", "empty")),
    Screen("moves", "vwn", "/portal/huisvesting/verhuizingen", HO, ("filled", "empty")),
    Screen("move", "volunteer", f"/portal/huisvesting/verhuizingen/{MOVING}", HO, ("filled",)),
    Screen("account", "consulent", "/portal/huisvesting/taakstelling", HO, ("filled", "empty", "long")),
    Screen("swaps", "consulent", "/portal/huisvesting/uitruil", HO, ("filled", "empty")),
    Screen("own-dwellings", "corporation", "/portal/woningen", HO, ("filled", "error", "long")),
    Screen("supervision", "province", "/portal/toezicht", HO, ("filled", "empty")),
    *(Screen(*one) for one in ASKED),
    *(Screen(*one) for one in BOOKS),
    *(Screen(*one) for one in HOUSED),
    *(Screen(*one) for one in SUPPLY),
)


def cases() -> Iterator[tuple[Screen, str]]:
    """Each page in each state that it has."""
    for screen in SCREENS:
        for state in screen.states:
            if state != "error" or screen.services:
                yield screen, state
