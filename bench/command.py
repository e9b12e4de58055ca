# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command: which parts, at which size, and the table at the end."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from bench.document import write_document
from bench.lab import FULL, SMOKE, Lab
from bench.machine import description
from bench.parts import account, flat, form, p01, p02, p03, p04, p05, p06, p07, p08, p1
from bench.peers import MissingPeer
from bench.picture import picture
from bench.results import FOLDER, Part, documents
from bench.table import table

__all__ = ["PARTS", "main"]

PARTS: Mapping[str, Callable[[Lab], Part]] = MappingProxyType(
    {
        "P01": p01.measure,
        "P02": p02.measure,
        "P03": p03.measure,
        "P04": p04.measure,
        "P05": p05.measure,
        "P06": p06.measure,
        "P07": p07.measure,
        "P08": p08.measure,
        "ACCOUNT": account.measure,
        "FORM": form.measure,
        "FLAT": flat.measure,
        "LARGE": flat.measure_large,
        "P1LOCAL": p1.measure_local,
        "P1DISTRICT": p1.measure_district,
        "P1DESK": p1.measure_desk,
        "P1COUNTRY": p1.measure_country,
    }
)
"""The parts by id, in the order in which they run."""

_ON_DEMAND = frozenset({"LARGE", "P1COUNTRY"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the chosen parts; each is kept as soon as it is done, so a broken run can be resumed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"of {' '.join(PARTS)}; all but LARGE and P1COUNTRY when none is named",
    )
    parser.add_argument("--smoke", action="store_true", help="a try of everything at the smallest size")
    parser.add_argument(
        "--resume", action="store_true", help="leave out the parts that are kept at this size"
    )
    parser.add_argument("--into", type=Path, default=None, help=f"folder for the results, {FOLDER} otherwise")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.parts if name.upper() not in PARTS]
    if unknown:
        parser.error(f"there is no part {' '.join(unknown)}: choose of {' '.join(PARTS)}")
    sizes = SMOKE if given.smoke else FULL
    folder: Path = given.into or (FOLDER if not given.smoke else FOLDER.parents[1] / "build" / "bench")
    named = {one.upper() for one in given.parts} or PARTS.keys() - _ON_DEMAND
    chosen = [name for name in PARTS if name in named]
    failed: list[str] = []
    began = time.monotonic()
    with Lab(sizes) as lab:
        for name in chosen:
            if given.resume and (folder / f"{name.lower()}.json").exists():
                print(f"{name}: kept")
                continue
            started = time.monotonic()
            try:
                part = PARTS[name](lab)
            except MissingPeer as missing:
                sys.exit(f"bench: {missing}")
            except Exception:  # noqa: BLE001 - the other parts are measured all the same, and the end says so
                traceback.print_exc()
                failed.append(name)
                continue
            part.machine = description()
            part.seconds = time.monotonic() - started
            part.write(folder)
            print(f"{name}: {part.title}, {part.seconds:.0f} s", flush=True)
    kept = sorted(documents(folder), key=lambda one: list(PARTS).index(one["part"]))
    (folder / "targets.svg").write_text(picture(kept), encoding="utf-8")
    if folder == FOLDER:
        write_document(kept)
    print(
        f"\n{table([one for one in kept if one['part'] in chosen])}\n\n{time.monotonic() - began:.0f} s in all"
    )
    if failed:
        sys.exit(f"bench: not measured: {' '.join(failed)}")
