# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What was measured: samples of several rounds, figures made of them, and the file of a part.

A figure is a ratio or a cost with its peer, its spread over the rounds, the targets, and how much
of the machine others used meanwhile. Nothing is asserted here: a missed target is said, not raised.
"""

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench.machine import LIMIT

__all__ = ["FOLDER", "Figure", "Part", "Sample", "Series", "Target", "ratio_figure", "rounds", "value_figure"]

FOLDER = Path(__file__).parent / "results"

Verdict = Literal["stretch", "floor", "missed", "no target"]
_REPEATS = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one contestant."""

    values: Mapping[str, float]
    foreign: float = 0.0
    busy: bool = False  # others used more than they may, also in the repeated runs


@dataclass(slots=True)
class Series:
    """All runs of one contestant."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    def all(self, key: str) -> list[float]:
        """One value of every run."""
        return [sample.values[key] for sample in self.samples]

    def median(self, key: str) -> float:
        """The middle one of the runs."""
        return statistics.median(self.all(key))

    @property
    def foreign(self) -> float:
        """The largest share that others used in one of the runs."""
        return max((sample.foreign for sample in self.samples), default=0.0)


@dataclass(frozen=True, slots=True)
class Target:
    """What must be reached and what is aimed at; `more` says whether a larger value is better."""

    floor: float
    stretch: float
    more: bool = True

    def verdict(self, value: float) -> Verdict:
        """How a value stands to the target."""
        sign = 1 if self.more else -1
        if sign * value >= sign * self.stretch:
            return "stretch"
        return "floor" if sign * value >= sign * self.floor else "missed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    peer: str = ""
    spread: float = 0.0  # largest less smallest, as a share of the middle
    target: Target | None = None
    foreign: float = 0.0
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """How it stands to its target."""
        return "no target" if self.target is None else self.target.verdict(self.value)

    @property
    def flagged(self) -> bool:
        """Whether others were so busy that the value should not be relied on."""
        return self.foreign > LIMIT


@dataclass(slots=True)
class Part:
    """All that one part of the catalogue found."""

    id: str
    title: str
    size: str
    figures: list[Figure] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return {
            "part": self.id,
            "title": self.title,
            "size": self.size,
            "seconds": round(self.seconds, 1),
            "machine": dict(self.machine),
            "figures": [
                {
                    "what": one.what,
                    "value": _short(one.value),
                    "unit": one.unit,
                    "peer": one.peer,
                    "spread": _short(one.spread),
                    "floor": one.target.floor if one.target else None,
                    "stretch": one.target.stretch if one.target else None,
                    "better": None if one.target is None else "more" if one.target.more else "less",
                    "verdict": one.verdict,
                    "foreignCpu": _short(one.foreign),
                    "flagged": one.flagged,
                    "note": one.note,
                }
                for one in self.figures
            ],
            "series": [
                {
                    "name": one.name,
                    "runs": [
                        {
                            **{key: _short(value) for key, value in asdict(sample)["values"].items()},
                            "foreignCpu": _short(sample.foreign),
                            "busy": sample.busy,
                        }
                        for sample in one.samples
                    ],
                }
                for one in self.series
            ],
            "tables": self.tables,
        }

    def write(self, folder: Path) -> Path:
        """Keep it as `<id>.json` in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.id.lower()}.json"
        path.write_text(json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def rounds(contestants: Mapping[str, Callable[[], Sample]], *, times: int) -> dict[str, Series]:
    """Run all contestants in turn, several times: what disturbs one round disturbs all of it.

    A run in which others used too much of the machine is repeated twice at most, and then marked.
    """
    series = {name: Series(name) for name in contestants}
    for _ in range(times):
        for name, run in contestants.items():
            sample = run()
            for _ in range(_REPEATS if times > 1 else 0):
                if sample.foreign <= LIMIT:
                    break
                again = run()
                sample = again if again.foreign < sample.foreign else sample
            if sample.foreign > LIMIT:
                sample = Sample(sample.values, sample.foreign, busy=True)
            series[name].samples.append(sample)
    return series


def ratio_figure(
    what: str,
    ours: Series,
    theirs: Series,
    key: str,
    *,
    target: Target | None = None,
    peer_key: str = "",
    unit: str = "x",
    note: str = "",
) -> Figure:
    """Ours divided by theirs, round by round; the middle of the rounds counts."""
    found = [mine / their for mine, their in zip(ours.all(key), theirs.all(peer_key or key), strict=True)]
    return Figure(
        what,
        statistics.median(found),
        unit,
        peer=theirs.name,
        spread=_spread(found),
        target=target,
        foreign=max(ours.foreign, theirs.foreign),
        note=note,
    )


def value_figure(
    what: str, series: Series, key: str, unit: str, *, target: Target | None = None, note: str = ""
) -> Figure:
    """One value of a series; the middle of the rounds counts."""
    values = series.all(key)
    return Figure(
        what,
        statistics.median(values),
        unit,
        spread=_spread(values),
        target=target,
        foreign=series.foreign,
        note=note,
    )


def _spread(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def _short(value: float) -> float:
    """Four digits that count: more would pretend a precision that is not there."""
    return float(f"{value:.4g}")


def documents(folder: Path) -> Iterable[dict[str, Any]]:
    """Every part that is kept in a folder, by id."""
    for path in sorted(folder.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and "figures" in found:
            yield found
