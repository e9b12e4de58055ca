# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""People, clocks, signals, handlings, mailboxes and deliveries."""

from alembic import op

from chassis import rls, tables

revision = "notifications_0001"
down_revision = None
branch_labels = None
depends_on = None

S = "notifications"

TABLES = (
    f"""
    CREATE TABLE {S}.person (
        inburgeraar_id uuid PRIMARY KEY,
        gemeentecode varchar(4),
        executing_gemeentecode varchar(4),
        state_version integer NOT NULL,
        lead_member_id uuid,
        lead_version integer NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.deadline (
        id uuid PRIMARY KEY,
        owner_service varchar NOT NULL,
        inburgeraar_id uuid NOT NULL,
        gemeentecode varchar(4),
        organisation_id uuid,
        rule varchar,
        article varchar,
        starts_on date,
        early_on date,
        due_on date,
        set_version integer NOT NULL,
        met_on date,
        withdrawn_reason varchar,
        end_version integer NOT NULL,
        status varchar NOT NULL
            CONSTRAINT deadline_status CHECK (status IN ('running', 'met', 'late', 'withdrawn')),
        next_stage_on date,
        fired_count integer NOT NULL,
        CONSTRAINT deadline_ended_never_fires
            CHECK (status IN ('running', 'late') OR next_stage_on IS NULL),
        CONSTRAINT deadline_dates_come_together
            CHECK (num_nulls(rule, article, starts_on, early_on, due_on) IN (0, 5))
    )
    """,
    f"CREATE INDEX deadline_in_order ON {S}.deadline (due_on, id)",
    f"CREATE INDEX deadline_of_person ON {S}.deadline (inburgeraar_id, due_on)",
    f"CREATE INDEX deadline_of_gemeente ON {S}.deadline (gemeentecode, due_on, id)",
    f"CREATE INDEX deadline_of_organisation ON {S}.deadline (organisation_id, due_on, id)",
    f"""
    CREATE INDEX deadline_next ON {S}.deadline (next_stage_on, id)
    WHERE next_stage_on IS NOT NULL
    """,
    f"""
    CREATE TABLE {S}.deadline_firing (
        deadline_id uuid NOT NULL,
        due_on date NOT NULL,
        stage varchar NOT NULL
            CONSTRAINT firing_stage CHECK (stage IN ('early', 'due', 'overdue')),
        fired_on date NOT NULL,
        carried boolean NOT NULL,
        PRIMARY KEY (deadline_id, due_on, stage)
    )
    """,
    f"""
    CREATE TABLE {S}.signal (
        id uuid PRIMARY KEY,
        kind varchar NOT NULL,
        audience varchar NOT NULL
            CONSTRAINT signal_audience CHECK (audience IN ('consulent', 'taalschool', 'operations')),
        inburgeraar_id uuid,
        gemeentecode varchar(4),
        executing_gemeentecode varchar(4),
        lead_member_id uuid,
        organisation_id uuid,
        raised_at timestamptz NOT NULL,
        due_on date,
        rule varchar NOT NULL,
        facts jsonb NOT NULL,
        status varchar NOT NULL
            CONSTRAINT signal_status CHECK (status IN ('open', 'handled', 'withdrawn')),
        withdrawn_at timestamptz,
        withdrawn_reason varchar,
        deadline_id uuid,
        stage varchar,
        standing_key varchar,
        version integer NOT NULL,
        -- Operations sees no person at all: the database refuses what a mistake would show it.
        CONSTRAINT signal_of_operations_names_nobody
            CHECK (audience <> 'operations' OR inburgeraar_id IS NULL),
        CONSTRAINT signal_of_taalschool_has_one
            CHECK (audience <> 'taalschool' OR organisation_id IS NOT NULL),
        CONSTRAINT signal_withdrawn_says_why CHECK (
            (status = 'withdrawn') = (withdrawn_at IS NOT NULL)
            AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL)
        )
    )
    """,
    f"CREATE INDEX signal_in_order ON {S}.signal (raised_at, id)",
    f"CREATE INDEX signal_open ON {S}.signal (raised_at, id) WHERE status = 'open'",
    f"CREATE INDEX signal_of_operations ON {S}.signal (raised_at, id) WHERE audience = 'operations'",
    f"CREATE INDEX signal_of_gemeente ON {S}.signal (gemeentecode, status, raised_at, id)",
    f"CREATE INDEX signal_of_lead ON {S}.signal (lead_member_id, status, raised_at, id)",
    f"CREATE INDEX signal_of_organisation ON {S}.signal (organisation_id, audience, raised_at, id)",
    f"CREATE INDEX signal_of_person ON {S}.signal (inburgeraar_id)",
    f"CREATE INDEX signal_of_deadline ON {S}.signal (deadline_id)",
    f"""
    CREATE UNIQUE INDEX signal_standing ON {S}.signal (standing_key)
    WHERE status = 'open' AND standing_key IS NOT NULL
    """,
    f"""
    CREATE TABLE {S}.signal_place (
        signal_id uuid PRIMARY KEY REFERENCES {S}.signal (id),
        gemeentecode varchar(4)
    )
    """,
    f"""
    CREATE TABLE {S}.early_withdrawal (
        signal_id uuid PRIMARY KEY,
        reason varchar NOT NULL,
        withdrawn_at timestamptz NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.handling (
        id uuid PRIMARY KEY,
        signal_id uuid NOT NULL UNIQUE REFERENCES {S}.signal (id),
        member_id uuid NOT NULL,
        outcome varchar NOT NULL
            CONSTRAINT handling_outcome CHECK (outcome IN ('talked', 'no-action', 'passed-on')),
        handled_at timestamptz NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.handling_note (
        handling_id uuid PRIMARY KEY REFERENCES {S}.handling (id),
        signal_id uuid NOT NULL REFERENCES {S}.signal (id),
        note varchar NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.mailbox (
        member_id uuid PRIMARY KEY,
        address varchar NOT NULL,
        digest boolean NOT NULL,
        changed_at timestamptz NOT NULL,
        version integer NOT NULL
    )
    """,
    f"""
    CREATE TABLE {S}.delivery (
        id uuid PRIMARY KEY,
        member_id uuid NOT NULL,
        template varchar NOT NULL
            CONSTRAINT delivery_template CHECK (template IN ('signal', 'digest')),
        status varchar NOT NULL CONSTRAINT delivery_status CHECK (
            status IN ('waiting', 'sending', 'sent', 'failed', 'cancelled', 'no-address', 'mail-off')
        ),
        created_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        claim uuid,
        claimed_until timestamptz,
        last_fault varchar,
        sent_at timestamptz,
        CONSTRAINT delivery_claimed_while_sending
            CHECK ((status = 'sending') = (claim IS NOT NULL) AND (claim IS NULL) = (claimed_until IS NULL))
    )
    """,
    f"""
    CREATE INDEX delivery_pending ON {S}.delivery (next_attempt_at, id)
    WHERE status IN ('waiting', 'sending')
    """,
    f"CREATE INDEX delivery_of_member ON {S}.delivery (member_id, created_at, id)",
    f"CREATE INDEX delivery_in_order ON {S}.delivery (created_at, id)",
    f"""
    CREATE UNIQUE INDEX delivery_next_digest ON {S}.delivery (member_id)
    WHERE template = 'digest' AND status IN ('waiting', 'no-address')
    """,
    f"""
    CREATE TABLE {S}.delivery_signal (
        signal_id uuid NOT NULL REFERENCES {S}.signal (id),
        member_id uuid NOT NULL,
        delivery_id uuid NOT NULL REFERENCES {S}.delivery (id),
        PRIMARY KEY (signal_id, member_id)
    )
    """,
    f"CREATE INDEX delivery_signal_of_delivery ON {S}.delivery_signal (delivery_id)",
)

SYSTEM = f"{S}.is_system()"
SEES_SIGNAL = f"EXISTS (SELECT FROM {S}.signal s WHERE s.id = signal_id)"
"""A caller sees what belongs to a signal that the policy of `signal` lets the caller see."""


def upgrade() -> None:
    """Create the tables, and say for each who sees which row."""
    rls.create_functions(op, S)
    tables.create(op, S)
    for statement in TABLES:
        op.execute(statement)
    # A school's grant can hold gemeenten too: the work of a consulent needs a role of a gemeente.
    of_gemeente = " OR ".join(
        f"{S}.caller_has_role('{role}')"
        for role in ("consulent", "klantmanager", "kwaliteitsmedewerker", "policy-officer")
    )
    rls.protect(op, S, "person", f"{S}.may_know(gemeentecode)", SYSTEM)
    rls.protect(
        op,
        S,
        "deadline",
        f"{SYSTEM} OR ({S}.may_see(gemeentecode) AND ({of_gemeente}))"
        f" OR organisation_id = {S}.caller_organisation()",
        SYSTEM,
    )
    rls.protect(op, S, "deadline_firing", SYSTEM)
    rls.protect(
        op,
        S,
        "signal",
        f"""{SYSTEM} OR CASE audience
            WHEN 'consulent' THEN {S}.may_see(gemeentecode) AND ({of_gemeente})
            WHEN 'taalschool' THEN organisation_id = {S}.caller_organisation()
            WHEN 'operations' THEN {S}.caller_has_role('operations')
            ELSE false END""",
    )
    rls.protect(op, S, "signal_place", f"{S}.may_know(gemeentecode)", SYSTEM)
    rls.protect(op, S, "early_withdrawal", SYSTEM)
    rls.protect(op, S, "handling", f"{SYSTEM} OR {SEES_SIGNAL}")
    rls.protect(op, S, "handling_note", f"{SYSTEM} OR {SEES_SIGNAL}")
    rls.protect(
        op,
        S,
        "mailbox",
        f"{SYSTEM} OR member_id = {S}.caller_subject() OR {S}.caller_has_role('administrator')",
    )
    rls.protect(
        op,
        S,
        "delivery",
        f"{SYSTEM} OR member_id = {S}.caller_subject() OR {S}.caller_has_role('operations')",
    )
    rls.protect(op, S, "delivery_signal", f"{SYSTEM} OR member_id = {S}.caller_subject()", SYSTEM)


def downgrade() -> None:
    """Drop everything of this service; Alembic's own table stays."""
    names = ["delivery_signal", "delivery", "mailbox", "handling_note", "handling", "early_withdrawal"]
    names += ["signal_place", "signal", "deadline_firing", "deadline", "person", *tables.CHASSIS_TABLES]
    op.execute(f"DROP TABLE {', '.join(f'{S}.{name}' for name in names)} CASCADE")
    op.execute(
        f"""
        DO $$ DECLARE made regprocedure; BEGIN
            FOR made IN SELECT oid FROM pg_proc WHERE pronamespace = '{S}'::regnamespace LOOP
                EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', made);
            END LOOP;
        END $$
        """
    )
