# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that other accounts may enter: pytest's own are private, and PostgreSQL is not run by root."""
    folder = Path(tempfile.mkdtemp(prefix="inburgering-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
