"""`whispera completion SHELL`: the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
HOW = {
    "bash": "source <(whispera completion bash)",
    "zsh": "source <(whispera completion zsh)",
    "fish": "whispera completion fish | source",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash, in ~/.bashrc:                      source <(whispera completion bash)
    zsh, in ~/.zshrc:                        source <(whispera completion zsh)
    fish, in ~/.config/fish/config.fish:     whispera completion fish | source
    """
    found = get_completion_class(shell)
    assert found is not None
    root = ctx.find_root()
    click.echo(found(root.command, {}, "whispera", "_WHISPERA_COMPLETE").source())
