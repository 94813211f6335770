"""Runs a chapter's examples in one shell, in order, as a reader does who pastes them one after the other."""

import subprocess
from pathlib import Path

from tests.docs.markdown import Example

WRITTEN_ADDRESS = "http://127.0.0.1:8000"
SECONDS = 60
_MARK = "\x1e"


def printed_by(examples: list[Example], address: str, folder: Path) -> list[str]:
    """What each example printed; `address` is served instead of the chapter's, from `folder`.

    AssertionError where a command fails, with the example's line and the error output."""
    lines = ["set -eu"]
    for example in examples:
        lines += [f"printf '{_MARK}'", f"echo 'line {example.line}' >&2", example.commands]
    script = "\n".join(lines).replace(WRITTEN_ADDRESS, address)
    run = subprocess.run(
        ["bash", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    printed = run.stdout.split(_MARK)[1:]
    assert run.returncode == 0, f"{run.stderr}\n{printed[-1] if printed else ''}"
    return printed
