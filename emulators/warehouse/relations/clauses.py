"""What a CREATE says of a relation and Delta does not take: keys, checks, masks, row filters, clustering."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.names import short_hash
from emulators.warehouse.relations.keys import Keys
from emulators.warehouse.relations.policies import Policies
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Clauses


class CreateClauses:
    """Carries out the clauses of CREATE, once the relation is there."""

    def __init__(self, catalog: Catalog, keys: Keys, policies: Policies) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self._keys = keys
        self._policies = policies

    def check(self, clauses: Clauses, session: Session) -> None:
        """Refuse what cannot be carried out before the relation is made.

        Raises:
            SqlError: a function of a mask or a row filter does not exist.
        """
        self._policies.check(clauses, session)

    @contextmanager
    def leaving_no_folder(self, relations: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Take away what a CREATE that fails has written: Delta would refuse the next one of the name."""
        try:
            yield
        except BaseException:
            for each in relations:
                self._catalog.sync.clear(*each)
            raise

    def carry_out(self, where: tuple[str, str], clauses: Clauses, is_new: bool, session: Session) -> None:
        """Do what a CREATE says beyond Delta's; a relation that was not there before goes if it fails."""
        target = quoted((self._catalog.name, *where))
        try:
            for check in clauses.checks:
                name = quoted((check.name or f"chk_{short_hash(check)}",))
                session.spark.sql(f"alter table {target} add constraint {name} check ({check.condition})")
            # A foreign key may lead to a key of its own table.
            for key in sorted(clauses.keys, key=lambda each: each.kind == "FOREIGN KEY"):
                self._keys.put(*where, key, session)
            self._policies.record(*where, clauses, session)
        except Exception:
            if is_new:
                session.spark.sql(f"drop table if exists {target}")
                self._catalog.sync.relation(*where, is_new=True)
            raise
        if clauses.checks:
            self._catalog.sync.relation(*where, is_new=False)
        if clauses.is_auto_clustered is not None:
            self._records.relations.set_auto_clustered(*where, clauses.is_auto_clustered)
