"""Tests of ``orderrules/grammar/``."""
