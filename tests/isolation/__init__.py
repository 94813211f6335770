"""The isolation suite: generated from the schema, it tries to see and touch the rows of strangers in every way."""
