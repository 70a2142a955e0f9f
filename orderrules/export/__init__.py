"""The rulebook in other languages: as JSON, and as a JavaScript package."""

from orderrules.export.npm_package import check, package_files, rulebook_json, write_package

__all__ = ["check", "package_files", "rulebook_json", "write_package"]
