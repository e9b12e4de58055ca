# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake can do: one function is one use case is one transaction.

`sealing` numbers at rest; `clocks` the clocks of one person; `persons` register, correct and
move; `leads` who the work is with; `pips` the decision; `keys` the change of keys.
"""
