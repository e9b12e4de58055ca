# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card of a proposal: the fact behind each hard rule, as the optimiser wrote it, in plain Dutch."""

import re
from collections.abc import Callable, Sequence

from portal.words import label

__all__ = ["fact_in_words"]

NO_LIMIT = 100_000
"""From here on a number stands for no limit at all."""

_Words = Callable[[Sequence[str]], str]


def _most(number: str) -> str:
    return "er is geen grens" if int(number) >= NO_LIMIT else f"ten hoogste {number}"


def _persons(number: str) -> str:
    return "1 persoon" if number == "1" else f"{number} personen"


def _room(found: Sequence[str]) -> str:
    need, expected, least, most, held = found
    coming = f", van wie er {expected} nog {'komt' if expected == '1' else 'komen'}" if expected else ""
    size = most if least == most else f"{least} tot {most}"
    taken = f". Er zijn al {held} plaatsen bezet" if held else ""
    return f"Er is plaats nodig voor {_persons(need)}{coming}. De woning is voor {size}{taken}."


def _sharing(found: Sequence[str]) -> str:
    _, answer, places, least, held = found
    said = "Het huishouden wil delen" if answer == "accepted" else "Het huishouden wil niet delen"
    taken = f", {held} bezet" if held else ""
    return f"{said}. De woning heeft {places} plaatsen{taken}, en gaat open vanaf {_persons(least)}."


def _rent(found: Sequence[str]) -> str:
    rent, most = found
    if int(most) >= NO_LIMIT:
        return f"De huur is {rent} euro. Van dit huishouden is geen hoogste huur bekend."
    return f"De huur is {rent} euro. Dit huishouden kan ten hoogste {most} euro betalen."


def _place(found: Sequence[str]) -> str:
    where, linked, accepts = found
    also = ""
    if accepts:
        also = f", en wil ook wonen in {' of '.join(label('gemeente', one) for one in accepts.split(', '))}"
    return (
        f"De woning staat in {label('gemeente', where)}. "
        f"Het huishouden is gekoppeld aan {label('gemeente', linked)}{also}."
    )


def _accessible(found: Sequence[str]) -> str:
    needed, home = found
    asks = "Een toegankelijke woning is nodig" if needed == "needed" else "Dat is niet nodig"
    return f"{asks}. De woning is {'niet toegankelijk' if home else 'toegankelijk'}."


_FACTS: Sequence[tuple[str, _Words]] = (
    (r"this is the household's only dwelling", lambda _: "Dit is de enige woning voor dit huishouden."),
    (r"dwelling in (\S+); household linked to ([^,\s]+)(?:, accepts (.+))?", _place),
    (r"rent (\d+), at most (\d+)", _rent),
    (r"accessible (needed|not needed), dwelling is( not)?", _accessible),
    (
        (
            r"room needed for (\d+)(?: \((\d+) expected by nareis\))?, dwelling for (\d+) to (\d+)"
            r"(?:, of which (\d+) places are held)?"
        ),
        _room,
    ),
    (
        (
            r"(\d+) person\(s\), sharing (accepted|not accepted), group .*; (\d+) places, opened by (\d+) or more"
            r"(?:, (\d+) held by group .*)?"
        ),
        _sharing,
    ),
    (
        r"(\d+) persons newly housed in .+, at most (\d+)",
        lambda found: f"Nieuw in de wijk: {_persons(found[0])}; {_most(found[1])}.",
    ),
    (
        r"(\d+) dwellings of .+ used, at most (\d+)(?:; this one counts already)?",
        lambda found: f"Van deze corporatie zijn er {found[0]} gebruikt; {_most(found[1])}.",
    ),
    (r"not a transit dwelling", lambda _: "Het is geen doorstroomwoning."),
    (
        r"(\d+) transit dwellings used in .+, at most (\d+)",
        lambda found: f"Er zijn {found[0]} doorstroomwoningen gebruikt; {_most(found[1])}.",
    ),
    (
        r"(\S+) sends (\d+) persons and takes (\d+), may differ by (\d+)",
        lambda found: (
            f"{label('gemeente', found[0])} stuurt {_persons(found[1])} en neemt er {found[2]}; "
            f"dat mag {found[3]} verschillen."
        ),
    ),
    (
        r"next home: to stay in, room for (\d+), asked for (\d+) or more",
        lambda found: f"Het is een woning om te blijven, voor {found[0]}. Nodig is plaats voor {found[1]}.",
    ),
)


def fact_in_words(fact: str) -> str:
    """What was looked at, for a reader; empty for a fact that has no words here, since English would tell little."""
    for pattern, words in _FACTS:
        found = re.fullmatch(pattern, fact)
        if found is not None:
            return words([part or "" for part in found.groups()])
    return ""
