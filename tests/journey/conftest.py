# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
from collections.abc import Iterator

import pytest

from tests.journey.platform import READY, Platform, installed


@pytest.fixture(scope="package")
def demo() -> Iterator[Platform]:
    """The demo, as `make demo` starts it, with what the README's journeys need."""
    with installed("demo") as platform:
        platform.start(READY)
        yield platform
