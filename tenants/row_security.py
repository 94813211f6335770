"""Layer 2 of tenancy: the PostgreSQL policies, as DDL that migrations call. The only place that writes them.

`app.path` and `app.path_end` bound what the transaction may see; unset (NULL) or left over ('') they bound nothing
in, so no rows. They stand within a CASE, from which the planner guesses half of the rows whatever the range: it would
multiply the share of the range with that of what finds the rows, as if a seller's customers stood anywhere in the tree
(docs/adr/0007)."""

OWNER_ROLE, APP_ROLE, SYSTEM_ROLE = "tenantry_owner", "tenantry_app", "tenantry_system"

IN_RANGE = (
    "CASE WHEN path >= current_setting('app.path', true) AND path < current_setting('app.path_end', true) "
    "THEN true ELSE false END"
)
OWN = "organization_id = current_setting('app.organization_id', true)"


def tenant_table(table: str, *, appends_only: bool = False) -> list[str]:
    """A table whose rows are seen by those whose path starts theirs (VIS-1)."""
    return _policies(table, IN_RANGE, appends_only)


def pair_table(table: str, *, appends_only: bool = False) -> list[str]:
    """A table of money between a seller and a buyer: also seen by its own organization after a move (VIS-6)."""
    return _policies(table, f"({IN_RANGE}) OR {OWN}", appends_only)


def catalogue_table(table: str, offered: str) -> list[str]:
    """A table of the catalogue: read by its owner's range and by those their seller offers it to (VIS-5)."""
    readable = f"({IN_RANGE}) OR {offered}"
    return [
        *_enable(table),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}, {SYSTEM_ROLE}",
        f"CREATE POLICY {table}_read ON {table} FOR SELECT TO {APP_ROLE} USING ({readable})",
        f"CREATE POLICY {table}_add ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({IN_RANGE})",
        f"CREATE POLICY {table}_edit ON {table} FOR UPDATE TO {APP_ROLE} USING ({IN_RANGE}) WITH CHECK ({IN_RANGE})",
        f"CREATE POLICY {table}_drop ON {table} FOR DELETE TO {APP_ROLE} USING ({IN_RANGE})",
        f"CREATE POLICY {table}_system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
    ]


def also_read(table: str, name: str, condition: str) -> list[str]:
    """Rows of a tenant's table that somebody outside the range reads too, and never writes (MOVE-2)."""
    return [f"CREATE POLICY {table}_{name} ON {table} FOR SELECT TO {APP_ROLE} USING ({condition})"]


def system_table(table: str) -> list[str]:
    """A table of the platform itself (sign-in, numbers): the request role has no right on it at all."""
    return [
        *_enable(table),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM_ROLE}",
        f"CREATE POLICY {table}_system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
    ]


def _enable(table: str) -> list[str]:
    return [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"]


def _policies(table: str, predicate: str, appends_only: bool) -> list[str]:
    rights = "SELECT, INSERT" if appends_only else "SELECT, INSERT, UPDATE, DELETE"
    return [
        *_enable(table),
        f"GRANT {rights} ON {table} TO {APP_ROLE}, {SYSTEM_ROLE}",
        f"CREATE POLICY {table}_tenant ON {table} TO {APP_ROLE} USING ({predicate}) WITH CHECK ({predicate})",
        f"CREATE POLICY {table}_system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
    ]
