# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The mail server: how a mail is written, handed over, and what a refusal means.

The words of a mail server are never kept: they repeat the address that they refuse.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Literal
from uuid import UUID

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chassis.clock import Clock, SystemClock
from services.notifications.settings import NotificationsSettings

__all__ = ["NO_CONNECTION", "TIMEOUT", "Letter", "MailFault", "MailServer", "connect", "write"]

NO_CONNECTION = "no-connection"
TIMEOUT = "timeout"

TEMPLATES = Path(__file__).parent.parent / "templates"

_BAD_ADDRESS = range(500, 600)
"""The server says for good that it does not take this mail; asking again changes nothing."""
_BAD_LOGIN = frozenset({530, 534, 535, 538})
"""... except that these are about our own login: that is mended here, and the mail must not be lost."""

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail is about; nothing in it names a person."""

    delivery_id: UUID
    template: Literal["signal", "digest"]
    address: str
    signal_ids: Sequence[UUID]
    first_step: str | None  # shown when the mail is about one kind of signal


class MailFault(Exception):
    """The mail was not taken.

    Attributes:
        code: stable and free of addresses, for the delivery log.
        final: the server refuses this mail for good.
    """

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


def write(letter: Letter, *, sender: str, portal_url: str, clock: Clock | None = None) -> EmailMessage:
    """The mail, with a text and an HTML part that say the same.

    Its Message-ID is the delivery's id, so that a mail sent twice (a crash between sending and
    marking) is shown once by mail programs that look at it. Its date is the real time, since
    other mail servers judge it.
    """
    links = [f"{portal_url}/signalen/{signal_id}" for signal_id in letter.signal_ids]
    words = {
        "count": len(letter.signal_ids),
        "links": links,
        "worklist": f"{portal_url}/mijn-dag",
        "first_step": letter.first_step,
    }
    subject = " ".join(_environment.get_template(f"{letter.template}.subject.j2").render(words).split())
    sent_at: datetime = (clock or SystemClock()).now()
    _, sender_address = parseaddr(sender)
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = letter.address
    message["Subject"] = subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = f"<{letter.delivery_id}@{sender_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(_environment.get_template(f"{letter.template}.txt.j2").render(words).strip() + "\n")
    message.add_alternative(
        _environment.get_template(f"{letter.template}.html.j2").render(words | {"subject": subject}).strip()
        + "\n",
        subtype="html",
    )
    return message


class MailServer:
    """A connection to the mail server. Opened with the first mail, and again after a drop.

    `was_reached` says whether the server answered at all since the last try to connect.
    """

    def __init__(self, client: aiosmtplib.SMTP, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self.was_reached = False

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail.

        Raises:
            MailFault: it was not taken, or the connection broke before the server said that it was.
        """
        # A server that answers each command just in time must not hold a worker for ever.
        try:
            async with asyncio.timeout(self._timeout * 4):
                if not self._client.is_connected:
                    self.was_reached = False
                    await self._client.connect()
                self.was_reached = True
                await self._client.send_message(message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
            # After a fault the dialogue may stand in the middle of a mail: begin the next one afresh.
            self._client.close()
            raise _translated(fault) from None


@asynccontextmanager
async def connect(settings: NotificationsSettings) -> AsyncIterator[MailServer]:
    """A connection for a batch of mails; opened with the first one, closed in any case."""
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=settings.smtp_timeout_seconds,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
    )
    try:
        yield MailServer(client, settings.smtp_timeout_seconds)
    finally:
        if client.is_connected:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                client.close()  # every mail was answered already: a rude goodbye loses nothing


def _translated(fault: Exception) -> MailFault:
    """What a fault of the network or the server means to us. The first that fits counts."""
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        # One mail has one recipient here.
        return _of_code(fault.recipients[0].code)
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return _of_code(fault.code)
    if isinstance(fault, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return MailFault(TIMEOUT)
    if isinstance(fault, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPServerDisconnected | OSError):
        return MailFault(NO_CONNECTION)
    return MailFault("not-understood")


def _of_code(code: int) -> MailFault:
    return MailFault(f"smtp-{code}", final=code in _BAD_ADDRESS and code not in _BAD_LOGIN)
