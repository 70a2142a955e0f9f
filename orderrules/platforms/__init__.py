"""The platforms, one file each: their models, rules, assumptions and payloads, as data."""
