# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sample service as a process of its own: `python -m tests.service.chassis.sample_process serve`."""

from chassis.run import main
from tests.service.chassis.sample import SERVICE

if __name__ == "__main__":
    main(SERVICE)
