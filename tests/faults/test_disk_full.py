# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F10: the disk of the database is full. Refused plainly, nothing half, and well again once there is room."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.faults.own_peers import OwnPostgres
from tests.faults.results import Tally
from tests.faults.sample import Sample
from tests.faults.sizes import sized

_MIB = 1024 * 1024


@pytest.fixture
def small_disk(own_postgres: OwnPostgres) -> Iterator[Path]:
    """A file system of 64 MiB in memory, in which the account of PostgreSQL may write."""
    folder = Path(tempfile.mkdtemp(prefix="inburgering-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(f"A small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        space = folder / "tablespace"
        space.mkdir(mode=0o700)
        if os.geteuid() == 0:
            entry = pwd.getpwnam("open-inburgering")
            shutil.chown(space, entry.pw_uid, entry.pw_gid)
        folder.chmod(0o755)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@pytest.mark.fault("F10")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_full_disk_is_refused_plainly_and_all_is_well_once_there_is_room(
    small_disk: Path, own_postgres: OwnPostgres, kafka: str, tmp_path: Path, tally: Tally
) -> None:
    space, ballast = small_disk / "tablespace", small_disk / "ballast"
    admin = await asyncpg.connect(own_postgres.url)
    await admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
    try:
        async with Sample.prepared(own_postgres.url, kafka, tmp_path) as sample:
            name = sample.databases.owner_url.rsplit("/", 1)[1].partition("?")[0]
            await admin.execute(f"ALTER DATABASE {name} SET TABLESPACE small")
            member = await sample.start()
            number = 0
            for _ in range(sized(2, 10)):
                for _ in range(20):
                    number += 1
                    await sample.write_until_taken(member, f"roomy-{number}")
                free = shutil.disk_usage(small_disk).free
                with ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(_MIB, free - 256 * 1024))
                tally.kills += 1
                refused_before = sample.statuses[503]
                while sample.statuses[503] < refused_before + 20:
                    number += 1
                    assert number < 20_000, "the disk never fills"
                    await asyncio.gather(*(sample.write(member, f"full-{number}-{n}") for n in range(4)))
                ballast.unlink()
                for _ in range(20):
                    number += 1
                    await sample.write_until_taken(member, f"again-{number}", seconds=30)
            assert member.process.poll() is None
            tally.writes = sum(sample.statuses.values())
            tally.measured = {"answers": dict(sample.statuses)}
            lost, doubled = await sample.check(member)
            tally.settle(lost=lost, doubled=doubled)
            await sample.sql("REINDEX SCHEMA sample")  # reads every table whole: nothing is damaged
            code, _ = await member.stop()
            assert code == 0
    finally:
        await admin.execute("DROP TABLESPACE small")
        await admin.close()
