# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every service, gateway and portal as a process of its own, without loading a demo."""

from demo.situation import bootstrap_file
from embedded.processes import run_processes
from embedded.settings import MachineSettings

if __name__ == "__main__":
    run_processes(MachineSettings(), bootstrap=bootstrap_file, beside=None, say=print)
