"""Tests of ``orderrules/export/``."""
