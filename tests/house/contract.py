"""The contract that partners hold: schema.graphql is fresh and breaks nothing that schema.released.graphql promised."""

import sys
from pathlib import Path

from graphql import GraphQLError, build_schema
from graphql.utilities import find_breaking_changes

ROOT = Path(__file__).parents[2]
CURRENT = "schema.graphql"
RELEASED = "schema.released.graphql"


def breaking_changes(before: str, after: str) -> list[str]:
    """What a client written against the SDL `before` could lose under `after`, each as one sentence."""
    try:
        changes = find_breaking_changes(build_schema(before), build_schema(after))
    except GraphQLError as unreadable:
        return [f"the schema cannot be read: {unreadable.message}"]
    return [f"{change.type.name}: {change.description}" for change in changes]


def check(root: Path, exported: str) -> list[str]:
    """Every reason why the committed contract below `root` is not that of the code, whose SDL is `exported`."""
    missing = [name for name in (CURRENT, RELEASED) if not (root / name).is_file()]
    if missing:
        return [f"{name} is missing: run `make schema`" for name in missing]
    problems = breaking_changes((root / RELEASED).read_text(), exported)
    if (root / CURRENT).read_text() != exported:
        problems.append(f"{CURRENT} is stale: run `make schema`")
    elif (root / RELEASED).read_text() != exported and not problems:
        problems.append(f"{RELEASED} does not promise what {CURRENT} offers: run `make schema`")
    return problems


def write(root: Path, exported: str) -> list[str]:
    """Writes the exported SDL; the promise grows with it, and stays as it was when the change would break it."""
    released = root / RELEASED
    problems = breaking_changes(released.read_text(), exported) if released.is_file() else []
    (root / CURRENT).write_text(exported)
    if not problems:
        released.write_text(exported)
    return problems


def accept(root: Path, exported: str) -> list[str]:
    """Writes both, break or not: the deliberate act, visible as a change of the released file."""
    (root / CURRENT).write_text(exported)
    (root / RELEASED).write_text(exported)
    return []


def main(arguments: list[str]) -> int:
    """`python -m tests.house.contract (check | write | accept) EXPORTED_FILE`; exit code 1 when there are problems."""
    action, exported = arguments
    problems = {"check": check, "write": write, "accept": accept}[action](ROOT, Path(exported).read_text())
    for problem in problems:
        print(problem)
    print(f"contract: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
