"""The command `tenantry` run to its end inside the test process, in a thread with a loop of its own."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from tests.web.processes import environment
from web.cli import run


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def codes(self) -> list[str]:
        """The codes of a refusal: each line is `tenantry: CODE: sentence`."""
        lines = [line.split(": ") for line in self.errors.splitlines()]
        assert all(line[0] == "tenantry" for line in lines), self.errors
        return [line[1] for line in lines]


def tenantry(*arguments: str, database_url: str, **variables: str) -> Done:
    """Runs the command with these variables and no other setting; the test's own logging stays as it is."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(database_url, **variables), clear=True),
        patch("web.logs.configure_logs"),
        redirect_stdout(output),
        redirect_stderr(errors),
        ThreadPoolExecutor(1) as apart,
    ):
        code = apart.submit(run, list(arguments)).result()
    return Done(int(code), output.getvalue(), errors.getvalue())
