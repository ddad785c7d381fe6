"""`whispera run TEXT...`: understand a command and carry it out."""

from __future__ import annotations

from dataclasses import replace

import click

from whispera.cli.options import Options, base_option, shared_options
from whispera.cli.typed import Typed, answer_text


@click.command("run")
@click.argument("text", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show what would be run, and run nothing.")
@click.option("--json", is_flag=True, help="Print one JSON object.")
@click.option("--yes", is_flag=True, help="Answer confirmations with yes beforehand.")
@click.option("--alone", is_flag=True, help="Understand it by itself, whatever was said before.")
@base_option
@shared_options
@click.pass_context
def command(
    ctx: click.Context,
    text: tuple[str, ...],
    dry_run: bool,
    json: bool,
    yes: bool,
    alone: bool,
    base: str,
    workspace_dir: str | None,
    domain: str,
    verbose: bool,
) -> int:
    """Run a command given in words.

    It may lean on the commands before it in this terminal ("and slack too"), or answer a question they asked.

    Exit codes: 0 done, 1 fault, 2 usage, 3 not understood, 4 not possible here, 5 confirmation needed.
    """
    given = ctx.ensure_object(Options).laid_over(workspace_dir, domain, verbose)
    options = replace(given, base=base, daemon=True)
    typed = Typed(" ".join(text), dry_run=dry_run, json=json, yes=yes, alone=alone)
    return answer_text(typed, options.session)
