"""Records refreshes of materialized views and streaming tables that do not come to their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emulators.warehouse import cancellation
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.clock import now
from emulators.warehouse.errors import canceled, sql_error_from


@contextmanager
def attempt(records: Records, schema: str, name: str) -> Iterator[str]:
    """A refresh under way; gives when it began.

    Raises:
        SqlError: what the refresh raises; it is recorded as failed, or as cancelled when its statement was.
    """
    started = now()
    try:
        yield started
    except Exception as error:
        is_canceled = cancellation.is_stopped()
        failure = canceled() if is_canceled else sql_error_from(error)
        records.derived.put_refresh(schema, name, started, None, str(failure), is_canceled)
        raise failure from error
