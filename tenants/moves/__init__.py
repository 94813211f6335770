"""Moving in the tree, and where rows stand afterwards."""
