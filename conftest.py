"""Runs the examples and commands of README.md and of docs/, each document as one namespace."""

from __future__ import annotations

from tests.kit.documents import documents

pytest_collect_file = documents.pytest()
