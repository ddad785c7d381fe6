"""Every command of Whispera: `whispera`, `python -m whispera`, `bin/whispera`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing would take longer than `trigger` does
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whispera.cli.options import Options


def main(
    arguments: Sequence[str] | None = None, *, program: str = "whispera", options: Options | None = None
) -> int:
    """The exit code of a command line; `program` is `w` for the short form of `whispera run`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["run"] and program == "whispera" and options is None:
        from whispera.cli import typed

        if typed.read_arguments(given[1:]) is not None:
            return typed.main(given[1:])
    if given[:1] == ["trigger"] and options is None:
        from whispera.cli import pressed

        if pressed.is_plain(given[1:]):
            return pressed.main(given[1:])
    from whispera.cli.faults import report

    verbose = "--verbose" in given
    try:
        return _through_click(given, program, options, verbose=verbose)
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        if verbose and not isinstance(error, KeyboardInterrupt | BrokenPipeError):
            import traceback

            traceback.print_exc()
        return report(error)
    finally:
        _flush()


def _through_click(given: list[str], program: str, options: Options | None, *, verbose: bool) -> int:
    import logging

    import click

    from whispera.cli.faults import INTERRUPTED, tell
    from whispera.cli.registry import cli
    from whispera.cli.typed import prepare_libraries, prepare_streams

    prepare_libraries()
    prepare_streams()
    logging.basicConfig(format="whispera: %(message)s", level=logging.DEBUG if verbose else logging.WARNING)
    command: click.Command = cli
    if program == "w":
        from whispera.cli.run import command as run

        command, given = run, given[1:]
    try:
        code = command.main(given, prog_name=program, standalone_mode=False, obj=options)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        tell(error.format_message(), hint=f"{context.command_path} --help" if context is not None else "")
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _flush() -> None:
    """Empties stdout, so that a reader who has gone away is noticed here and not at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    sys.exit(main())
