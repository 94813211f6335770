"""Policy: the layers along the way up, their bounds, and which value counts."""
