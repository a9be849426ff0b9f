"""What a first start needs: the tables, and a key to seal with."""

from pathlib import Path

from gateway.config import Config, StoreSettings
from gateway.errors import ConfigError
from gateway.store import Keyring, Store, create_key_file, migrate
from gateway.store.seal import KEY_SIZE


def prepare(config: Config) -> None:
    """Bring the tables up to date, and make the key file if nothing was ever sealed.

    Raises:
        ConfigError: the store cannot be used, or its keys have gone.
    """
    migrate(config.store)
    file = config.keys.file
    if file is not None and not file.exists():
        _refuse_if_sealed(config.store, file)
        create_key_file(file)


def _refuse_if_sealed(settings: StoreSettings, file: Path) -> None:
    """A new key would open nothing of what is there, and hide that the old one is missing."""
    opens_nothing = Keyring({"none": bytes(KEY_SIZE)})
    store = Store.open(settings, opens_nothing, exclusive=False)
    try:
        sealed = store.integrity().sealed
    finally:
        store.close()
    if sealed:
        raise ConfigError(
            f"{file}: no such file, but the store has {sealed} secrets sealed with its keys; "
            "restore it from your copy.  If there is none: with `gateway.py rotate-key --new` the "
            "gateway starts again, and every user has to register again"
        )
