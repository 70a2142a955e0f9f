"""Policies and endpoints: a platform's rules as something that can be asked, and where it is asked."""
