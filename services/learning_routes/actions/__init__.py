# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the service can do: one function is one use case in one transaction."""

from services.learning_routes.actions.attendance import (
    HOURS_FAULTS,
    Outcome,
    Recorded,
    decide_on_attendance,
    outside_placement,
    publish_attendance,
    record_attendance,
)
from services.learning_routes.actions.clocks import (
    Clock,
    meet_clock,
    run_clock,
    withdraw_clock,
)
from services.learning_routes.actions.contracts import (
    NewTerms,
    change_terms,
    make_contract,
)
from services.learning_routes.actions.groups import (
    add_member,
    cancel_lesson,
    end_membership,
    make_group,
    plan_lesson,
    size_of,
    visible_group,
    visible_lesson,
)
from services.learning_routes.actions.judging import (
    judge,
)
from services.learning_routes.actions.people import (
    handle_signal,
    save_person,
    save_pip,
)
from services.learning_routes.actions.placements import (
    add_waiting_entry,
    end_placement,
    follow_first_lesson,
    hold_intake,
    locked_placement,
    make_placement,
    start_placement,
    visible_person,
    visible_placement,
)
from services.learning_routes.actions.providers import (
    add_mark_period,
    change_provider,
    end_mark_period,
    register_provider,
)
from services.learning_routes.actions.registrations import (
    raise_missing,
    withdraw_missing,
)
from services.learning_routes.actions.visibility import (
    acting_caller,
    check_executes,
    unknown_reference,
    unseen,
)

__all__ = [
    "HOURS_FAULTS",
    "Clock",
    "NewTerms",
    "Outcome",
    "Recorded",
    "acting_caller",
    "add_mark_period",
    "add_member",
    "add_waiting_entry",
    "cancel_lesson",
    "change_provider",
    "change_terms",
    "check_executes",
    "decide_on_attendance",
    "end_mark_period",
    "end_membership",
    "end_placement",
    "follow_first_lesson",
    "handle_signal",
    "hold_intake",
    "judge",
    "locked_placement",
    "make_contract",
    "make_group",
    "make_placement",
    "meet_clock",
    "outside_placement",
    "plan_lesson",
    "publish_attendance",
    "raise_missing",
    "record_attendance",
    "register_provider",
    "run_clock",
    "save_person",
    "save_pip",
    "size_of",
    "start_placement",
    "unknown_reference",
    "unseen",
    "visible_group",
    "visible_lesson",
    "visible_person",
    "visible_placement",
    "withdraw_clock",
    "withdraw_missing",
]
