"""The command `tenantry`: reads what was typed, calls one function, prints. A failure is a line and an exit code."""

import asyncio
import sys
from enum import IntEnum
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from pydantic import ValidationError

from core.refusals import Blocker, Refused
from core.settings import Settings


class ExitCode(IntEnum):
    """How a command ended; documented for scripts."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    REFUSED = 3
    FINDINGS = 4


app = cyclopts.App(name="tenantry", help="Tenantry, an open reseller platform.", version_flags=[])


@app.command
def serve(
    *,
    host: Annotated[str | None, Parameter(help="instead of TENANTRY_HOST")] = None,
    port: Annotated[int | None, Parameter(help="instead of TENANTRY_PORT; 0 takes a free one")] = None,
    workers: Annotated[int | None, Parameter(help="instead of TENANTRY_WORKERS; more than 1 needs PostgreSQL")] = None,
) -> int:
    """Serve the API until SIGTERM or Ctrl-C; print the address and the demo sign-ins."""
    given = {"host": host, "port": port, "workers": workers}
    settings = _settings(**{name: value for name, value in given.items() if value is not None})
    from web.serving import serve_one, serve_several
    from web.start import prepared

    welcome = asyncio.run(prepared(settings))

    def announce(address: str) -> None:
        print(welcome.at(address), flush=True)

    (serve_one if settings.workers == 1 else serve_several)(settings, announce)
    return ExitCode.DONE


@app.command
def migrate() -> int:
    """Bring the database to this version; safe to run twice, and from several machines at once."""
    settings = _settings()
    from web.migrating import migrate_database

    applied = asyncio.run(migrate_database(settings))
    print(f"The database is up to date ({len(applied)} migrations applied now).")
    return ExitCode.DONE


@app.command
def demo(*, if_empty: Annotated[bool, Parameter(help="do nothing when the database has an operator")] = False) -> int:
    """Fill an empty database with the demo: an operator, resellers, customers, prices, payments."""
    settings = _settings()
    from web.demo_command import load_demo

    print(asyncio.run(load_demo(settings, if_empty=if_empty)))
    return ExitCode.DONE


@app.command
def worker() -> int:
    """Work off jobs apart from the server processes (start those with TENANTRY_BACKGROUND=false)."""
    settings = _settings()
    from web.worker import run_apart

    asyncio.run(run_apart(settings))
    return ExitCode.DONE


@app.command
def export_schema() -> int:
    """Print the GraphQL schema; needs no database."""
    from graph.schema.root import create_schema

    print(create_schema().as_str())
    return ExitCode.DONE


@app.command
def doctor(*, repair: Annotated[bool, Parameter(help="rebuild paths that differ from the parents")] = False) -> int:
    """Check settings, database, roles and every organization's path; exit code 4 when something is wrong."""
    settings = _settings()
    from web.doctor import examine

    findings = asyncio.run(examine(settings, repair=repair))
    for finding in findings:
        print(f"{finding.code}: {finding.message}")
    print(f"doctor: {len(findings)} findings")
    return ExitCode.FINDINGS if findings else ExitCode.DONE


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and leaves with its exit code: 0 done, 1 a fault, 2 a wrong command or setting, 3 refused,
    4 the doctor found something. What went wrong is one line per reason on the error output."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """The exit code of the command in `arguments`."""
    try:
        return int(app(arguments, result_action="return_value", exit_on_error=True) or 0)
    except WrongSettings as wrong:
        return _complain(wrong.blockers, ExitCode.USAGE)
    except Refused as refused:
        return _complain(refused.blockers, ExitCode.REFUSED)
    except OSError as error:
        return _complain((Blocker("SYSTEM_REFUSED", str(error)),), ExitCode.FAULT)


class WrongSettings(Refused):
    """A variable of the environment that does not say what it should."""


def _settings(**given: Any) -> Settings:
    """The environment's settings with what was typed; logging is set up by them. Raises WrongSettings."""
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_context=False, include_url=False)
        raise WrongSettings(Blocker("SETTING_INVALID", _sentence(each)) for each in wrong) from None
    from web.logs import configure_logs

    configure_logs(settings)
    return settings


def _sentence(error: Any) -> str:
    name = str(error["loc"][0])
    return f"{name if name.isupper() else f'TENANTRY_{name.upper()}'}: {error['msg']}"


def _complain(blockers: tuple[Blocker, ...], code: ExitCode) -> int:
    for blocker in blockers:
        print(f"tenantry: {blocker.code}: {blocker.message}", file=sys.stderr)
    return code
