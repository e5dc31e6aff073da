"""Shell completion: `uptake completion SHELL`, and what may follow on a half-typed line."""

import click
from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": 'eval "$(uptake completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(uptake completion zsh)"   in ~/.zshrc',
    "fish": "uptake completion fish > ~/.config/fish/completions/uptake.fish",
}


@click.command(
    short_help="Print the completion script of a shell.",
    epilog="\b\n" + "\n".join(f"{shell + ':':6}{line}" for shell, line in _WHERE.items()),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and names."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, "uptake", "_UPTAKE_COMPLETE").source())


def scenario_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Scenarios that come with the program, then files."""
    from sim.scenario import available

    names = [
        CompletionItem(name, help=title)
        for name, title, *_rest in available()
        if name.startswith(incomplete)
    ]
    return [*names, CompletionItem(incomplete, type="file")]


def run_folders(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Runs in the usual place, unfinished ones as such, then folders."""
    from sim.record.folder import MANIFEST, MARK, RUNS

    found = sorted(RUNS.iterdir()) if RUNS.is_dir() else []
    items = [
        CompletionItem(str(run), help="unfinished" if (run / MARK).is_file() else "")
        for run in found
        if str(run).startswith(incomplete)
        and ((run / MARK).is_file() or (run / MANIFEST).is_file())
    ]
    return [*items, CompletionItem(incomplete, type="dir")]


def parameter_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the parameter registry."""
    from sim.scenario import PARAMETERS

    return [CompletionItem(name) for name in PARAMETERS if name.startswith(incomplete)]
