# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Measurements run, at their smallest size, and their report is whole. What it measures is not judged here."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.command import PARTS
from bench.document import capacity
from bench.picture import picture
from bench.results import Part, Sample, Series, Target, ratio_figure, rounds
from bench.table import table

REPOSITORY = Path(__file__).parents[2]
# What a run of the tests has time for; `make bench ARGS=--smoke` tries them all.
HALVES = (("P01", "P02", "P1DISTRICT"), ("P04", "P06", "FLAT"))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, kafka: str) -> dict[str, Any]:
    """What every part reports; the two halves run side by side, since nothing is timed."""
    for program in ("wrk", "nginx"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip(f"There is no {program} (Debian: apt-get install wrk nginx-light).")
    folder = tmp_path_factory.mktemp("results")
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench", "--smoke", "--into", folder, *half],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for half in HALVES
    ]
    for process in running:
        said, _ = process.communicate(timeout=280)
        assert process.returncode == 0, said[-3000:]
    return {path.stem.upper(): json.loads(path.read_text()) for path in folder.glob("*.json")}


def test_every_part_that_is_tried_reports(reports: dict[str, Any]) -> None:
    tried = {part for half in HALVES for part in half}
    assert set(reports) == tried <= set(PARTS)


def test_a_report_is_whole(reports: dict[str, Any]) -> None:
    for part, report in reports.items():
        assert report["part"] == part
        assert report["figures"], part
        for figure in report["figures"]:
            assert math.isfinite(figure["value"]), (part, figure)
            # A cost as a share of the peer's may come out below zero at this size: noise.
            assert figure["value"] >= (-1 if figure["unit"] == "share" else 0), (part, figure)
            assert figure["verdict"] in {"stretch", "floor", "missed", "no target"}
            assert figure["flagged"] == (figure["foreignCpu"] > 0.10), "a busy machine is told, never hidden"
        assert all(series["runs"] for series in report["series"]), part


def test_the_table_the_picture_and_the_capacity_can_be_made_of_them(reports: dict[str, Any]) -> None:
    made = list(reports.values())
    assert table(made).count("\n") > len(made)
    assert picture(made).startswith("<svg ")
    assert {row["for"] for row in capacity(made)} == {"a gemeente", "five gemeenten", "the country"}


def test_a_run_on_a_busy_machine_is_repeated_and_then_marked() -> None:
    shares = iter([0.5, 0.4, 0.3, 0.0, 0.0])

    def run() -> Sample:
        return Sample({"perSecond": 10.0}, next(shares))

    samples = rounds({"ours": run}, times=2)["ours"].samples

    assert [(sample.foreign, sample.busy) for sample in samples] == [(0.3, True), (0.0, False)]


@pytest.mark.parametrize(
    ("value", "more", "verdict"),
    [
        pytest.param(0.5, True, "missed", id="below the floor"),
        pytest.param(0.75, True, "floor", id="at the floor"),
        pytest.param(0.95, True, "stretch", id="beyond the stretch"),
        pytest.param(20.0, False, "missed", id="too much"),
        pytest.param(8.0, False, "stretch", id="little enough"),
    ],
)
def test_a_verdict_follows_from_the_target(value: float, more: bool, verdict: str) -> None:
    target = Target(0.75, 0.9) if more else Target(15, 9, more=False)
    assert target.verdict(value) == verdict


def test_a_ratio_is_taken_within_each_round() -> None:
    ours = Series("ours", [Sample({"x": 1.0}), Sample({"x": 6.0}, 0.2), Sample({"x": 4.0})])
    theirs = Series("theirs", [Sample({"x": 2.0}), Sample({"x": 2.0}), Sample({"x": 2.0})])
    part = Part("P01", "trial", "smoke", figures=[ratio_figure("ratio", ours, theirs, "x")])

    figure = part.document()["figures"][0]

    assert (figure["value"], figure["spread"], figure["flagged"]) == (2.0, 1.25, True)
