"""What the warehouse remembers, in one SQLite file: Spark's catalog, and what Spark has no place for."""

from __future__ import annotations

from pathlib import Path

from emulators.warehouse.catalog.records.catalogs import CatalogRecords
from emulators.warehouse.catalog.records.columns import ColumnRecords
from emulators.warehouse.catalog.records.derived import DerivedRecords
from emulators.warehouse.catalog.records.files import FileRecords
from emulators.warehouse.catalog.records.functions import FunctionRecords
from emulators.warehouse.catalog.records.keys import KeyRecords
from emulators.warehouse.catalog.records.policies import PolicyRecords
from emulators.warehouse.catalog.records.privileges import PrivilegeRecords
from emulators.warehouse.catalog.records.relations import RelationRecords
from emulators.warehouse.catalog.records.schemas import SchemaRecords
from emulators.warehouse.catalog.records.tags import TagRecords
from emulators.warehouse.catalog.records.volumes import VolumeRecords
from emulators.warehouse.storage.database import Database


class Records(Database):
    """The records, a part for each kind of object; one transaction may reach over several.

    Args:
        file: made on first use.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.privileges = PrivilegeRecords(self)
        self.files = FileRecords(self)
        self.columns = ColumnRecords(self)
        self.relations = RelationRecords(self, self.columns, self.privileges, self.files)
        self.keys = KeyRecords(self)
        self.tags = TagRecords(self)
        self.policies = PolicyRecords(self)
        self.derived = DerivedRecords(self)
        self.volumes = VolumeRecords(self, self.privileges)
        self.functions = FunctionRecords(self, self.privileges)
        self.schemas = SchemaRecords(self, self.relations)
        self.catalogs = CatalogRecords(self, self.privileges)
