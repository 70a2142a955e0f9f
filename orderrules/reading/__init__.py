"""Reading: parse JSON strictly into checked objects, and write them back. Each problem has a JSON pointer."""
