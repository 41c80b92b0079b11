from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import ConfigurationError
from ingestion.verification.truth_file import load
from tests.unit.ingestion.truths import truth, values


def _write(folder: Path, content: Any) -> Path:
    file = folder / "truth.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_a_truth_file_is_read(tmp_path: Path) -> None:
    assert load(_write(tmp_path, values())) == truth()


def test_amounts_that_are_numbers_are_refused(tmp_path: Path) -> None:
    revenue = values()["revenue"] | {"total": 30.01}
    with pytest.raises(
        ConfigurationError, match=r"version 1: revenue\.total: Input should be a valid string"
    ):
        load(_write(tmp_path, values(revenue=revenue)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a truth file of version 1: the file: Invalid JSON"),
        ("[]", "not a truth file of version 1: the file: Input should be an object"),
        ({}, "version: Field required"),
        (values(version=2), "version: Input should be 1"),
        (values(messages={"generated": -1, "sent": 0, "refused": 0}), r"messages\.generated"),
        (values(outcomes={"accepted": 1}), r"outcomes\.duplicate: Field required"),
        (
            values(messages={"generated": 14, "sent": 12, "refused": 1}),
            r"contradicts itself: messages\.sent \+ refused adds up to 13, generated is 14",
        ),
        (values(outcomes={"accepted": 8, "duplicate": 2, "quarantined": 3}), "outcomes adds up to 13"),
        (values(quarantine={"body_not_json": 2}), "quarantine adds up to 2"),
        (
            values(orders=values()["orders"] | {"by_status": {"placed": 3}}),
            r"orders\.by_status adds up to 3, orders\.seen is 4",
        ),
        *(
            (
                values(revenue=values()["revenue"] | {name: {key: "0.01"}}),
                rf"revenue\.{name} adds up to 0\.01",
            )
            for name, key in (
                ("by_brand", "Dell"),
                ("by_state", "TX"),
                ("by_day", "2026-01-01"),
                ("by_minute", "2026-01-01T10:00:00Z"),
            )
        ),
        (values(revenue=values()["revenue"] | {"by_minute": {"2026-01-01T10:00:07Z": "30.01"}}), "by_minute"),
    ],
)
def test_a_bad_truth_file_is_one_line(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(_write(tmp_path, content))
    assert "\n" not in str(caught.value)
    assert "truth.json" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*nothing\.json: No such file"):
        load(tmp_path / "nothing.json")
