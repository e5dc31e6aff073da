"""`uptake scenarios`: what comes with the program."""

import click


@click.command()
def scenarios() -> None:
    """List the scenarios that come with the program."""
    from sim.cli.tables import show
    from sim.scenario import available

    show(
        ("name", "title", "question"),
        [(name, title or "", question or "") for name, title, question, _ in available()],
    )
