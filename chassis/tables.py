# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables that every service has beside its own: events to send, events seen, keys used, looks taken.

They live in the service's own schema, so that they commit with the service's own rows.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from chassis.rls import Migration

__all__ = ["CHASSIS_TABLES", "add_care", "chassis_tables", "create"]

CHASSIS_TABLES = (
    "outbox",
    "inbox",
    "inbox_version",
    "dead_letter",
    "idempotency_key",
    "access_chain",
    "access_log",
    "background_job",
    "background_job_row",
    "destruction",
)

_now = sa.text("now()")


def chassis_tables(metadata: sa.MetaData, schema: str) -> None:
    """Add the chassis tables to a service's metadata, so that `alembic check` knows them."""
    instant = sa.DateTime(timezone=True)
    sa.Table(
        "outbox",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("aggregate_version", sa.Integer, nullable=False),
        sa.Column("gemeentecode", sa.String(4)),
        sa.Column("traceparent", sa.Text),
        sa.Column("time", instant, nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        sa.Column("created_at", instant, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("published_at", instant),  # kept 7 days after this, to refill a lost broker
        sa.Index("outbox_pending", "seq", postgresql_where=sa.text("published_at IS NULL")),
        sa.Index("outbox_published", "published_at"),
        schema=schema,
    )
    sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("received_at", instant, nullable=False, server_default=_now),
        sa.Index("inbox_received", "received_at"),
        schema=schema,
    )
    sa.Table(
        "inbox_version",
        metadata,
        sa.Column("family", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        schema=schema,
    )
    sa.Table(
        "dead_letter",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Text),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failed_at", instant, nullable=False, server_default=_now),
        sa.Column("replayed_at", instant),
        schema=schema,
    )
    sa.Table(
        "idempotency_key",
        metadata,
        sa.Column("scope", sa.Text, primary_key=True),  # client, organisation and route
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", instant, nullable=False, server_default=_now),
        sa.Index("idempotency_key_created", "created_at"),
        schema=schema,
    )
    sa.Table(
        "access_chain",
        metadata,
        sa.Column("inburgeraar_id", sa.Uuid, primary_key=True),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        schema=schema,
    )
    sa.Table(
        "access_log",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", instant, nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("span_id", sa.String(16), nullable=False),
        sa.Column("parent_span_id", sa.String(16)),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("data_subject", sa.Text, nullable=False),  # pseudonym, one key per gemeente
        sa.Column("inburgeraar_id", sa.Uuid, nullable=False),
        sa.Column("gemeentecode", sa.String(4), nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("agreement", sa.Text),
        sa.Column("chain_no", sa.Integer, nullable=False, server_default="0"),
        sa.Column("previous", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea")),
        sa.Column("hash", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea")),
        sa.Index("access_log_person", "inburgeraar_id", "chain_no", unique=True),
        schema=schema,
    )
    sa.Table(
        "background_job",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="queued"),
        sa.Column("progress", sa.Integer, nullable=False, server_default="0"),  # percent
        sa.Column("payload", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("input", sa.LargeBinary),
        sa.Column("result", pg.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("error", pg.JSONB),
        sa.Column("organisation_id", sa.Uuid),
        sa.Column("gemeentecode", sa.String(4)),
        sa.Column("created_by", sa.Uuid),
        sa.Column("caller", pg.JSONB),  # the claims of the one who asked: the work runs with their rights
        sa.Column("traceparent", sa.Text),
        sa.Column("created_at", instant, nullable=False, server_default=_now),
        sa.Column("started_at", instant),
        sa.Column("finished_at", instant),
        sa.Column("lease_until", instant),
        sa.Column(
            "attempts", sa.Integer, nullable=False, server_default="0"
        ),  # claims: the newest holds the job
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # of the attempts, ended badly
        sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Index(
            "background_job_open", "created_at", postgresql_where=sa.text("status IN ('queued', 'running')")
        ),
        schema=schema,
    )
    sa.Table(
        "background_job_row",
        metadata,
        sa.Column(
            "job_id",
            sa.Uuid,
            sa.ForeignKey(f"{schema}.background_job.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),  # of the row, from 1
        sa.Column("line", sa.Integer, nullable=False),  # in the file, as an editor counts
        sa.Column("organisation_id", sa.Uuid),  # as the job's
        sa.Column("data", pg.JSONB),  # what the row says; None where it could not be read
        sa.Column("outcome", sa.Text),  # None: still to do
        sa.Column("subject", sa.Uuid),  # what was made or changed
        sa.Column("result", pg.JSONB),
        sa.Index("background_job_row_outcome", "job_id", "outcome", "number"),
        sa.Index(
            "background_job_row_subject",
            "job_id",
            "subject",
            postgresql_where=sa.text("subject IS NOT NULL"),
        ),
        schema=schema,
    )

    sa.Table(
        "destruction",  # what was destroyed, by which rule and when; names nobody
        metadata,
        sa.Column("person_digest", sa.LargeBinary, primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),  # reduced | destroyed
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("decided_on", sa.Date, nullable=False),
        sa.Column("destroyed_at", instant, nullable=False),
        sa.Column("counts", pg.JSONB, nullable=False),  # rows by table
        sa.Index("destruction_in_order", "destroyed_at", "person_digest", "stage"),
        schema=schema,
    )


def create(op: Migration, schema: str) -> None:
    """Create the chassis tables in a service's first migration, with their protection.

    Call it after `chassis.rls.create_functions`.
    """
    metadata = sa.MetaData(schema=schema)
    chassis_tables(metadata, schema)
    metadata.create_all(op.get_bind(), checkfirst=False)
    for statement in _chain_sql(schema):
        op.execute(statement)
    op.execute(_expiry_sql(schema))


def add_care(op: Migration, schema: str) -> None:
    """Add the record of destructions to a service that was installed before there was one."""
    metadata = sa.MetaData(schema=schema)
    chassis_tables(metadata, schema)
    metadata.create_all(op.get_bind(), tables=[metadata.tables[f"{schema}.destruction"]], checkfirst=True)
    op.execute(_expiry_sql(schema))


def _expiry_sql(s: str) -> str:
    """How the looks at a destroyed person end: the chain whole, and no other chain.

    The running role may not remove a line; this function runs as the owner and removes whole chains of
    people whose destruction is recorded, so no single look at somebody who is held can be hidden with it.
    """
    return f"""
        CREATE OR REPLACE FUNCTION {s}.remove_access_chains(before timestamptz, most int) RETURNS int
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
        DECLARE gone uuid[];
        BEGIN
            SELECT array_agg(c.inburgeraar_id) INTO gone FROM (
                SELECT DISTINCT c.inburgeraar_id FROM {s}.access_chain c
                JOIN {s}.destruction d ON d.person_digest = sha256(uuid_send(c.inburgeraar_id))
                WHERE d.destroyed_at < before AND NOT EXISTS (
                    SELECT FROM {s}.access_log l WHERE l.inburgeraar_id = c.inburgeraar_id AND l.at >= before)
                LIMIT most
            ) c;
            IF gone IS NULL THEN
                RETURN 0;
            END IF;
            DELETE FROM {s}.access_log l WHERE l.inburgeraar_id = ANY (gone);
            DELETE FROM {s}.access_chain c WHERE c.inburgeraar_id = ANY (gone);
            RETURN cardinality(gone);
        END $$
    """


def _chain_sql(s: str) -> tuple[Any, ...]:
    """The hash chain of the access log, and who may see it.

    The chain is kept by the database: one chain per person, its head in a table that the
    running role cannot touch, so that a missing last line shows too.
    """
    return (
        f"""
        CREATE FUNCTION {s}.chain_access() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog AS $$
        DECLARE chain {s}.access_chain%ROWTYPE;
        BEGIN
            INSERT INTO {s}.access_chain (inburgeraar_id, length, head)
            VALUES (NEW.inburgeraar_id, 0, ''::bytea) ON CONFLICT DO NOTHING;
            SELECT * INTO chain FROM {s}.access_chain
            WHERE inburgeraar_id = NEW.inburgeraar_id FOR UPDATE;
            NEW.chain_no := chain.length + 1;
            NEW.previous := chain.head;
            NEW.hash := {s}.access_hash(NEW);
            UPDATE {s}.access_chain SET length = NEW.chain_no, head = NEW.hash
            WHERE inburgeraar_id = NEW.inburgeraar_id;
            RETURN NEW;
        END $$
        """,
        f"""
        CREATE FUNCTION {s}.access_hash(r {s}.access_log) RETURNS bytea LANGUAGE sql STABLE
        SET search_path = pg_catalog AS $$
            SELECT sha256(r.previous || convert_to(jsonb_build_array(
                r.id, extract(epoch FROM r.at), r.trace_id, r.span_id, r.parent_span_id, r.status, r.name,
                r.operation, r.activity, r.start_ms, r.end_ms, r.data_subject, r.inburgeraar_id,
                r.gemeentecode, r.actor_id, r.actor_kind, r.organisation_id, r.roles, r.purpose,
                r.agreement, r.chain_no)::text, 'UTF8'))
        $$
        """,
        f"""
        CREATE TRIGGER chain BEFORE INSERT ON {s}.access_log
        FOR EACH ROW EXECUTE FUNCTION {s}.chain_access()
        """,
        f"""
        CREATE FUNCTION {s}.broken_access_chains() RETURNS TABLE (inburgeraar_id uuid, chain_no int)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
            SELECT l.inburgeraar_id, l.chain_no FROM (
                SELECT r.*, {s}.access_hash(r) AS expected,
                       lag(r.hash, 1, ''::bytea) OVER w AS before, row_number() OVER w AS nth
                FROM {s}.access_log r WINDOW w AS (PARTITION BY r.inburgeraar_id ORDER BY r.chain_no)
            ) l WHERE l.hash <> l.expected OR l.previous <> l.before OR l.nth <> l.chain_no
            UNION
            SELECT c.inburgeraar_id, c.length FROM {s}.access_chain c
            WHERE NOT EXISTS (SELECT FROM {s}.access_log r WHERE r.inburgeraar_id = c.inburgeraar_id
                              AND r.chain_no = c.length AND r.hash = c.head)
        $$
        """,
        f"ALTER TABLE {s}.access_log ENABLE ROW LEVEL SECURITY",
        # Not FORCE: the owner checks the chains over all gemeenten; the running role owns nothing.
        f"CREATE POLICY append ON {s}.access_log FOR INSERT WITH CHECK (true)",
        f"CREATE POLICY read ON {s}.access_log FOR SELECT USING ({s}.may_see(gemeentecode))",
        f"ALTER TABLE {s}.background_job ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {s}.background_job FORCE ROW LEVEL SECURITY",
        f"""
        CREATE POLICY tenant ON {s}.background_job
        USING ({s}.is_system() OR organisation_id = {s}.caller_organisation())
        WITH CHECK ({s}.is_system() OR organisation_id = {s}.caller_organisation())
        """,
        f"ALTER TABLE {s}.background_job_row ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {s}.background_job_row FORCE ROW LEVEL SECURITY",
        f"""
        CREATE POLICY tenant ON {s}.background_job_row
        USING ((SELECT {s}.is_system()) OR organisation_id = (SELECT {s}.caller_organisation()))
        WITH CHECK ((SELECT {s}.is_system()) OR organisation_id = (SELECT {s}.caller_organisation()))
        """,
    )
