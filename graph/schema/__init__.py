"""One module per GraphQL type: what it shows and how it reads."""
