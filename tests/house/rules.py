"""The list of the house's rules, and the one function that applies them to a tree of files."""

from collections.abc import Iterator
from pathlib import Path

from tests.house.findings import Finding, Rule, source_files
from tests.house.leftovers import machine_path, registry_address, skipped_test, stub
from tests.house.size import banned_name, file_length, function_length
from tests.house.tenancy import tenant_filter
from tests.house.time_and_money import money_float, plain_now

RULES: dict[str, Rule] = {
    "file too long": file_length,
    "function too long": function_length,
    "name that says nothing": banned_name,
    "left to do": stub,
    "skipped test": skipped_test,
    "registry address": registry_address,
    "machine path": machine_path,
    "tenant filter outside tenants/": tenant_filter,
    "plain now outside core/clock.py": plain_now,
    "float near money": money_float,
}


def findings(root: Path) -> Iterator[Finding]:
    """Every breach of every rule in the files below `root`, by path and then by rule."""
    for file in source_files(root):
        for name, rule in RULES.items():
            for line, seen in rule(file):
                yield Finding(file.path.as_posix(), line, name, seen)
