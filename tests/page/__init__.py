"""Tests of the page *Try it*."""
