"""Ground floor: database, clock, ids, money, refusals. Knows no business word."""
