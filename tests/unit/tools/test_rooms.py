from __future__ import annotations

from pathlib import Path

import pytest

from tools.rooms import MOST_FILES, too_full, tracked_files


def files_in(folder: str, count: int) -> list[str]:
    return [f"{folder}/file_{number}.py" for number in range(count)]


def test_a_folder_of_code_holds_so_many_files_and_no_more() -> None:
    assert too_full(files_in("emulators/warehouse", MOST_FILES)) == []
    assert too_full(files_in("emulators/warehouse", MOST_FILES + 1)) == [
        "emulators/warehouse: holds 21 files; split it by what they are for, 20 at most"
    ]


def test_files_count_for_the_folder_they_lie_in_alone() -> None:
    assert too_full([*files_in("ingestion", 15), *files_in("ingestion/landing", 15)]) == []


@pytest.mark.parametrize(
    "folder", ["docs/decisions", "tests/integration/warehouse/adapter/golden/v2", "tests/dbt/singular"]
)
def test_lists_and_documents_may_be_long(folder: str) -> None:
    assert too_full(files_in(folder, 90)) == []


def test_the_marker_of_a_package_is_no_file_to_read() -> None:
    assert too_full([*files_in("tools", MOST_FILES), "tools/__init__.py"]) == []


def test_this_very_file_is_among_those_that_are_counted() -> None:
    assert "tests/unit/tools/test_rooms.py" in tracked_files(Path(__file__).parents[3])
