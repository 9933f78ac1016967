"""`ninsho config`: is the configuration right, and what does it say."""

import click

from cli.installation import config_of
from cli.output import document, table
from cli.wiring import administrators, private_key_file, profiles_of, terms_of


@click.group()
def config() -> None:
    """Check and show the configuration."""


@config.command("check")
@click.pass_context
def config_check(context: click.Context) -> None:
    """Read everything that the configuration names, open nothing.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml config check
    """
    loaded = config_of(context)
    keys = administrators(loaded)
    profiles = profiles_of(loaded)
    for name in loaded.authorities:
        terms_of(loaded, name)
    for file in loaded.terminals.values():
        private_key_file(loaded.at(file))
    body = {
        "config": str(loaded.path),
        "deployment": loaded.deployment,
        "demo": loaded.demo,
        "administrators": sorted(keys),
        "authorities": sorted(loaded.authorities),
        "tokens": sorted(loaded.tokens),
        "profiles": sorted(profiles),
    }
    text = (
        f"{loaded.path} is in order: {len(loaded.authorities)} authorities, {len(loaded.tokens)} tokens, "
        f"{len(keys)} administrators, {len(profiles)} profiles."
    )
    document(context, "config.check", body, text)


@config.command("show")
@click.pass_context
def config_show(context: click.Context) -> None:
    """Show the effective configuration, defaults included, without a password that its database URL may hold.

    \b
    Example:
      ninsho --config demo-home/ninsho.toml --json config show
    """
    from store.address import without_password

    loaded = config_of(context)
    body = loaded.model_dump(mode="json", exclude_none=True)
    loaded.database_url()  # refuses what is no URL
    body["database"]["url"] = without_password(loaded.database.url)
    rows = [(name, str(value)) for name, value in sorted(flat(body))]
    document(context, "config.show", {"config": str(loaded.path), "values": body}, table(("key", "value"), rows))


def flat(values: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Nested tables as dotted keys with their values."""
    found: list[tuple[str, object]] = []
    for key, value in values.items():
        found += flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return found
