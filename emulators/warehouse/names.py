"""Names of catalogs and schemas: as clients say them, and as the one catalog inside Spark holds them.

Delta serves only Spark's session catalog, so all schemas live in it. Those of the default catalog keep their
name; schema `silver` of catalog `dev` is called `unity3_dev_silver` there: the length of the catalog's name
says where it ends. What leaves the warehouse is worded with the client's names again.
"""

from __future__ import annotations

import hashlib
import re

from emulators.settings import CATALOG

SYSTEM = "system"
HIVE_METASTORE = "hive_metastore"
"""Another name of the default catalog, as on Databricks."""

DEFAULT_SCHEMA = "default"
INFORMATION_SCHEMA = "information_schema"

PREFIX = "unity"
_MANGLED = re.compile(rf"{PREFIX}(\d+)_(\w+)")
_IN_TEXT = re.compile(
    rf"(?<![\w/])(?:(?P<catalog>`?){CATALOG}(?P=catalog)\.)?(?P<quote>`?){PREFIX}(\d+)_(\w+)"
)
_ESCAPED = re.compile(r"_x([0-9a-f]+)_")
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9_]|_(?=x[0-9a-f]+(?:_|[^A-Za-z0-9_]))")
"""Characters that Spark allows no schema, and an underscore that would read like one that is escaped."""


def own_catalog(name: str) -> str:
    """The name by which a catalog is recorded: in lower case, and but one for the default catalog."""
    return CATALOG if name.lower() == HIVE_METASTORE else name.lower()


def spark_schema(catalog: str, schema: str) -> str:
    """What a schema of a catalog is called inside Spark; upper and lower case stay."""
    if own_catalog(catalog) == CATALOG:
        return schema
    encoded = _encoded(catalog)
    return f"{PREFIX}{len(encoded)}_{encoded}_{_encoded(schema)}"


def split(schema: str) -> tuple[str, str]:
    """Catalog and schema of a schema inside Spark."""
    found = _MANGLED.fullmatch(schema)
    return (found and _decoded(found[1], found[2])) or (CATALOG, schema)


def is_taken(schema: str) -> bool:
    """Whether a name inside Spark is kept for the schemas of other catalogs."""
    return _MANGLED.fullmatch(schema) is not None


def restored(text: str) -> str:
    """A translated text as the client wrote it."""
    return _replaced(text, with_catalog=False)


def shown(text: str) -> str:
    """A text of Spark's, such as an error, in the client's names: every schema with its catalog."""
    return _replaced(text, with_catalog=True)


def short_hash(of: object) -> str:
    """A few letters for the name of what is given none."""
    return hashlib.sha256(repr(of).encode()).hexdigest()[:8]


def _replaced(text: str, with_catalog: bool) -> str:
    if PREFIX not in text:
        return text

    def original(found: re.Match[str]) -> str:
        decoded = _decoded(found[3], found[4])
        if decoded is None:
            return found[0]
        catalog, schema = decoded
        quote = found["quote"]
        if found["catalog"] is None:
            prefix = f"{quote}{catalog}{quote}." if with_catalog else ""
        else:
            prefix = f"{found['catalog']}{catalog}{found['catalog']}."
        return f"{prefix}{quote}{schema}"

    return _IN_TEXT.sub(original, text)


def _encoded(name: str) -> str:
    """A name in letters, digits and underscores: Spark allows its schemas nothing else."""
    return _TO_ESCAPE.sub(lambda each: f"_x{ord(each[0]):x}_", name)


def _decoded(length: str, rest: str) -> tuple[str, str] | None:
    """Catalog and schema; None when the text only looks like them."""
    end = int(length)
    if not 0 < end < len(rest) - 1 or rest[end] != "_":
        return None
    plain = [_ESCAPED.sub(lambda each: chr(int(each[1], 16)), each) for each in (rest[:end], rest[end + 1 :])]
    return plain[0], plain[1]
