"""Reading: JSON to checked objects, strictly, and back. Every problem comes with its place."""
