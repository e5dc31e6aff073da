"""`uptake schema`: the JSON Schema of scenario files, for editors and other programs."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the output stream.",
)
def schema(out: Path | None) -> None:
    """Print the JSON Schema of scenario files.

    An editor that knows it completes keys and marks mistakes while you type.
    """
    import json

    from sim.scenario import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
