"""White label: brands and their domains."""
