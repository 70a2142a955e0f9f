"""Tests of ``orderrules/platforms/``."""
