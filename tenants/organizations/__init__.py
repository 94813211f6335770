"""Organizations as such: made, edited, searched, and what hangs on them alone."""
