"""Tests of ``orderrules/reading/``."""
