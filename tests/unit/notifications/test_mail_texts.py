# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What mails say, and what they never say."""

import re
from email.utils import parsedate_to_datetime
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectTimeoutError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from chassis.clock import FixedClock
from chassis.testing import TUESDAY
from services.notifications.partners.mail import TEMPLATES, Letter, _translated, write
from services.notifications.rules import FIRST_STEP, SignalKind

THREATS = re.compile(
    r"\b(boete|bestuurlijk|sanctie|straf|maatregel|waarschuw|handhav|verwijtba|korting|korten|gekort|dwang|terugvorder|"
    r"verplicht|overtred|gevolgen)",
    re.IGNORECASE,
)
PERSONAL = re.compile(
    r"\b(bsn|burgerservicenummer|v-nummer|geboren|geboortedatum|naam|adres|ziek)\b", re.IGNORECASE
)
SIGNAL = UUID(int=9)


def mail_about(template: str, count: int, step: str | None) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    letter = Letter(
        delivery_id=uuid4(),
        template="digest" if template == "digest" else "signal",
        address="lead@gemeente.example",
        signal_ids=[UUID(int=9 + number) for number in range(count)],
        first_step=step,
    )
    message = write(
        letter, sender="Afzender <geen-antwoord@platform.example>", portal_url="https://portaal.example"
    )
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(message["Subject"]), plain.get_content(), html.get_content()


@pytest.mark.capability("NO-05")
@pytest.mark.parametrize("path", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_no_template_names_a_fine_or_any_other_threat(path: Path) -> None:
    assert THREATS.search(path.read_text(encoding="utf-8")) is None


@pytest.mark.capability("NO-05")
@pytest.mark.parametrize("kind", list(SignalKind))
def test_no_first_step_names_a_fine_or_any_other_threat(kind: SignalKind) -> None:
    assert THREATS.search(FIRST_STEP[kind]) is None


@pytest.mark.capability("NO-05")
@pytest.mark.parametrize("kind", [SignalKind.UNEXCUSED_ABSENCES, SignalKind.SICKNESS_RATE])
def test_the_first_step_on_absence_is_a_question(kind: SignalKind) -> None:
    assert FIRST_STEP[kind].startswith("Begin met een vraag")
    assert FIRST_STEP[kind].endswith("?")


def test_the_scan_bites() -> None:
    assert THREATS.search("Anders volgt een boete.")
    assert THREATS.search("Dit is een waarschuwing.")
    assert PERSONAL.search("Zijn naam is bekend.")


@pytest.mark.parametrize(
    ("template", "count", "kind"), list(product(["signal", "digest"], [1, 2], [None, *SignalKind])), ids=str
)
def test_a_mail_holds_no_personal_data_in_any_form(
    template: str, count: int, kind: SignalKind | None
) -> None:
    step = None if kind is None or kind.value.startswith("sickness") else FIRST_STEP[kind]
    for text in mail_about(template, count, step):
        assert PERSONAL.search(text.replace("persoonsgegevens", "")) is None
        assert THREATS.search(text) is None


@pytest.mark.parametrize(
    ("template", "count", "subject"),
    [
        ("signal", 1, "Nieuw signaal in uw werklijst"),
        ("signal", 3, "3 signalen in uw werklijst"),
        ("digest", 1, "Uw werklijst: 1 nieuw signaal"),
        ("digest", 12, "Uw werklijst: 12 nieuwe signalen"),
    ],
)
def test_the_subject_says_how_much_waits(template: str, count: int, subject: str) -> None:
    assert mail_about(template, count, None)[0] == subject


def test_text_and_html_name_the_same_links() -> None:
    _, plain, html = mail_about("signal", 3, "Eén <stap> & meer")
    links = set(re.findall(r"https://portaal\.example/signalen/[0-9a-f-]{36}", plain))
    assert len(links) == 3
    assert links == set(re.findall(r'href="([^"]+)"', html))
    assert "Eén <stap> & meer" in plain
    assert "Eén &lt;stap&gt; &amp; meer" in html


def test_a_digest_leads_to_the_day() -> None:
    _, plain, html = mail_about("digest", 5, None)
    assert "https://portaal.example/mijn-dag" in plain
    assert 'href="https://portaal.example/mijn-dag"' in html


def test_the_message_id_is_that_of_the_delivery_and_the_date_is_when_it_was_written() -> None:
    letter = Letter(SIGNAL, "signal", "lead@gemeente.example", [SIGNAL], None)
    message = write(
        letter, sender="Afzender <geen-antwoord@platform.example>", portal_url="", clock=FixedClock(TUESDAY)
    )
    assert message["Message-ID"] == f"<{SIGNAL}@platform.example>"
    assert parsedate_to_datetime(message["Date"]) == TUESDAY
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == "lead@gemeente.example"


@pytest.mark.parametrize(
    ("fault", "code", "final"),
    [
        (SMTPRecipientsRefused([SMTPRecipientRefused(550, "no such user", "lead@x")]), "smtp-550", True),
        (SMTPRecipientsRefused([SMTPRecipientRefused(451, "greylisted", "lead@x")]), "smtp-451", False),
        (SMTPDataError(554, "spam"), "smtp-554", True),
        (SMTPDataError(452, "full"), "smtp-452", False),
        (SMTPSenderRefused(421, "busy", "x@y"), "smtp-421", False),
        (SMTPAuthenticationError(535, "bad password"), "smtp-535", False),
        (SMTPConnectTimeoutError("slow"), "timeout", False),
        (TimeoutError(), "timeout", False),
        (SMTPServerDisconnected("gone"), "no-connection", False),
        (ConnectionRefusedError(), "no-connection", False),
        (SMTPException("?"), "not-understood", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_a_mail_server_says_becomes_a_code_without_addresses(
    fault: Exception,
    code: str,
    final: bool,
) -> None:
    found = _translated(fault)
    assert (found.code, found.final) == (code, final)
    assert "@" not in str(found)
