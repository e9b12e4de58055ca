# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the service can do: one function is one use case in one transaction."""

from services.learning_routes.actions.attendance import (
    HOURS_FAULTS,
    Outcome,
    Recorded,
    decide_on_attendance,
    is_entered_late,
    outside_placement,
    publish_attendance,
    record_attendance,
)
from services.learning_routes.actions.attendance_files import (
    ATTENDANCE_FILE,
    FINAL,
    check_file,
    process_file,
    queue_file,
    unusable,
)
from services.learning_routes.actions.batches import (
    BatchRow,
    RowResult,
    contradiction,
    record_batch,
    refuse_unless_all_good,
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
    plan_group,
    plan_lesson,
    size_of,
    sizes_of,
    visible_group,
    visible_lesson,
)
from services.learning_routes.actions.judging import (
    judge,
)
from services.learning_routes.actions.ledger import (
    Ledger,
    Rates,
    read_ledger,
    read_rates,
)
from services.learning_routes.actions.locations import (
    add_location,
    change_location,
    check_contract_locations,
    group_location,
    place_group,
    visible_location,
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
    withdraw_completed,
    withdraw_missing,
)
from services.learning_routes.actions.visibility import check_executes, unknown_reference, unseen
from services.learning_routes.actions.ways import Course, courses_of

__all__ = [
    "ATTENDANCE_FILE",
    "FINAL",
    "HOURS_FAULTS",
    "BatchRow",
    "Clock",
    "Course",
    "Ledger",
    "NewTerms",
    "Outcome",
    "Rates",
    "Recorded",
    "RowResult",
    "add_location",
    "add_mark_period",
    "add_member",
    "add_waiting_entry",
    "cancel_lesson",
    "change_location",
    "change_provider",
    "change_terms",
    "check_contract_locations",
    "check_executes",
    "check_file",
    "contradiction",
    "courses_of",
    "decide_on_attendance",
    "end_mark_period",
    "end_membership",
    "end_placement",
    "follow_first_lesson",
    "group_location",
    "handle_signal",
    "hold_intake",
    "is_entered_late",
    "judge",
    "locked_placement",
    "make_contract",
    "make_group",
    "make_placement",
    "meet_clock",
    "outside_placement",
    "place_group",
    "plan_group",
    "plan_lesson",
    "process_file",
    "publish_attendance",
    "queue_file",
    "raise_missing",
    "read_ledger",
    "read_rates",
    "record_attendance",
    "record_batch",
    "refuse_unless_all_good",
    "register_provider",
    "run_clock",
    "save_person",
    "save_pip",
    "size_of",
    "sizes_of",
    "start_placement",
    "unknown_reference",
    "unseen",
    "unusable",
    "visible_group",
    "visible_lesson",
    "visible_location",
    "visible_person",
    "visible_placement",
    "withdraw_clock",
    "withdraw_completed",
    "withdraw_missing",
]
