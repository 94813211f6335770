"""What the guide says, held against the code: every example runs, every table is the code's own."""
