# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Receivers of events, their secrets, what they may hear of, and every delivery to them."""

from alembic import op

from chassis import rls

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None

S = "notifications"

TABLES = (
    f"""
    CREATE TABLE {S}.webhook_subscription (
        id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        gemeentecode varchar(4) NOT NULL,
        url varchar NOT NULL,
        types text[] NOT NULL,
        active boolean NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid NOT NULL,
        failures integer NOT NULL,
        paused_until timestamptz,
        lease uuid,
        leased_until timestamptz,
        version integer NOT NULL,
        CONSTRAINT webhook_lease_ends CHECK ((lease IS NULL) = (leased_until IS NULL))
    )
    """,
    f"""
    CREATE INDEX webhook_subscription_of_organisation
    ON {S}.webhook_subscription (organisation_id, created_at, id)
    """,
    f"""
    CREATE TABLE {S}.webhook_secret (
        id uuid PRIMARY KEY,
        subscription_id uuid NOT NULL REFERENCES {S}.webhook_subscription (id),
        key_id varchar NOT NULL,
        ciphertext bytea NOT NULL,
        created_at timestamptz NOT NULL,
        retires_at timestamptz
    )
    """,
    f"CREATE INDEX webhook_secret_of_subscription ON {S}.webhook_secret (subscription_id, created_at)",
    f"""
    CREATE TABLE {S}.webhook_scope (
        organisation_id uuid PRIMARY KEY,
        codes text[] NOT NULL,
        version integer NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.webhook_delivery (
        id uuid PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        subscription_id uuid NOT NULL REFERENCES {S}.webhook_subscription (id),
        event_id uuid NOT NULL,
        type varchar NOT NULL,
        key varchar NOT NULL,
        gemeentecode varchar(4) NOT NULL,
        body varchar NOT NULL,
        status varchar NOT NULL CONSTRAINT webhook_delivery_status
            CHECK (status IN ('waiting', 'delivered', 'dead', 'withheld')),
        offered_at timestamptz NOT NULL,
        attempts integer NOT NULL,
        replays integer NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        last_status integer,
        last_fault varchar,
        ended_at timestamptz,
        CONSTRAINT webhook_delivery_once UNIQUE (subscription_id, event_id),
        CONSTRAINT webhook_delivery_ends CHECK ((status = 'waiting') = (ended_at IS NULL))
    )
    """,
    f"""
    CREATE INDEX webhook_delivery_waiting ON {S}.webhook_delivery (subscription_id, key, seq)
    WHERE status = 'waiting'
    """,
    f"CREATE INDEX webhook_delivery_in_order ON {S}.webhook_delivery (subscription_id, seq)",
    f"CREATE INDEX webhook_delivery_ended ON {S}.webhook_delivery (offered_at) WHERE status <> 'waiting'",
)

SYSTEM = f"{S}.is_system()"
OWN = f"organisation_id = {S}.caller_organisation()"
ADMINISTRATOR = f"{S}.caller_has_role('administrator')"
OF_SUBSCRIPTION = f"EXISTS (SELECT FROM {S}.webhook_subscription w WHERE w.id = subscription_id)"
"""A caller sees what belongs to a subscription that its policy lets the caller see."""


def upgrade() -> None:
    """Create the tables, and say for each who sees which row."""
    for statement in TABLES:
        op.execute(statement)
    # Administrators see all receivers and can stop each; they make none, for they are of no gemeente.
    rls.protect(
        op,
        S,
        "webhook_subscription",
        f"{SYSTEM} OR {OWN} OR {ADMINISTRATOR}",
        f"{SYSTEM} OR {OWN} OR {ADMINISTRATOR}",
    )
    rls.protect(op, S, "webhook_secret", f"{SYSTEM} OR {OF_SUBSCRIPTION}")
    rls.protect(op, S, "webhook_scope", f"{SYSTEM} OR {OWN} OR {ADMINISTRATOR}", f"{SYSTEM} OR {OWN}")
    rls.protect(op, S, "webhook_delivery", f"{SYSTEM} OR {OF_SUBSCRIPTION}")


def downgrade() -> None:
    """Drop the tables of this revision."""
    for name in ("webhook_delivery", "webhook_secret", "webhook_scope", "webhook_subscription"):
        op.execute(f"DROP TABLE {S}.{name}")
