"""The GraphQL contract over the domain; holds no business rule."""
