"""How a service is known, and how it knows us."""

import functools
import os
import ssl

import httpx2

from rag_eval import config
from rag_eval.errors import ConfigError


def trusted(settings: config.TlsConfig) -> ssl.SSLContext:
    """What certificates of a service are checked against; raises `ConfigError` for files that cannot be used."""
    context = tls(settings)
    if isinstance(context, ssl.SSLContext):
        return context
    return _of_the_system(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.cache
def _of_the_system(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    # The certificates of all authorities take tens of milliseconds to read, for each of the targets of a process.
    return httpx2.create_ssl_context()


def tls(settings: config.TlsConfig) -> ssl.SSLContext | bool:
    """How certificates are checked and which one is ours; raises `ConfigError` for files that cannot be used."""
    if settings == config.TlsConfig():
        return True
    try:
        context = ssl.create_default_context(
            cafile=config.expand(settings.ca, where="target.tls.ca") if settings.ca else None
        )
        if settings.cert:
            password = settings.key_password_env and config.secret(
                settings.key_password_env, where="target.tls.key_password_env"
            )
            key = config.expand(settings.key, where="target.tls.key") if settings.key else None
            context.load_cert_chain(config.expand(settings.cert, where="target.tls.cert"), key, password or None)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(part for part in (settings.ca, settings.cert, settings.key) if part)
        raise ConfigError(f"target.tls: {files}: cannot be used: {error}") from error
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
