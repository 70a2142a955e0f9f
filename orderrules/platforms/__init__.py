"""The platforms, one file each: data, and how their payloads are laid out. None decides anything."""
