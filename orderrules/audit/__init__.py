"""The audit of a file of orders: read, decide, count and write, one batch of rows at a time."""
