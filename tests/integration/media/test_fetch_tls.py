"""Fetching over real TLS: the connection goes to a number, the certificate is checked against the name."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from syndicator.media.fetch import PictureFetcher, SourceUnavailable
from tests.support.picture_hosts import PUBLIC_ADDRESS, TIMEOUT, public
from tests.support.pictures import encode, quarters

PICTURE = encode(quarters(), "JPEG")


class PictureSite(ThreadingHTTPServer):
    """Serves one picture and remembers under which names it was asked."""

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hosts: list[str] = []
        self.server_names: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """Stay silent: a client that refuses the certificate hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: PictureSite

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class Rerouted(httpx.BaseTransport):
    """Carries what is meant for the public address to the site on this machine, and everything else nowhere."""

    def __init__(self, port: int, authority: Path) -> None:
        self._port = port
        self._inner = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=str(authority)))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC_ADDRESS
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def write_certificate(path: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path / "site.pem", "shop.example")


@pytest.fixture
def site(certificate: Path) -> Iterator[PictureSite]:
    with PictureSite(certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fetcher(site: PictureSite, certificate: Path) -> Iterator[PictureFetcher]:
    transport = Rerouted(site.server_port, certificate)
    with PictureFetcher(max_bytes=1_000_000, timeout=TIMEOUT, transport=transport, resolver=public) as made:
        yield made


def test_picture_comes_over_tls_under_the_name(fetcher: PictureFetcher, site: PictureSite) -> None:
    assert fetcher.fetch("https://shop.example/a.jpg") == PICTURE

    assert site.hosts == ["shop.example"]
    assert site.server_names == ["shop.example"]


def test_certificate_of_another_name_is_refused(fetcher: PictureFetcher, site: PictureSite) -> None:
    with pytest.raises(SourceUnavailable) as failed:
        fetcher.fetch("https://other.example/a.jpg")

    assert failed.value.problem.code == "url_unreachable"
    assert site.hosts == []
