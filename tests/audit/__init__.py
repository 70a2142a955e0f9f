"""Tests of ``orderrules/audit/``."""
