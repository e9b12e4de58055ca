# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sample service one minor version later: `python -m tests.faults.next_version serve`.

One additive revision (a column that may stay empty) and an event with one more optional field:
what docs/upgrading.md allows within a minor version.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chassis.run import main
from chassis.service import Handler
from contracts.event import Envelope
from contracts.intake import LeadAssigned
from tests.service.chassis import sample

__all__ = ["NEXT"]

_REVISION = '''
"""A note on each effect, which the version before neither writes nor reads."""
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("ALTER TABLE sample.effect ADD COLUMN note text")
def downgrade():
    op.execute("ALTER TABLE sample.effect DROP COLUMN note")
'''


class LeadAssignedNext(LeadAssigned):
    """The event with what a newer minor version adds to it."""

    note: str | None = None


def _migrations() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="next-migrations-"))
    for path in sample.SERVICE.migrations.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "0002_note.py").write_text(_REVISION)
    return folder


async def on_lead_assigned(tx: Any, event: LeadAssignedNext, envelope: Envelope) -> None:
    """Count an effect, with the note that events of this version carry."""
    await tx.execute(
        sa.text(
            "INSERT INTO sample.effect (key, event_id, version, note) VALUES (:key, :id, :version, :note)"
        ),
        {
            "key": envelope.key,
            "id": envelope.id,
            "version": envelope.aggregate_version,
            "note": event.note or "of the version before",
        },
    )


NEXT = replace(
    sample.SERVICE,
    version="1.1.0",
    migrations=_migrations(),
    handlers=(Handler(LeadAssignedNext, on_lead_assigned), *sample.SERVICE.handlers[1:]),
)

if __name__ == "__main__":
    # Made here alone: a process of this version publishes the event with its new field.
    vars(sample)["LeadAssigned"] = lambda **values: LeadAssignedNext(**values, note="of this version")
    main(NEXT)
