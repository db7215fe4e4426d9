"""The command line. It has no logic of its own: it reads options, calls the session, prints.

Exit codes: 0 all as expected; 1 something is not; 2 a mistake in a spec or on the command line;
3 a limit was reached before everything was decided; 4 a bug in dsmc.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

import click

from dsmc import __version__
from dsmc.cli.caching import cache
from dsmc.cli.capping import cap
from dsmc.cli.checking import check, test
from dsmc.cli.classifying import classify
from dsmc.cli.files import fmt, new
from dsmc.cli.history import history
from dsmc.cli.mutating import mutate
from dsmc.cli.options import BUG, LIMIT, MISTAKE, OK
from dsmc.cli.proving import prove
from dsmc.cli.selfchecking import selfcheck
from dsmc.cli.showing import explain, graph, lower
from dsmc.cli.simulating import simulate
from dsmc.cli.solving import solve


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from dsmc.backends.c.tier import working

    click.echo(f"dsmc, version {__version__}")
    click.echo(f"C compilers: {', '.join(working()) or 'none works'}")
    context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the version, and which C compilers work.",
)  # fmt: skip
def main() -> None:
    """Write a distributed protocol in a small language, and see what breaks it."""


for _command in (
    check,
    test,
    fmt,
    lower,
    graph,
    explain,
    new,
    cache,
    simulate,
    prove,
    mutate,
    cap,
    classify,
    solve,
    selfcheck,
    history,
):
    main.add_command(_command)


def entry() -> None:
    """The program. What we did not foresee is a bug of ours, and says so without a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is known is told
    gc.set_threshold(100_000)  # trees have no cycles: looking for some is a tenth of a small check
    try:
        code = _exit_code()
        sys.stdout.flush()
        sys.exit(code)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(LIMIT)
    except BrokenPipeError:
        _discard_output()
        sys.exit(OK)
    except OSError as error:
        _discard_output()
        click.echo(f"error[D707]: {error.strerror}: {error.filename or ''}".rstrip(": "), err=True)
        sys.exit(MISTAKE)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        from dsmc.reports import report_bug

        click.echo(report_bug(error), err=True)
        sys.exit(BUG)


def _exit_code() -> int:
    """What the command ends with. Of what click would say in its way, only its mistakes are said."""
    try:
        code = main(standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort as abort:
        raise KeyboardInterrupt from abort
    return code if isinstance(code, int) else OK


def _discard_output() -> None:
    """What could not be written is not tried again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
