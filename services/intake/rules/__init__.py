# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The law of intake as pure functions: who has which duty, what a PIP may hold, which clocks run.

`identity` numbers and names; `law` act, group, rights and duties; `clocks` ten weeks and term;
`pip` the decision; `parameters` every number with its dates and source.
"""
