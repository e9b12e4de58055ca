# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""All SQL of intake. `persons` the person and who may see it; `decisions` PIPs, clocks and moves."""
