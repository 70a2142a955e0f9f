"""Tests of ``orderrules/cli/``."""
