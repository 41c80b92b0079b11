"""The columns of what metadata calls list, as JDBC names them."""

from __future__ import annotations

from pyspark.sql import types as t

from emulators.warehouse.results.result_set import Column

_STRING = t.StringType()
_INT = t.IntegerType()
_SHORT = t.ShortType()


def _strings(*names: str) -> list[Column]:
    return [Column(each, _STRING) for each in names]


CATALOGS = _strings("TABLE_CAT")
SCHEMAS = _strings("TABLE_SCHEM", "TABLE_CATALOG")
TABLE_TYPES = _strings("TABLE_TYPE")
TABLES = _strings(
    "TABLE_CAT",
    "TABLE_SCHEM",
    "TABLE_NAME",
    "TABLE_TYPE",
    "REMARKS",
    "TYPE_CAT",
    "TYPE_SCHEM",
    "TYPE_NAME",
    "SELF_REFERENCING_COL_NAME",
    "REF_GENERATION",
)
FUNCTIONS = [
    *_strings("FUNCTION_CAT", "FUNCTION_SCHEM", "FUNCTION_NAME", "REMARKS"),
    Column("FUNCTION_TYPE", _INT),
    *_strings("SPECIFIC_NAME"),
]
PRIMARY_KEYS = [
    *_strings("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME"),
    Column("KEY_SEQ", _INT),
    *_strings("PK_NAME"),
]

CROSS_REFERENCE = [
    Column("PKTABLE_CAT", _STRING),
    Column("PKTABLE_SCHEM", _STRING),
    Column("PKTABLE_NAME", _STRING),
    Column("PKCOLUMN_NAME", _STRING),
    Column("FKTABLE_CAT", _STRING),
    Column("FKTABLE_SCHEM", _STRING),
    Column("FKTABLE_NAME", _STRING),
    Column("FKCOLUMN_NAME", _STRING),
    Column("KEY_SEQ", _INT),
    Column("UPDATE_RULE", _INT),
    Column("DELETE_RULE", _INT),
    Column("FK_NAME", _STRING),
    Column("PK_NAME", _STRING),
    Column("DEFERRABILITY", _INT),
]

TYPES = [
    Column("TYPE_NAME", _STRING),
    Column("DATA_TYPE", _INT),
    Column("PRECISION", _INT),
    Column("LITERAL_PREFIX", _STRING),
    Column("LITERAL_SUFFIX", _STRING),
    Column("CREATE_PARAMS", _STRING),
    Column("NULLABLE", _SHORT),
    Column("CASE_SENSITIVE", t.BooleanType()),
    Column("SEARCHABLE", _SHORT),
    Column("UNSIGNED_ATTRIBUTE", t.BooleanType()),
    Column("FIXED_PREC_SCALE", t.BooleanType()),
    Column("AUTO_INCREMENT", t.BooleanType()),
    Column("LOCAL_TYPE_NAME", _STRING),
    Column("MINIMUM_SCALE", _SHORT),
    Column("MAXIMUM_SCALE", _SHORT),
    Column("SQL_DATA_TYPE", _INT),
    Column("SQL_DATETIME_SUB", _INT),
    Column("NUM_PREC_RADIX", _INT),
]

COLUMNS = [
    Column("TABLE_CAT", _STRING),
    Column("TABLE_SCHEM", _STRING),
    Column("TABLE_NAME", _STRING),
    Column("COLUMN_NAME", _STRING),
    Column("DATA_TYPE", _INT),
    Column("TYPE_NAME", _STRING),
    Column("COLUMN_SIZE", _INT),
    Column("BUFFER_LENGTH", t.ByteType()),
    Column("DECIMAL_DIGITS", _INT),
    Column("NUM_PREC_RADIX", _INT),
    Column("NULLABLE", _INT),
    Column("REMARKS", _STRING),
    Column("COLUMN_DEF", _STRING),
    Column("SQL_DATA_TYPE", _INT),
    Column("SQL_DATETIME_SUB", _INT),
    Column("CHAR_OCTET_LENGTH", _INT),
    Column("ORDINAL_POSITION", _INT),
    Column("IS_NULLABLE", _STRING),
    Column("SCOPE_CATALOG", _STRING),
    Column("SCOPE_SCHEMA", _STRING),
    Column("SCOPE_TABLE", _STRING),
    Column("SOURCE_DATA_TYPE", _SHORT),
    Column("IS_AUTO_INCREMENT", _STRING),
]
