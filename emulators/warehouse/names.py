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
DEFAULT_SCHEMA = "default"
INFORMATION_SCHEMA = "information_schema"

_PREFIX = "unity"
_MANGLED = re.compile(rf"{_PREFIX}(\d+)_(\w+)")
_IN_TEXT = re.compile(
    rf"(?<![\w/])(?:(?P<catalog>`?){CATALOG}(?P=catalog)\.)?(?P<quote>`?){_PREFIX}(\d+)_(\w+)"
)
_ESCAPED = re.compile(r"_x([0-9a-f]+)_")


def spark_schema(catalog: str, schema: str) -> str:
    """What a schema of a catalog is called inside Spark; upper and lower case stay."""
    if catalog.lower() == CATALOG:
        return schema
    encoded = _encoded(catalog)
    return f"{_PREFIX}{len(encoded)}_{encoded}_{_encoded(schema)}"


def split(schema: str) -> tuple[str, str]:
    """Catalog and schema of a schema inside Spark."""
    found = _MANGLED.fullmatch(schema)
    return _decoded(found[1], found[2]) if found else (CATALOG, schema)


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
    if _PREFIX not in text:
        return text

    def original(found: re.Match[str]) -> str:
        catalog, schema = _decoded(found[3], found[4])
        quote = found["quote"]
        if found["catalog"] is None:
            prefix = f"{quote}{catalog}{quote}." if with_catalog else ""
        else:
            prefix = f"{found['catalog']}{catalog}{found['catalog']}."
        return f"{prefix}{quote}{schema}"

    return _IN_TEXT.sub(original, text)


def _encoded(name: str) -> str:
    """A name in letters, digits and underscores: Spark allows its schemas nothing else."""
    return re.sub(r"[^A-Za-z0-9_]", lambda each: f"_x{ord(each[0]):x}_", name)


def _decoded(length: str, rest: str) -> tuple[str, str]:
    end = int(length)
    plain = [_ESCAPED.sub(lambda each: chr(int(each[1], 16)), each) for each in (rest[:end], rest[end + 1 :])]
    return plain[0], plain[1]
