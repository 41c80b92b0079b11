"""The manifest that dbt makes of the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.dbt_conventions.project import Node


def parse(project: Path, target: Path) -> Node:
    """The manifest of a dbt project, made without a connection.

    Raises:
        subprocess.CalledProcessError: dbt cannot parse the project, or warns; its words are in `output`.
    """
    # profiles.yml wants these; nothing is connected to.
    warehouse = {
        "LOCAL_WAREHOUSE_URL": "http://127.0.0.1:1",
        "LOCAL_WAREHOUSE_HTTP_PATH": "/sql/1.0/warehouses/none",
        "LOCAL_WAREHOUSE_TOKEN": "none",
    }
    # Warnings are errors: a YAML entry for something that is gone is one of them. A partial parse would
    # give each but once.
    subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *("--quiet", "--no-use-colors", "--warn-error", "--log-level-file", "none"),
            *("parse", "--no-partial-parse", "--target", "local"),
            *("--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)),
        ],
        check=True,
        env=os.environ | warehouse,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    manifest: Node = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest
