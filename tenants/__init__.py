"""Who is who and who sees what: organizations, members, sign-in, row scope. May import core only."""
