"""Read what the operator set: parkwatch.toml, the environment over it, defaults below it."""

import os
import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from crawler.checking import SeedError, nearest, read_toml, sentence_of
from crawler.seeds import BUNDLED

PREFIX = "PARKWATCH_"
_ATOM = "[A-Za-z0-9_%+'-]+"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
#: A mail address as we take it from people: an ASCII dot-atom and a host (RFC 5322, section 3.4.1), no display name,
#: nothing that could end a header. To be matched in full.
ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")
_PUBLIC = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?")
DEFAULT_FILE = Path("parkwatch.toml")


class SettingsError(Exception):
    """A setting cannot be used; the sentence names the file or variable, the key and what to write."""


def _word_or_file(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, str) and not Path(value).is_file():
        raise ValueError("write true, false or the path of a file of CA certificates")
    return value


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"write a network such as 10.1.0.0/16, not {value!r}") from error


Network = Annotated[str, AfterValidator(_network)]
#: Whether certificates are verified, or the file of the authorities that they are verified against.
TlsVerify = Annotated[bool | str, BeforeValidator(_word_or_file)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSection(_Section):
    """Where everything is kept."""

    url: str = Field("sqlite:///parkwatch.db", description="the store's address")


class SeedsSection(_Section):
    """Where park and layout files are."""

    parks: Path = Field(BUNDLED / "parks", description="folder of park files; the bundled ones if left out")
    layouts: Path = Field(BUNDLED / "layouts", description="folder of layouts; the bundled ones if left out")


class CrawlSection(_Section):
    """How sites are asked."""

    delay: float = Field(2.0, ge=0, description="seconds between two requests to a host")
    concurrency: int = Field(1, ge=1, le=16, description="requests to a host at the same time")
    deadline: int = Field(3600, ge=10, description="seconds a visit may take")
    timeout: int = Field(30, ge=1, description="seconds one page may take")
    max_page_bytes: int = Field(8_388_608, ge=65_536, description="bytes one page may have, unpacked")
    memory: int = Field(2048, ge=256, description="MiB that one child process may take; a page that needs more fails")
    tls_verify: TlsVerify = Field(True, description="true, false, or a file of CA certificates")
    private_networks: tuple[Network, ...] = Field(
        (), description="networks that are not public and that sites may stand in all the same, such as 10.1.0.0/16"
    )
    user_agent: str = Field("Parkwatch/0.1", description="how the crawler names itself")
    contact: str = Field("", description="address or page of yours, sent along with the user agent")
    first_visit_pages: int = Field(30, ge=1, description="listing pages that a first visit reads")
    listing_pages: int = Field(30, ge=1, description="listing pages that a later visit reads at the most")
    whole_listing_hours: int = Field(168, ge=1, description="hours after which a listing is read whole again")
    processes: int = Field(2, ge=1, le=16, description="child processes that visit at the same time")


class MailSection(_Section):
    """How digests leave."""

    host: str = Field("localhost", description="the mail server")
    port: int = Field(25, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="starttls, tls or none")
    user: str = Field("", description="login name; no login if empty")
    password_file: Path | None = Field(None, description="file that holds the password, readable by you alone")
    sender: str = Field("parkwatch@localhost", description="address that digests come from")
    timeout: int = Field(60, ge=1, description="seconds to wait for the server's answer")
    tls_verify: TlsVerify = Field(True, description="true, false, or a file of CA certificates")
    unsubscribe_url: str = Field(
        "", description="public https address that ends a subscription by POST, the reader's token behind it (RFC 8058)"
    )
    dkim_key_file: Path | None = Field(None, description="file of the RSA key that signs mails (DKIM), in PEM")
    dkim_selector: str = Field("parkwatch", description="name under which the key's other half stands in the DNS")

    @field_validator("unsubscribe_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        if value and not _PUBLIC.fullmatch(value):
            raise ValueError("write an address that begins with https://, without a query")
        return value

    @field_validator("dkim_selector")
    @classmethod
    def _selector(cls, value: str) -> str:
        if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value):
            raise ValueError("write a name of letters, digits, hyphens and dots")
        return value

    @field_validator("sender")
    @classmethod
    def _bare_address(cls, value: str) -> str:
        if not ADDRESS.fullmatch(value):
            raise ValueError("write a bare mail address such as parkwatch@example.org")
        return value


class DigestSection(_Section):
    """How a digest looks."""

    baseline_items: int = Field(
        3, ge=0, le=20, description="articles shown of a park that was visited for the first time"
    )
    items_per_park: int = Field(25, ge=1, description="changes of a park shown whole; the rest as headlines")
    excerpt_chars: int = Field(240, ge=40, description="characters shown of a new article's text")


class LogSection(_Section):
    """What is written to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="how much is told: INFO what 'run' does, WARNING trouble alone, DEBUG the libraries too"
    )


class Settings(BaseSettings):
    """All settings, read once and handed down."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, case_sensitive=False
    )
    store: StoreSection = StoreSection.model_construct()
    seeds: SeedsSection = SeedsSection.model_construct()
    crawl: CrawlSection = CrawlSection.model_construct()
    mail: MailSection = MailSection.model_construct()
    digest: DigestSection = DigestSection.model_construct()
    log: LogSection = LogSection.model_construct()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> Settings:
    """Read the settings; raises SettingsError. A file that is named must be there, the default one need not."""
    path = file or DEFAULT_FILE
    if file is not None and not file.is_file():
        raise SettingsError(f"{file}: there is no such settings file; write one with 'parkwatch init'")
    try:
        data = read_toml(path) if path.is_file() else {}
    except SeedError as error:
        raise SettingsError(str(error)) from error
    _check_file(data, path)
    _refuse_unknown_variables()
    try:
        return Settings(**data)
    except ValidationError as error:
        # The file is good by itself, so a variable is not.
        key = ".".join(str(part) for part in error.errors()[0]["loc"][:2])
        raise SettingsError(f"the variable {variable_of(key)}: {sentence_of(error, Settings)}") from error


def _check_file(data: dict[str, Any], path: Path) -> None:
    """Check a file by itself: a variable that outweighs a wrong value would only hide it until another day."""
    for section, values in data.items():
        if section not in Settings.model_fields:
            raise SettingsError(f"{path}: unknown key '{section}'{nearest(section, list(Settings.model_fields))}")
        model = Settings.model_fields[section].annotation
        assert isinstance(model, type) and issubclass(model, _Section)  # noqa: PT018
        try:
            model.model_validate(values)
        except ValidationError as error:
            raise SettingsError(f"{path}: {sentence_of(error, model, section=section)}") from error


def all_keys() -> Iterator[tuple[str, Any]]:
    """Yield every setting as ``section.key`` with pydantic's description of it."""
    for section, found in Settings.model_fields.items():
        assert isinstance(found.annotation, type)
        for key, field in found.annotation.model_fields.items():
            yield f"{section}.{key}", field


def variable_of(key: str) -> str:
    """Return the environment's name of a setting."""
    return PREFIX + key.replace(".", "__").upper()


def _refuse_unknown_variables() -> None:
    known = [variable_of(key) for key, _ in all_keys()]
    for name in os.environ:
        section = name.upper().removeprefix(PREFIX).lower()
        if name.upper().startswith(PREFIX) and section in Settings.model_fields:
            example = next(key for key, _ in all_keys() if key.startswith(f"{section}."))
            raise SettingsError(f"the variable {name} names a section: write {variable_of(example)} and the like")
        if name.upper().startswith(PREFIX) and "__" in name and name.upper() not in known:
            raise SettingsError(f"the variable {name} names no setting{nearest(name.upper(), known)}")
