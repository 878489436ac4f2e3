"""The way to a service over HTTP: its address, its key and its headers, found where a request is sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .. import environment, errors
from ..attempts import RetryPolicy
from ..environment import Found
from ..keychain import stored_key
from ..secrets import Secret, is_secret_name
from ..transport.client import AiohttpTransport
from ..transport.no_proxy import is_own_machine
from . import addresses
from . import options as checks
from .base import AsyncGeneratorProvider
from .call import Connection
from .keys import check_key


@cache
def _at_home(url: str, owns_host: bool) -> tuple[str, bool]:
    """As ``Service.place``, where a provider has not been moved elsewhere."""
    address, _ = addresses.without_user(url)
    return address, bool(url) and owns_host and not is_own_machine(urlsplit(address).hostname or "")


class Service(AsyncGeneratorProvider):
    """A provider that is reached over HTTP. What its dialect is, ``HTTPProvider`` adds.

    Attributes:
        key_variables: Environment variables that may hold the key, the first one set counts.
        account: The name under which the keyring has the key, where it is another provider's.
        url_variables: Environment variables that may move the service elsewhere, the first one set counts.
        header_variables: Further headers, and the environment variables that have their values.
        fixed_headers: Further headers; ``$NAME`` in a value stands for a variable of the environment.
        key_header: The header that has the key, where it is another than the dialect's.
        endpoints: The ends of its addresses, which a pasted one may have, the longest first.
        owns_host: Whether all that is at its host is the same service's.
    """

    key_variables: ClassVar[tuple[str, ...]] = ()
    account: ClassVar[str] = ""
    url_variables: ClassVar[tuple[str, ...]] = ()
    header_variables: ClassVar[Mapping[str, str]] = {}
    fixed_headers: ClassVar[Mapping[str, str]] = {}
    key_header: ClassVar[str] = ""
    endpoints: ClassVar[tuple[str, ...]] = ()
    owns_host: ClassVar[bool] = True

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The headers of every request of this dialect."""
        return {"Authorization": Secret(f"Bearer {key.reveal()}")} if key else {}

    @classmethod
    def all_headers(cls, to: Connection) -> dict[str, str | Secret]:
        """The dialect's headers with the key, and those of the caller, which win."""
        if cls.key_header and to.api_key:
            return {**cls.headers(None), cls.key_header: to.api_key, **to.headers}
        return {**cls.headers(to.api_key), **to.headers}

    @classmethod
    def moved_to(cls) -> Found | None:
        """The variable that moves the service elsewhere."""
        return environment.find(*cls.url_variables)

    @classmethod
    def address(cls, url: str) -> str:
        """The service's address from what the caller or the environment has, in any of the usual forms.

        Raises:
            InvalidOptionError: It is none.
        """
        return addresses.checked(url, cls.endpoints)

    @classmethod
    def connection(cls, options: Mapping[str, Any]) -> Connection:
        """The way to the service: where it is, with which key, how long to wait.

        Args:
            options: The options of the call; what they lack comes from the environment.

        Raises:
            ConfigurationError: An option's value or the key must be put right first.
        """
        given = options.get("base_url")
        if isinstance(given, Secret):
            given = given.reveal()
        if given is not None and not isinstance(given, str):
            raise errors.InvalidOptionError(f"base_url must be a text, not {type(given).__name__}")
        moved = None if given else cls.moved_to()
        of_file = moved is not None and moved.from_file
        headers = checks.check_headers(options.get("headers"))
        key = check_key(options.get("api_key"), "api_key")
        if moved is not None and of_file and (key or any(map(is_secret_name, headers))):
            raise errors.ConfigurationError(
                f"the address is that of {moved.name} in {environment.FILE}, to which no key goes that is given",
                provider=cls.name,
                hint="Give base_url= beside the key.",
            )
        address = given or (moved and moved.value)
        url, login = addresses.without_user(cls.address(address) if address else cls.url)
        if cls.url and addresses.is_downgrade(url, cls.url):
            raise errors.ConfigurationError(
                f"{urlsplit(url).hostname} is not asked in clear", provider=cls.name, hint="Write https://."
            )
        # What is found for a service goes to its own address, or to the one that the environment has for it.
        trusted = not given or cls._lives_at(url)
        withheld = ""
        if not key and (
            not given or options.get("api_key") is None
        ):  # an empty one beside an address is none
            if trusted:
                # A file that names an address gets no key but its own: it may have come along with a notebook.
                key = cls.key(of_file=of_file)
            elif not any(map(is_secret_name, headers)):
                withheld = cls._key_source()
        cls._require(url, key, withheld, given=bool(address))
        if trusted:
            headers = cls._own_headers(of_file=of_file) | headers
        if login is not None:
            headers = cls._with_login(login, key, headers)
        return Connection(
            base_url=url,
            transport=checks.check_transport(options.get("transport")) or AiohttpTransport(),
            api_key=key,
            headers=headers,
            timeouts=checks.check_timeouts(options.get("timeout")),
            proxy=checks.check_proxy(options.get("proxy")),
            ssl=checks.check_ssl(options.get("ssl")),
            retries=RetryPolicy.checked(options.get("retries")),
            withheld=withheld,
            pace=checks.pace_from(options.get("pace")),
        )

    @classmethod
    def place(cls, options: Mapping[str, Any]) -> tuple[str, bool]:
        """Where a request goes, and whether that is the vendor's own service, where a model's name is the vendor's word
        for it; an empty address where that cannot be told.

        Args:
            options: The options of the call.
        """
        try:
            given = options.get("base_url")
            if isinstance(given, Secret):
                given = given.reveal()
            moved = None if given else cls.moved_to()
            address = given or (moved and moved.value)
            if not address:
                return _at_home(cls.url, cls.owns_host)
            url, _ = addresses.without_user(cls.address(address))
        except (errors.ChatError, TypeError, AttributeError):
            return "", False
        own = bool(cls.url) and cls.owns_host and addresses.same_host(url, cls.url)
        return url, own and not is_own_machine(urlsplit(url).hostname or "")

    @classmethod
    def _lives_at(cls, url: str) -> bool:
        """Whether an address is the service's own, or the one that the environment has for it."""
        if cls.url and (addresses.same_host if cls.owns_host else addresses.beneath)(url, cls.url):
            return True
        moved = cls.moved_to()
        if moved is None or moved.from_file:
            return False
        return addresses.beneath(url, addresses.without_user(addresses.checked(cls.address(moved.value)))[0])

    @classmethod
    def _key_source(cls) -> str:
        """Where a key for this provider is found; empty where there is none."""
        if found := environment.find(*cls.key_variables):
            return found.name
        stored = stored_key(cls.account or cls.name) if cls.key_variables else None
        return "the keyring's key" if stored else ""

    @classmethod
    def _require(cls, url: str, key: Secret | None, withheld: str, *, given: bool) -> None:
        if cls.needs_auth and not key and not given:
            raise errors.MissingKeyError(
                "there is no API key",
                provider=cls.name,
                hint=f"Set {cls.key_variables[0]} in the environment, or give api_key=.",
            )
        if not url:
            raise errors.ConfigurationError(
                "there is no address",
                provider=cls.name,
                hint=f"Set {cls.url_variables[0]} in the environment, or give base_url=.",
            )
        host = urlsplit(url).hostname or ""
        if cls.needs_auth and withheld and not is_own_machine(host):
            also = f", or set {cls.url_variables[0]} in the place of base_url=" if cls.url_variables else ""
            raise errors.MissingKeyError(
                f"{withheld} is not sent to {host}, which is not known as the service's address",
                provider=cls.name,
                hint=f'Give api_key= beside base_url= ("" for none){also}.',
            )

    @classmethod
    def _with_login(
        cls, login: Secret, key: Secret | None, headers: Mapping[str, Secret]
    ) -> dict[str, Secret]:
        """The headers with the user and the password that stood in the address."""
        taken = {name.lower() for name in headers}
        if key and not cls.key_header:
            taken |= {name.lower() for name in cls.headers(key)}
        if "authorization" in taken:
            raise errors.ConfigurationError(
                "the address has a user, who takes the header that the key takes",
                provider=cls.name,
                hint='Take the user out of the address, or give api_key="".',
            )
        return {"Authorization": login, **headers}

    @classmethod
    def available(cls) -> bool:
        """Whether it needs a key and has one, and a model of its own. Nobody knows of a server on one's own machine
        before asking it."""
        return cls.needs_auth and bool(cls.default_model and cls.key()) and bool(cls.url or cls.moved_to())

    @classmethod
    def key(cls, *, of_file: bool = False) -> Secret | None:
        """The key for this provider: that of the environment, or else that of the system's keyring.

        Args:
            of_file: Whether to look in the file of the working folder alone.

        Raises:
            InvalidOptionError: The key has a character that no key has.
        """
        if found := environment.find_key(*cls.key_variables, in_file=of_file):
            name, key = found
            return check_key(key, name)
        if not cls.key_variables or of_file:
            return None
        return check_key(stored_key(cls.account or cls.name), "the keyring's key")

    @classmethod
    def variables_of_file(cls) -> tuple[str, ...]:
        """The variables that are read from the file of the working folder, as long as no option takes their place."""
        moved = cls.moved_to()
        find = environment.find_in_file if moved is not None and moved.from_file else environment.find
        found = (
            moved,
            find(*cls.key_variables),
            *(find(name) for name in cls.header_variables.values()),
        )
        return tuple(one.name for one in found if one is not None and one.from_file)

    @classmethod
    def _own_headers(cls, *, of_file: bool) -> dict[str, Secret]:
        found = {
            header: environment.find_key(name, in_file=of_file)
            for header, name in cls.header_variables.items()
        }
        own = {header: one[1] for header, one in found.items() if one is not None}
        filled = {header: environment.filled(value) for header, value in cls.fixed_headers.items()}
        return own | checks.check_headers(filled)
