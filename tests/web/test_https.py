"""HTTPS by option: with a real certificate, and a clear sentence for what is none."""

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pgclinic.model.errors import UserError
from pgclinic.web.serving import Listening, opened


def certificate(folder: Path, name: str, *more: str) -> tuple[Path, Path]:
    """A certificate of ``localhost`` that vouches for itself, and its key."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=localhost", *more]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("own"), "own", "-nodes")


def test_a_dashboard_speaks_https_and_its_cookie_is_for_https_alone(
    pair: tuple[Path, Path], serving: Callable[..., Any], database_of: Callable[..., Any], seen: Any
) -> None:
    address = serving(database_of(seen), tls_cert=pair[0], tls_key=pair[1]).address()
    assert address.startswith("https://127.0.0.1:")
    with httpx.Client(verify=ssl.create_default_context(cafile=pair[0]), timeout=120) as browser:
        assert "Secure" in browser.get(address).headers["set-cookie"]
        assert browser.get(address.partition("/enter")[0] + "/databases/fortin/").status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(address.replace("https:", "http:"))


def test_what_is_no_pair_is_said_before_anything_listens(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = certificate(tmp_path, "other", "-nodes")
    secret = certificate(tmp_path, "secret", "-passout", "pass:of-the-key")
    words = tmp_path / "words.pem"
    words.write_text("no certificate\n")
    for chain, key in ((pair[0], other[1]), secret, (words, pair[1])):
        with pytest.raises(UserError, match=r"cannot be used for HTTPS .* without a pass phrase"):
            opened(Listening(port=0, tls_cert=chain, tls_key=key))
