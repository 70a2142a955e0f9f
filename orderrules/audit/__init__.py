"""The audit of a file of orders: read, decided, counted and written batch by batch."""
