"""Verbs that look after the whole: init, run, status, verify, demo."""

from monitor.cli.app import app, common, say
from monitor.settings import DEFAULT_FILE
from storage.database import upgrade_store


@app.command()
def init() -> None:
    """Write a commented settings file, and create the store or upgrade it."""
    path = common.settings_file or DEFAULT_FILE
    if path.exists():
        say(f"{path} is there already and stays as it is")
    before, after = upgrade_store(common.settings.store.url)
    say(f"store {before} {after}")
