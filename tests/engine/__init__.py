"""Tests of ``orderrules/engine/``."""
