"""The guide's tables as the code has them. `python -m tests.docs` writes them, a test compares."""

import json
from collections.abc import Iterator
from itertools import groupby

from bench.results import BARS, RESULTS
from core.settings import Settings
from tenants.permissions import PERMISSIONS, READING, Area, Cell, Permission, Reach, ReadRight, Role
from tests.docs.codes import groups
from tests.docs.markdown import ROOT, region, with_region
from tests.tenants.notice_table import dated_notices, immediate_notices, personal_mails

LETTERS = "SBPD"
CONDITIONS = {
    "ADMIN_EDITS_ORGANIZATION": "with the policy `adminEditsOrganization`",
    "PAYMENT_SUSPENSION": "for the reason PAYMENT",
    "ROLE_IN_RENEW_ROLES": "for roles in the policy `renewRoles`",
    "OWN_ACCOUNT_SETTINGS": "the settings of its own account",
}


def permissions() -> str:
    """Who may do what, actions of equal rights in one row, named as `viewer.permissions` names them."""
    head = "| area | action | " + " | ".join(Role) + " |\n| --- | --- |" + " --- |" * len(Role) + "\n"
    rows = [list(group) for _, group in groupby(PERMISSIONS.values(), key=_likeness)]
    return head + "".join(_permission_row(row) for row in rows) + "\n" + _conditions()


def scopes() -> str:
    """The areas of keys: who can give `read` and `write` away; areas that no key gets are left out."""
    areas = [area for area in Area if any(row.allows_api_key for row in PERMISSIONS.values() if row.area is area)]
    rows = "".join(f"| `{area}` | {_readers(area)} | {_writers(area)} |\n" for area in areas)
    return "| area | `read` by a key of | `write` by a key of |\n| --- | --- | --- |\n" + rows


def codes() -> str:
    """Every code that a caller may meet, in groups."""
    rows = "".join(f"| {title} | {' '.join(f'`{code}`' for code in found)} |\n" for title, found in groups().items())
    return "| group | codes |\n| --- | --- |\n" + rows


def settings() -> str:
    """Every variable with its default, in the order of core/settings.py."""
    rows = "".join(f"| `{variable(name)}` | {_default(name)} |\n" for name in Settings.model_fields)
    return "| variable | default |\n| --- | --- |\n" + rows


def figures() -> str:
    """What the benchmarks measured last, each beside its bar."""
    measured = json.loads((RESULTS / "latest.json").read_text())
    rows = "".join(
        f"| {bar.what} | {measured[key]:.2f} | {bar} |\n" for key, bar in BARS.items() if measured.get(key) is not None
    )
    return "| what | measured | bar |\n| --- | --- | --- |\n" + rows


def variable(name: str) -> str:
    """The variable of the environment that sets a field."""
    return "DATABASE_URL" if name == "database_url" else f"TENANTRY_{name.upper()}"


TABLES = {
    ("docs/guide/resellers.md", "permissions"): permissions,
    ("docs/guide/partners.md", "scopes"): scopes,
    ("docs/guide/partners.md", "codes"): codes,
    ("docs/guide/operating.md", "settings"): settings,
    ("docs/guide/notices.md", "dated"): dated_notices,
    ("docs/guide/notices.md", "immediate"): immediate_notices,
    ("docs/guide/notices.md", "personal"): personal_mails,
    ("README.md", "figures"): figures,
}
"""Which file holds which table between its comments."""


def stale() -> Iterator[str]:
    """The tables that are not the code's."""
    for (path, name), table in TABLES.items():
        if region((ROOT / path).read_text(), name) != table():
            yield f"{path}: {name}"


def write() -> None:
    """Write every table where it stands."""
    for (path, name), table in TABLES.items():
        file = ROOT / path
        file.write_text(with_region(file.read_text(), name, table()))


def _likeness(row: Permission) -> tuple[object, ...]:
    return row.area, row.allows_api_key, row.allows_support_session, row.access, *map(_cell, row.cells.values())


def _permission_row(rows: list[Permission]) -> str:
    first = rows[0]
    marks = ("" if first.allows_api_key else "†") + ("" if first.allows_support_session else "‡")
    actions = ", ".join(row.action.replace("_", " ").lower() for row in rows)
    cells = " | ".join(_cell(first.cells[role]) for role in Role)
    return f"| {first.area}{' ' if marks else ''}{marks} | {actions} | {cells} |\n"


def _cell(cell: Cell) -> str:
    letters = [
        letter + ("\\*" if Reach(letter) in cell.conditions else "") for letter in LETTERS if letter in cell.reaches
    ]
    return " ".join(letters) or "–"


def _conditions() -> str:
    found: dict[str, list[str]] = {}
    for row in PERMISSIONS.values():
        for cell in row.cells.values():
            for condition in cell.conditions.values():
                actions = found.setdefault(condition, [])
                name = row.action.replace("_", " ").lower()
                if name not in actions:
                    actions.append(name)
    return "".join(f"- \\* {', '.join(actions)}: {CONDITIONS[name]}\n" for name, actions in found.items())


def _readers(area: Area) -> str:
    return _roles(role for role in Role if READING[role][area] is not ReadRight.NOTHING)


def _writers(area: Area) -> str:
    rows = [row for row in PERMISSIONS.values() if row.area is area and row.allows_api_key and row.access == "write"]
    return _roles(role for role in Role if any(row.cells[role].reaches for row in rows))


def _roles(roles: Iterator[Role]) -> str:
    return ", ".join(roles) or "–"


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is None or default in ("", ()):
        return "not set"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
