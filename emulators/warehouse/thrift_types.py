"""The Thrift types of TCLIService, taken from the connector so that both ends speak the same protocol.

The generated code carries no type annotations; this is the one place where that is said.
"""

from __future__ import annotations

from typing import Any

from databricks.sql.thrift_api.TCLIService import TCLIService
from databricks.sql.thrift_api.TCLIService import ttypes as _types

Processor: Any = TCLIService.Processor
ttypes: Any = _types
"""Generated request, response and enumeration types."""
