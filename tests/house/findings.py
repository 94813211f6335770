"""What a house rule looks at and what it answers. Reads files; judges nothing."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

SHIPPED = ("core", "tenants", "billing", "accounts", "graph", "web")
CODE = (".py", ".ts", ".tsx")
_UNREAD = ("node_modules", ".venv", ".git")


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: where it is (path from the top of the repository, line from 1), which rule, and what was seen."""

    path: str
    line: int
    rule: str
    seen: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.seen}"


@dataclass(frozen=True)
class SourceFile:
    """One file of the repository: its path from the top, and its text."""

    path: PurePosixPath
    text: str

    @property
    def top(self) -> str:
        """The top folder, or the file's own name when it lies at the top."""
        return self.path.parts[0]

    @property
    def is_migration(self) -> bool:
        """Whether it is a migration: written once, then history."""
        return "migrations" in self.path.parts

    @property
    def is_shipped(self) -> bool:
        """Whether it is a Python module of the product, not of its tests or benchmarks."""
        return self.top in SHIPPED and self.path.suffix == ".py"

    @cached_property
    def lines(self) -> list[str]:
        """The text by lines, without their ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file, an empty one for any other."""
        return ast.parse(self.text if self.path.suffix == ".py" else "")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree but docstrings, which may name what the code may not do."""
        prose = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        return [node for node in ast.walk(self.tree) if not (id(node) in prose and isinstance(node, ast.Constant))]


Rule = Callable[[SourceFile], Iterator[tuple[int, str]]]


def source_files(root: Path) -> Iterator[SourceFile]:
    """Every text file that is committed or about to be; without git (a tree of a test) every text file below `root`."""
    for name in sorted(_names(root)):
        file = root / name
        if not file.is_file():
            continue
        try:
            yield SourceFile(PurePosixPath(name), file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


def _names(root: Path) -> list[str]:
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
        return [name for name in listed.split("\0") if name]
    below = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
    return [file.as_posix() for file in below if not set(file.parts) & set(_UNREAD)]
