"""Table properties that Databricks knows and open-source Delta refuses: Delta keeps them under another name.

So they stay with the table through renames and restarts, and go when it is replaced. All of them only tune
Databricks, or name a format in which others may read the table. Descriptions give them their own names again.
"""

from __future__ import annotations

from collections.abc import Mapping

_RECORDED = "recorded."

FORMAT = f"{_RECORDED}provider"
"""What a table was created `USING` where that is not what it is kept as."""

_ONLY_RECORDED = {
    "delta.autooptimize.autocompact",  # Delta takes true and false, Databricks auto and legacy too
    "delta.parquet.compression.codec",
    "delta.parquet.format.version",
    "delta.targetfilesize",
    "delta.tunefilesizesforrewrites",
    "delta.universalformat.compatibility.location",
    "delta.universalformat.compatibility.refreshmode",
    "delta.universalformat.enabledformats",  # Delta would write Iceberg's metadata, with a catalog of Hive
}
"""In lower case; https://docs.databricks.com/en/delta/table-properties.html."""


def kept_name(name: str) -> str:
    """The name under which Delta keeps a property."""
    return f"{_RECORDED}{name}" if name.lower() in _ONLY_RECORDED else name


def shown(properties: Mapping[str, str]) -> dict[str, str]:
    """The properties as they were set."""
    return {name.removeprefix(_RECORDED): text for name, text in properties.items() if name != FORMAT}
