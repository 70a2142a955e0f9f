"""Tests of ``orderrules/policy/``."""
