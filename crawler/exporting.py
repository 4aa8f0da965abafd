"""Write articles as a table that no spreadsheet takes for formulas."""

from typing import Any

from scrapy.exporters import CsvItemExporter

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PlainCsvItemExporter(CsvItemExporter):
    """Puts an apostrophe before what would be a formula, as spreadsheets do themselves for text."""

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """Return what is written of a field."""
        written = super().serialize_field(field, name, value)
        return f"'{written}" if isinstance(written, str) and written.startswith(_FORMULA) else written
