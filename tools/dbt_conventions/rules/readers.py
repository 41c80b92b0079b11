"""Rules on tests and on who reads a mart."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import (
    Problem,
    Project,
    layer_of,
    singular_tests,
)


def every_model_has_a_unit_test(project: Project) -> Iterator[Problem]:
    """Rules are tested on rows that show them."""
    tested = {node for test in project.unit_tests for node in test["depends_on"]["nodes"]}
    for model in project.models:
        if model["unique_id"] not in tested and not project.is_excepted("unit test", model):
            remedy = f"add a test_{model['name']}_<behaviour> to its YAML"
            yield Problem(model["original_file_path"], "has no unit test", remedy)


def unit_tests_run_before_the_first_build(project: Project) -> Iterator[Problem]:
    """Unit tests ask nothing of a table that may not be built yet."""
    for test in project.unit_tests:
        for given in test["given"]:
            # dbt asks the relation itself for the columns of rows, and fails while there is none.
            if given["input"] == "this" and given["format"] != "sql":
                wrong = f"{test['name']} gives rows of a table that may not be built yet"
                yield Problem(test["original_file_path"], wrong, "give `this` with format: sql")


def every_mart_is_recomputed_and_read(project: Project) -> Iterator[Problem]:
    """A mart is compared with silver, and somebody reads it."""
    audited = {node for test in singular_tests(project) for node in test["depends_on"]["nodes"]}
    exposed = {node for exposure in project.exposures for node in exposure["depends_on"]["nodes"]}
    for model in project.models:
        if layer_of(model) != "gold":
            continue
        if model["unique_id"] not in audited:
            remedy = "compare it with silver in an assert_… of tests/dbt/singular"
            yield Problem(model["original_file_path"], "is in gold, and no singular test reads it", remedy)
        if model["unique_id"] not in exposed and not project.is_excepted("exposure", model):
            remedy = "name it in the exposure that reads it, in models/_exposures.yml"
            yield Problem(model["original_file_path"], "is in gold, and no exposure reads it", remedy)
