import pytest

from benchmarks import __main__ as runner
from benchmarks.bars import MISSED, at_least, at_most


def test_a_bar_that_is_held_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    at_least("ratio", 0.8, 0.8)
    at_most("ratio", 1.25, 1.25)
    said = capsys.readouterr()
    assert said.out == "ratio: 0.800 (bar: at least 0.8)\nratio: 1.250 (bar: at most 1.25)\n"
    assert said.err == ""


def test_a_figure_that_falls_short_ends_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as low:
        at_least("ratio", 0.799, 0.8)
    with pytest.raises(SystemExit) as high:
        at_most("ratio", 1.251, 1.25)
    assert (low.value.code, high.value.code) == (MISSED, MISSED)
    assert capsys.readouterr().err.splitlines() == [
        "error: ratio is 0.799, and the bar is at least 0.8",
        "error: ratio is 1.251, and the bar is at most 1.25",
    ]


def test_every_script_is_run() -> None:
    folder = runner.REPOSITORY / "benchmarks"
    scripts = {file.stem for file in folder.glob("*.py")} - {"__init__", "__main__", "bars"}
    assert {each.name for each in runner.BENCHMARKS} == scripts
    for name in scripts:
        assert "at_" in (folder / f"{name}.py").read_text(), f"{name} has no bar"
