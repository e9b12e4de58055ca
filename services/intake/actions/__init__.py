# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake can do: one function is one use case is one transaction.

`persons` register and correct; `moves` what happens on the way; `leads` who the work is with;
`pips` the decision, `judgement` whether it was in time; `clocks` the clocks of one person;
`sealing` numbers at rest; `keys` the change of keys.
"""
