"""Settings of TLS out of the PEM files that the operator names."""

from __future__ import annotations

import ssl
from pathlib import Path

from vedette.errors import UsageError
from vedette.values.serving import Tls


def server_tls(files: Tls) -> ssl.SSLContext:
    """TLS 1.2 and later for a server; with `clients`, callers must show a certificate of one of these authorities.

    Raises:
        UsageError: a file is missing or has something else in it, or key and certificate are no pair.
    """
    for key, name in (("certificate", files.certificate), ("key", files.key), ("clients", files.clients)):
        if name is not None:
            _demand_readable(key, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, files)
    if files.clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(files.clients)
        except ssl.SSLError:
            raise UsageError(
                f"tls.clients: {files.clients} has no certificate", help="give a PEM file of authorities"
            ) from None
    return context


def _load_pair(context: ssl.SSLContext, files: Tls) -> None:
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"tls: the key of {files.key} is not that of {files.certificate}", help="give the pair"
            ) from None
        wrong = _wrong_file(files)
        raise UsageError(f"tls.{wrong} cannot be used: {error.reason or error}", help="give a PEM file") from None


def _wrong_file(files: Tls) -> str:
    """Which of the two the library stumbled over: a certificate can also be read as an authority."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(files.certificate)
    except ssl.SSLError:
        return f"certificate: {files.certificate}"
    return f"key: {files.key}"


def _no_password() -> str:
    raise UsageError("tls.key: the key is locked by a password", help="give a key without, readable by this user only")


def _demand_readable(key: str, name: str) -> None:
    try:
        Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"tls.{key}: {name} cannot be read: {error.strerror}", help="check its path and rights"
        ) from None
