"""The function behind `expression:path`: of a variant Spark's own extraction, of a string of JSON a STRING.

Spark asks for it while it analyses a statement, when the type of the expression is known. Names of fields
are the same in upper and lower case unless they stand in brackets; a field that is null, and one that is not
there, are NULL; `[*]` gives the text of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it

from emulators.warehouse.sql.json_paths import FUNCTION, Step, StepKind, steps


def register(spark: SparkSession) -> None:
    """Let every session from now on know the function."""
    ensure_callback_server_started(spark.sparkContext._gateway)  # type: ignore[no-untyped-call]
    jvm: Any = spark._jvm
    catalyst = jvm.org.apache.spark.sql.catalyst
    registry = getattr(getattr(catalyst.analysis, "FunctionRegistry$"), "MODULE$").builtin()
    information = registry.lookupFunction(catalyst.FunctionIdentifier("get_json_object")).get()
    registry.registerFunction(catalyst.FunctionIdentifier(FUNCTION), information, _Builder(jvm))


class _Builder:
    """Makes the expression of a call from those of its arguments."""

    def __init__(self, jvm: Any) -> None:
        self._jvm = jvm
        classic = jvm.org.apache.spark.sql.classic
        self._converter = getattr(getattr(classic, "ColumnNodeToExpressionConverter$"), "MODULE$")

    def apply(self, arguments: Any) -> Any:
        """The expression of a call of `FUNCTION`."""
        value, path = arguments.apply(0), str(arguments.apply(1).value())
        found = steps(path)
        utils = self._jvm.org.apache.spark.sql.classic.ExpressionUtils
        if value.dataType().typeName() == "variant":
            expressions = self._jvm.org.apache.spark.sql.catalyst.expressions
            extracted = Column(utils.column(expressions.SemiStructuredExtract(value, _of_variant(found))))
        else:
            extracted = _extracted(Column(utils.column(value)), found)
        fields = [each.name for each in found if each.kind in (StepKind.FIELD, StepKind.EXACT_FIELD)]
        named: Any = extracted.alias(fields[-1]) if fields else extracted
        return self._converter.apply(named._jc.node())

    class Java:
        """How py4j knows what it is in the JVM."""

        implements: ClassVar = ["scala.Function1"]


def _of_variant(path: Sequence[Step]) -> str:
    """The path in the form that variants take."""
    text = "$"
    for each in path:
        if each.kind is StepKind.EACH:
            text += "[*]"
        elif each.kind is StepKind.INDEX:
            text += f"[{each.name}]"
        else:
            text += f".{each.name}" if each.name.isidentifier() else f"['{each.name}']"
    return text


def _extracted(text: Column, path: Sequence[Step]) -> Column:
    for index, step in enumerate(path):
        if step.kind is StepKind.EACH:
            return _listed(_elements(text), path[index + 1 :])
        text = _step(text, _key(text, step))
    return text


def _step(text: Column, key: Column) -> Column:
    return F.call_function("get_json_object", text, F.concat(F.lit("$["), key, F.lit("]")))


def _key(text: Column, step: Step) -> Column:
    """What stands between the brackets of the step's path; NULL when there is no such field."""
    if step.kind is StepKind.INDEX:
        return F.lit(step.name)
    if step.kind is StepKind.EXACT_FIELD:
        return F.lit(f"'{step.name}'")
    matching = F.filter(F.json_object_keys(text), lambda each: F.lower(each) == F.lit(step.name.lower()))
    ambiguous = F.raise_error(F.lit(f"The field {step.name} of the JSON is ambiguous: name it in brackets."))
    found = F.when(F.size(matching) > 1, ambiguous.cast("string")).otherwise(F.get(matching, F.lit(0)))
    return F.concat(F.lit("'"), found, F.lit("'"))


def _elements(text: Column) -> Column:
    """The elements of an array of JSON, each as its JSON."""
    values = F.from_json(text, "array<string>")
    kinds = F.from_json(text, "array<variant>")
    return F.zip_with(values, kinds, lambda value, kind: _as_json(value, kind))


def _as_json(value: Column, kind: Column) -> Column:
    """The JSON of a value: a string gets its quotes back."""
    quoted = F.to_json(F.array(value))
    is_string = F.schema_of_variant(kind) == F.lit("STRING")
    return F.when(is_string, F.substring(quoted, F.lit(2), F.length(quoted) - 2)).otherwise(
        F.coalesce(value, F.lit("null"))
    )


def _listed(elements: Column, path: Sequence[Step]) -> Column:
    """The JSON of an array: of what the rest of the path finds in each element."""
    for step in path:
        if step.kind is StepKind.EACH:
            elements = F.flatten(F.transform(elements, _elements))
        else:
            elements = _each_within(elements, step)
    return F.concat(F.lit("["), F.array_join(elements, ","), F.lit("]"))


def _each_within(elements: Column, step: Step) -> Column:
    return F.transform(elements, lambda each: _within(each, step))


def _within(element: Column, step: Step) -> Column:
    """The JSON that a step finds in an element; `null` where there is nothing."""
    if step.kind is StepKind.INDEX:
        at = F.lit(int(step.name))
        value: Column = F.get(F.from_json(element, "array<string>"), at)
        kind: Column = F.get(F.from_json(element, "array<variant>"), at)
    else:
        name = F.regexp_replace(_key(element, step), "^'|'$", "")
        value = F.try_element_at(F.from_json(element, "map<string,string>"), name)
        kind = F.try_element_at(F.from_json(element, "map<string,variant>"), name)
    return _as_json(value, kind)
