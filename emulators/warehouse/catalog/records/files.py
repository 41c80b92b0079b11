"""What the warehouse remembers of files: those that views read, and those that COPY INTO has loaded."""

from __future__ import annotations

from collections.abc import Iterable

from emulators.warehouse.storage.database import Database


class FileRecords:
    """Records of files."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put_relation(self, text: str, written: str, entry: str | None) -> None:
        """Record what the query of a view has in Spark in the place of what was written."""
        self._db.run("insert or replace into file_relation_record values (?, ?, ?)", text, written, entry)

    def as_written(self, query: str) -> str:
        """The query of a view as its client wrote it."""
        rows = self._db.rows("select text, written from file_relation_record where instr(?, text) > 0", query)
        for text, written in rows:
            query = query.replace(text, written)
        return query

    def relations(self) -> list[str]:
        """The entries of Spark's catalog that views need; those that none needs any more are forgotten."""
        self._db.run(
            "delete from file_relation_record where not exists ("
            "select 1 from relation_record as r "
            "where instr(json_extract(r.entry, '$.view_text'), file_relation_record.text) > 0)"
        )
        rows = self._db.rows("select entry from file_relation_record where entry is not null")
        return [entry for (entry,) in rows]

    def copied(self, schema: str, name: str) -> set[str]:
        """The paths of the files that copies have loaded into a table."""
        rows = self._db.rows(
            "select path from copied_file_record "
            "where schema_name = ? and relation_name = ? and is_committed",
            schema,
            name,
        )
        return {path for (path,) in rows}

    def begin_copy(self, schema: str, name: str, copy: str, paths: Iterable[str]) -> None:
        """Record what a copy is about to load."""
        with self._db.transaction():
            for path in paths:
                self._db.run(
                    "insert into copied_file_record (schema_name, relation_name, path, copy) "
                    "values (?, ?, ?, ?)",
                    *(schema, name, path, copy),
                )

    def open_copies(self, schema: str, name: str) -> list[str]:
        """The copies into a table of which it is not known whether they were committed."""
        rows = self._db.rows(
            "select distinct copy from copied_file_record "
            "where schema_name = ? and relation_name = ? and not is_committed",
            schema,
            name,
        )
        return [copy for (copy,) in rows]

    def end_copy(self, copy: str, is_committed: bool) -> None:
        """Record how a copy ended: the files of one that was not committed are to be loaded still."""
        if is_committed:
            self._db.run("update copied_file_record set is_committed = 1 where copy = ?", copy)
        else:
            self._db.run("delete from copied_file_record where copy = ?", copy)
