"""`python -m tests.house`: prints every breach of the house's rules and fails when there is one."""

import sys
from pathlib import Path

from tests.house.rules import RULES, findings


def main() -> int:
    """Exit code 0 when the house is in order."""
    found = list(findings(Path(__file__).parents[2]))
    for finding in found:
        print(finding)
    print(f"house rules: {len(RULES)} rules, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
