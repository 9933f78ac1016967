"""The installation a command works on: its configuration, read once per run."""

from pathlib import Path

import click

from cli.config import Config, load_config


def config_of(context: click.Context) -> Config:
    """The configuration named by ``--config``; raises `ConfigRefused`."""
    root = context.find_root()
    if not isinstance(root.obj, Config):
        path = root.params["config_path"]
        root.obj = load_config(path if isinstance(path, Path) else Path(path))
    config: Config = root.obj
    return config
