"""What the adapter sends for each node, as files to read and to compare: `make golden` writes them anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).with_name("golden")
KINDS = ("function", "model", "seed", "snapshot")

Runs = list[list[str]]
"""What one node sent, run by run."""

_VARYING = (
    (re.compile(r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00)?)?"), "<time>"),
    (re.compile(r"__dbt_tmp_\d+"), "__dbt_tmp_<batch>"),
)


def statements(sent: Iterable[str]) -> dict[str, list[str]]:
    """What was sent for each node, without what varies between runs."""
    found: dict[str, list[str]] = {}
    for text in sent:
        comment, closed, rest = text.partition("*/")
        if closed and comment.startswith("/* {"):
            node = json.loads(comment.removeprefix("/*")).get("node_id", "")
            if node.partition(".")[0] in KINDS:
                found.setdefault(node, []).append(normalised(rest))
    return found


def normalised(sql: str) -> str:
    """A statement line by line, without indentation, empty lines and moments."""
    lines = (re.sub(r"\s+", " ", line).strip() for line in sql.splitlines())
    text = "\n".join(line for line in lines if line).removesuffix(";")
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def compare(variant: str, runs: list[Mapping[str, list[str]]]) -> list[str]:
    """Compare what nodes sent, run by run, with the files; or, when `GOLDEN` is set, write these.

    Returns:
        The names of the nodes that sent something else.
    """
    folder = FOLDER / variant
    nodes = sorted({node for run in runs for node in run})
    texts = {node: _text(node, [run.get(node, []) for run in runs]) for node in nodes}
    if os.environ.get("GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.sql"):
            old.unlink()
        for node, text in texts.items():
            _file(folder, node).write_text(text)
    known = {each.stem for each in folder.glob("*.sql")}
    missing = known - {_file(folder, node).stem for node in nodes}
    return [
        *sorted(missing),
        *(
            node
            for node, text in texts.items()
            if not _file(folder, node).exists() or _file(folder, node).read_text() != text
        ),
    ]


def _file(folder: Path, node: str) -> Path:
    return folder / f"{node.rpartition('.')[2]}.sql"


def _text(node: str, runs: Runs) -> str:
    parts = [f"-- What the adapter sends for {node}.\n"]
    for number, sent in enumerate(runs, 1):
        parts.append(f"-- run {number}: {len(sent)} statements\n")
        parts += [f"{each};\n" for each in sent]
    return "\n".join(parts)
