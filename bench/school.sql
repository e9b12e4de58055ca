-- SPDX-FileCopyrightText: Open Inburgering contributors
-- SPDX-License-Identifier: EUPL-1.2
--
-- A school full of people; bench/seed.py fills in the words with a dollar sign. An id is the MD5 of a name.

INSERT INTO provider (id, name, routes, organisation_id, version)
VALUES (md5('$n-provider')::uuid, 'School $n', ARRAY['b1'], '$organisation', 1);

INSERT INTO contract (id, provider_id, organisation_id, gemeentecodes, valid_from, version)
VALUES (md5('$n-contract')::uuid, md5('$n-provider')::uuid, '$organisation', ARRAY['$code'], DATE '$first', 1);

INSERT INTO contract_terms (id, contract_id, valid_from, unexcused_limit, sickness_percent, group_max,
    start_working_days, late_entry_months, closed_days)
VALUES (md5('$n-terms')::uuid, md5('$n-contract')::uuid, DATE '$first', 2, 20, 15, 20, 2, ARRAY[]::date[]);

INSERT INTO inburgeraar (id, law, "group", gemeentecode, executing_gemeentecode)
SELECT md5('$n-person-' || p)::uuid, 'wi2021', 'statushouder', '$code', '$code' FROM generate_series(1, $persons) AS p;

INSERT INTO scope (id, gemeentecode)
SELECT md5('$n-person-' || p)::uuid, '$code' FROM generate_series(1, $persons) AS p;

INSERT INTO lesson_group (id, provider_id, organisation_id, gemeentecode, leerroute, level, youth, evening)
SELECT md5('$n-group-' || g)::uuid, md5('$n-provider')::uuid, '$organisation', '$code', 'b1', 'a1', false, false
FROM generate_series(1, $groups) AS g;

INSERT INTO lesson (id, group_id, provider_id, organisation_id, gemeentecode, held_on, day_part, starts_at, ends_at,
    hours)
SELECT md5('$n-lesson-' || g || '-' || l)::uuid, md5('$n-group-' || g)::uuid, md5('$n-provider')::uuid,
    '$organisation', '$code', DATE '$today' - 1 - (l - 1) / 2, (ARRAY['morning', 'afternoon'])[l % 2 + 1],
    '09:00', '12:00', 3
FROM generate_series(1, $groups) AS g, generate_series(1, $lessons) AS l;

INSERT INTO placement (id, inburgeraar_id, gemeentecode, provider_id, organisation_id, contract_id, leerroute, payer,
    referred_on, start_due_on, started_on, start_declared, sickness_above, version)
SELECT md5('$n-placement-' || p)::uuid, md5('$n-person-' || p)::uuid, '$code', md5('$n-provider')::uuid,
    '$organisation', md5('$n-contract')::uuid, 'b1', 'gemeente', DATE '$first', DATE '$first' + 28,
    DATE '$first' + 7, true, false, 1
FROM generate_series(1, $persons) AS p;

INSERT INTO membership (id, group_id, placement_id, inburgeraar_id, organisation_id, gemeentecode, level, since)
SELECT md5('$n-membership-' || p)::uuid, md5('$n-group-' || ((p - 1) / 10 + 1))::uuid,
    md5('$n-placement-' || p)::uuid, md5('$n-person-' || p)::uuid, '$organisation', '$code', 'a1', DATE '$first'
FROM generate_series(1, $persons) AS p;

INSERT INTO attendance (id, lesson_id, placement_id, inburgeraar_id, provider_id, organisation_id, gemeentecode,
    lesson_date, lesson_hours, status, hours, approval, recorded_at, recorded_by, version)
SELECT md5('$n-attendance-' || p || '-' || l)::uuid, md5('$n-lesson-' || ((p - 1) / 10 + 1) || '-' || l)::uuid,
    md5('$n-placement-' || p)::uuid, md5('$n-person-' || p)::uuid, md5('$n-provider')::uuid, '$organisation',
    '$code', DATE '$today' - 1 - (l - 1) / 2, 3, 'present', 3, 'not-needed', DATE '$today', '$somebody', 1
FROM generate_series(1, $persons) AS p, generate_series($entered_from, $lessons) AS l;

INSERT INTO attendance_version (attendance_id, version, organisation_id, gemeentecode, status, hours, approval,
    source, recorded_at, recorded_by)
SELECT md5('$n-attendance-' || p || '-' || l)::uuid, 1, '$organisation', '$code', 'present', 3, 'not-needed', 'batch',
    DATE '$today', '$somebody'
FROM generate_series(1, $persons) AS p, generate_series($entered_from, $lessons) AS l;
