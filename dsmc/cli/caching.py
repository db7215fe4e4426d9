"""`cache`"""

from __future__ import annotations

import click


@click.command()
@click.option("--clear", is_flag=True, help="Remove everything that is kept.")
@click.option(
    "--prepare", is_flag=True, help="Compile what is the same for all specs: some seconds, once."
)
def cache(clear: bool, prepare: bool) -> None:
    """Say where answers and compiled code of earlier checks are kept, and how much they take."""
    from dsmc.backends.c import objects
    from dsmc.cache.store import cache as users
    from dsmc.files import home

    stores = users()
    if stores is None:
        click.echo("Nothing is kept: DSMC_CACHE is empty, or there is no folder for it.")
        return
    kept = (*stores, objects)
    if clear:
        for store in kept:
            store.clear()
    if prepare:
        _prepare()
    sizes = [size for store in kept for size in store.sizes()]
    click.echo(f"{home()}: {len(sizes)} file{'s' * (len(sizes) != 1)}, {_told(sum(sizes))}")


def _prepare() -> None:
    from dsmc.backends.c import build
    from dsmc.backends.c.tinycc import CompileError
    from dsmc.files import home

    try:
        kept = build.prepare()
    except CompileError as error:
        raise click.ClickException(f"nothing was compiled: {error}") from error
    if not kept:
        raise click.ClickException(f"what was compiled could not be kept in {home()}")


def _told(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
