# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The integer programme of one component: columns, rows and the three objectives, without any solver in sight.

Columns: whole use of a dwelling by a household, a place in a shared one, a dwelling opened for a share group,
and the shortfall of a municipality. Only pairs that no pairwise rule forbids have a column.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.housing.solver.instance import Dwelling, Household, Id, Instance
from services.housing.solver.pairs import Pair, feasible_pairs, fits_whole, quality

__all__ = ["INFINITE", "Assignment", "Kind", "Model", "Row", "Wish", "build", "kinds_of"]

INFINITE = float("inf")

Assignment = tuple[Id, Id]
"""A household and the dwelling that it takes."""

_Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """lower <= sum of values times columns <= upper."""

    lower: float
    upper: float
    columns: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Wish:
    """What people lay down for a run beside the rules."""

    pins: frozenset[Assignment] = frozenset()
    bans: frozenset[Assignment] = frozenset()
    max_exchanges: int | None = None  # households housed outside their own gemeente
    standing: frozenset[Assignment] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """Households that are equal in all that the rules of a municipality look at, in one use of one dwelling."""

    dwelling: Id
    persons: int
    counted: int
    municipality: Id  # of the households
    shared: bool
    alone: bool  # sharers who, if nobody else comes, have it whole; told apart where one may open it


@dataclass(slots=True)
class Model:
    """A programme with its vocabulary."""

    pairs: list[Pair] = field(default_factory=list)
    opened: dict[tuple[Id, _Group], int] = field(default_factory=dict)
    groups: dict[Id, _Group] = field(default_factory=dict)
    short: dict[Id, int] = field(default_factory=dict)
    targets: dict[Id, int] = field(default_factory=dict)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)  # whether the column must be a whole number
    rows: list[Row] = field(default_factory=list)
    shortfall: dict[int, float] = field(default_factory=dict)
    urgency: dict[int, float] = field(default_factory=dict)
    quality: dict[int, float] = field(default_factory=dict)
    kept: dict[int, float] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    persons: dict[int, tuple[Id, int]] = field(default_factory=dict)  # column: municipality, persons counted
    kinds: list[tuple[int, Kind]] = field(default_factory=list)  # the column that stands for each
    gathered: dict[int, Sequence[int]] = field(default_factory=dict)  # such a column: those that it adds up

    def column(self, upper: float, *, whole: bool) -> int:
        """Add a column from 0 to an upper bound."""
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.upper) - 1

    def row(self, lower: float, upper: float, terms: Mapping[int, float]) -> None:
        """Add a row; one without columns says nothing, since every rule allows that nobody is housed."""
        if terms:
            self.rows.append(Row(lower, upper, tuple(terms), tuple(terms.values())))

    def assignments(self, values: Sequence[float]) -> list[Assignment]:
        """Read a solution of the programme."""
        return [
            (pair.household, pair.dwelling)
            for column, pair in enumerate(self.pairs)
            if values[column] > 0.5  # noqa: PLR2004 - a whole number with the noise of the solver
        ]

    def start(self, assignments: Iterable[Assignment]) -> list[float]:
        """Write assignments as a solution of the programme; those that have no column are left out."""
        values = [0.0] * len(self.upper)
        by_pair: dict[Assignment, list[int]] = {}
        for column, pair in enumerate(self.pairs):
            by_pair.setdefault((pair.household, pair.dwelling), []).append(column)
        together: dict[Id, list[Id]] = {}
        for household, dwelling in assignments:
            together.setdefault(dwelling, []).append(household)
        housed = dict.fromkeys(self.short, 0)
        for dwelling, households in together.items():
            alone = len(households) == 1
            for household in households:
                columns = by_pair.get((household, dwelling), [])
                if not columns:
                    continue
                column = next((one for one in columns if self.pairs[one].shared != alone), columns[0])
                values[column] = 1.0
                if self.pairs[column].shared:
                    values[self.opened[dwelling, self.groups[household]]] = 1.0
                place, persons = self.persons[column]
                housed[place] += persons
        for place, column in self.short.items():
            values[column] = float(max(0, self.targets[place] - housed[place]))
        self.add_up(values)
        return values

    def add_up(self, values: list[float]) -> None:
        """Let each column that adds up others say what they are."""
        for column, columns in self.gathered.items():
            values[column] = sum(values[one] for one in columns)


def build(instance: Instance, wish: Wish | None = None, *, gathered: bool = False) -> Model:
    """Write the programme of a component. A pin without a column is the caller's fault (ValueError).

    Args:
        instance: of the component.
        wish: what people lay down.
        gathered: add a column for all households of one kind in a dwelling. The municipal rules then speak of
            these few columns, on which a solver branches and cuts better; what may be stays the same.
    """
    wish = wish or Wish()
    model = Model()
    for pair in feasible_pairs(instance):
        if (pair.household, pair.dwelling) not in wish.bans:
            model.pairs.append(pair)
            model.column(1.0, whole=True)
    for place in instance.municipalities.values():
        model.targets[place.id] = place.target
        model.short[place.id] = model.column(float(place.target), whole=False)
    model.groups = {
        one.id: (type(one.share_group).__name__, str(one.share_group)) for one in instance.households.values()
    }
    _kinds(instance, model, gathered=gathered)
    _use(instance, model)
    _municipal(instance, model)
    _objectives(instance, model, wish)
    _wishes(instance, model, wish)
    return model


def _use(instance: Instance, model: Model) -> None:
    """H1 and H5: one home for each household, one use of each dwelling."""
    homes: dict[Id, dict[int, float]] = {}
    uses: dict[Id, dict[int, float]] = {}
    sharers: dict[tuple[Id, _Group], list[int]] = {}
    for column, pair in enumerate(model.pairs):
        homes.setdefault(pair.household, {})[column] = 1.0
        if pair.shared:
            sharers.setdefault((pair.dwelling, model.groups[pair.household]), []).append(column)
    for column, kind in model.kinds:
        if not kind.shared:
            uses.setdefault(kind.dwelling, {})[column] = 1.0
    for (dwelling, group), columns in sharers.items():
        home = instance.dwellings[dwelling]
        opened = model.column(1.0, whole=True)
        model.opened[dwelling, group] = opened
        uses.setdefault(dwelling, {})[opened] = 1.0
        everybody = dict.fromkeys(columns, 1.0)
        model.row(-INFINITE, 0.0, {**everybody, opened: -float(home.places)})
        model.row(0.0, INFINITE, _opening(instance, model, home, columns, opened))
        for column in columns:
            model.row(-INFINITE, 0.0, {column: 1.0, opened: -1.0})
    for terms in homes.values():
        model.row(-INFINITE, 1.0, terms)
    for terms in uses.values():
        model.row(-INFINITE, 1.0, terms)


def _opening(
    instance: Instance, model: Model, home: Dwelling, columns: Sequence[int], opened: int
) -> dict[int, float]:
    """The fewest sharers who open a dwelling. One alone is a sharer only where whole use is forbidden to them.

    Who fits whole and is alone has the dwelling whole, so that one occupant always means one thing: such a sharer
    counts half, and needs another.
    """
    fewest = max(1, home.opened_by)
    alone = {one for one in columns if _alone(instance, model.pairs[one])}
    if not alone:
        return {**dict.fromkeys(columns, 1.0), opened: -float(fewest)}
    return {**{one: 1.0 if one in alone else 2.0 for one in columns}, opened: -2.0}


def _alone(instance: Instance, pair: Pair) -> bool:
    home = instance.dwellings[pair.dwelling]
    return pair.shared and home.opened_by <= 1 and fits_whole(instance.households[pair.household], home)


def kinds_of(instance: Instance, pairs: Sequence[Pair]) -> dict[Kind, list[int]]:
    """Return the places in a list of pairs of each kind."""
    found: dict[Kind, list[int]] = {}
    for place, pair in enumerate(pairs):
        one = instance.households[pair.household]
        alone = _alone(instance, pair)
        kind = Kind(pair.dwelling, one.persons, one.counted, one.municipality, pair.shared, alone)
        found.setdefault(kind, []).append(place)
    return found


def _kinds(instance: Instance, model: Model, *, gathered: bool) -> None:
    """Let one column stand for each kind in each dwelling, or for each pair where nothing is gathered."""
    for kind, columns in kinds_of(instance, model.pairs).items():
        if gathered and len(columns) > 1:
            most = float(min(len(columns), instance.dwellings[kind.dwelling].places)) if kind.shared else 1.0
            column = model.column(most, whole=True)
            model.row(0.0, 0.0, {**dict.fromkeys(columns, 1.0), column: -1.0})
            model.gathered[column] = columns
            model.kinds.append((column, kind))
        else:
            model.kinds += [(column, kind) for column in columns]
    if not gathered:
        model.kinds.sort(key=lambda one: one[0])


def _municipal(instance: Instance, model: Model) -> None:
    """H6 to H9, and what a municipality falls short of its task."""
    housed: dict[Id, dict[int, float]] = {}
    spread: dict[Id, dict[int, float]] = {}
    balance: dict[Id, dict[int, float]] = {}
    for column, pair in enumerate(model.pairs):
        place = instance.dwellings[pair.dwelling].municipality
        model.persons[column] = (place, instance.households[pair.household].counted)
    for column, kind in model.kinds:
        dwelling = instance.dwellings[kind.dwelling]
        persons = float(kind.persons)
        spread.setdefault(dwelling.neighbourhood, {})[column] = persons
        if not kind.counted:  # who was counted before adds nothing to the tasks
            continue
        housed.setdefault(dwelling.municipality, {})[column] = persons
        if kind.municipality != dwelling.municipality:
            balance.setdefault(kind.municipality, {})[column] = persons
            balance.setdefault(dwelling.municipality, {})[column] = -persons
    for place, terms in spread.items():
        model.row(-INFINITE, float(instance.neighbourhoods[place].cap), terms)
    for place, terms in balance.items():
        slack = float(instance.municipalities[place].exchange_slack)
        model.row(-slack, slack, terms)
    for place, short in model.short.items():
        model.row(float(model.targets[place]), INFINITE, {short: 1.0, **housed.get(place, {})})
    _dwellings(instance, model)


def _dwellings(instance: Instance, model: Model) -> None:
    """H7 and H8: how many dwellings of a corporation, and of doorstroom, are used."""
    used = _used(instance, model)
    new = [one for one in instance.dwellings.values() if not one.let_this_year]
    for owner, homes in _grouped(new, lambda one: one.corporation).items():
        most = instance.corporations[owner].contingent
        terms = {column: 1.0 for home in homes for column in used.get(home, ())}
        if len(homes) > most:
            model.row(-INFINITE, float(most), terms)
    transit = [one for one in instance.dwellings.values() if one.transit]
    for place, homes in _grouped(transit, lambda one: one.municipality).items():
        most = instance.municipalities[place].transit_exits
        terms = {column: 1.0 for home in homes for column in used.get(home, ())}
        if len(homes) > most:
            model.row(-INFINITE, float(most), terms)


def _used(instance: Instance, model: Model) -> dict[Id, list[int]]:
    """The columns that say that a dwelling is used; at most one of them is 1."""
    found: dict[Id, list[int]] = {one: [] for one in instance.dwellings}
    for column, kind in model.kinds:
        if not kind.shared:
            found[kind.dwelling].append(column)
    for (dwelling, _group), column in model.opened.items():
        found[dwelling].append(column)
    return found


def _grouped(dwellings: Iterable[Dwelling], owner: Callable[[Dwelling], Id]) -> dict[Id, list[Id]]:
    found: dict[Id, list[Id]] = {}
    for one in dwellings:
        found.setdefault(owner(one), []).append(one.id)
    return found


def _objectives(instance: Instance, model: Model, wish: Wish) -> None:
    model.shortfall = dict.fromkeys(model.short.values(), 1.0)
    urgency = {one.id: float(instance.urgency(one)) for one in instance.households.values()}
    for column, pair in enumerate(model.pairs):
        household: Household = instance.households[pair.household]
        model.urgency[column] = urgency[pair.household]
        model.quality[column] = float(
            quality(instance, household, instance.dwellings[pair.dwelling], shared=pair.shared)
        )
        if (pair.household, pair.dwelling) in wish.standing:
            model.kept[column] = 1.0


def _wishes(instance: Instance, model: Model, wish: Wish) -> None:
    """Pins, and the most households that may leave their own gemeente."""
    columns: dict[Assignment, dict[int, float]] = {}
    for column, pair in enumerate(model.pairs):
        columns.setdefault((pair.household, pair.dwelling), {})[column] = 1.0
    for pin in sorted(wish.pins, key=str):
        if pin not in columns:
            raise ValueError(f"pin {pin} has no column")
        model.row(1.0, 1.0, columns[pin])
        if len(columns[pin]) == 1:
            model.pinned.update(columns[pin])
    if wish.max_exchanges is not None:
        moved = {
            column: 1.0
            for column, pair in enumerate(model.pairs)
            if instance.households[pair.household].municipality
            != instance.dwellings[pair.dwelling].municipality
        }
        model.row(-INFINITE, float(wish.max_exchanges), moved)
