"""Tests of ``orderrules/analysis/``."""
