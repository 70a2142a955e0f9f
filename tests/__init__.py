"""Tests of orderrules: the folders mirror the package, and ``kit/`` has shared code, such as the oracle."""
