"""Policies and endpoints: a platform's rules with the questions they answer, and the API that they apply to."""
