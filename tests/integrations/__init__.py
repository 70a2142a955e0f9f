"""Tests of the places where the question is asked: clients, servers and databases."""
