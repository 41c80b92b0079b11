"""What an object may be called: Unity Catalog's rule, and that of the Hive metastore for the default catalog.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-names
"""

from __future__ import annotations

import re

from emulators.settings import CATALOG
from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.names import split
from emulators.warehouse.sql.quoting import quoted

HIDDEN = "__"
"""How names begin that the warehouse gives to what it makes for itself: no list shows these."""

_LONGEST_NAME = 255
_NOT_IN_NAMES = re.compile(r"[. /\x00-\x1f\x7f]")


def check_object_name(name: str) -> None:
    """Refuse a name that Unity Catalog allows no object.

    Raises:
        SqlError: it is empty or too long, or holds a period, space, slash or control character.
    """
    if not is_object_name(name):
        raise SqlError(
            "INVALID_PARAMETER_VALUE",
            f"'{name}' is not a valid name: it has 1 to {_LONGEST_NAME} characters, none of them a period, a "
            "space, a forward slash or a control character.",
            "22023",
        )


def is_object_name(name: str) -> bool:
    """Whether Unity Catalog allows a name; it is then a name of one file or folder, too."""
    return 0 < len(name) <= _LONGEST_NAME and not _NOT_IN_NAMES.search(name)


def check_new_schema(schema: str) -> None:
    """Refuse a schema whose name its catalog does not allow; Spark judges those of the default one.

    Args:
        schema: its name inside Spark.

    Raises:
        SqlError: as `check_object_name`.
    """
    catalog, name = split(schema)
    if catalog != CATALOG:
        check_object_name(name)


def check_new_relation(schema: str, name: str) -> None:
    """Refuse a table, view or function whose name its catalog does not allow.

    Args:
        schema: its schema, by the name inside Spark.
        name: its own name.

    Raises:
        SqlError: as `check_object_name`; in the default catalog it is not of letters, digits and underscores.
    """
    if split(schema)[0] != CATALOG:
        check_object_name(name)
        if ":" in name:  # Hadoop takes what is before it for the scheme of an address
            raise unsupported(f"'{name}': a colon in the name of a relation")
    elif not re.fullmatch(r"\w+", name, re.ASCII):
        raise SqlError(
            "INVALID_SCHEMA_OR_RELATION_NAME",
            f"{quoted((name,))} is not a valid name for tables/schemas. Valid names only contain alphabet "
            "characters, numbers and _.",
            "42602",
        )
