"""The rulebook in other languages: as JSON, and as a JavaScript package."""

from orderrules.export.package import check, rulebook_json, write_package

__all__ = ["check", "rulebook_json", "write_package"]
