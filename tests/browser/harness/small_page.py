"""A small https page of the tests' own: one browser sends itself its camera and microphone through two connections.

It proves the instruments (colours, tones, counters, the quiet console) before they are pointed at the product, under a
content security policy as strict as the product's.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self' blob:; img-src data:"
)
PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>small page</title>
<link rel="icon" href="data:,"><h1>Small page</h1><label for="who">Your name</label><input id="who">
<label for="state">State</label>
<select id="state"><option value="">-</option><option value="CA">California</option></select>
<button id="start">Start video</button> <button hidden>Never shown</button><p id="said"></p>
<video id="remote" autoplay playsinline width="320"></video><script type="module" src="/page.js"></script></html>"""
SCRIPT = b"""
const show = () => { said.textContent = `Hello ${who.value} from ${state.value}`; };
const [said, who, state, remote] = ["said", "who", "state", "remote"].map((id) => document.getElementById(id));
who.addEventListener("input", show); state.addEventListener("change", show);
document.getElementById("start").addEventListener("click", async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  const near = new RTCPeerConnection(), far = new RTCPeerConnection();
  const gathered = (peer) => new Promise((done) => {
    peer.onicecandidate = (e) => { if (!e.candidate) done(peer.localDescription); };
  });
  far.ontrack = (e) => { remote.srcObject = e.streams[0]; };
  stream.getTracks().forEach((track) => near.addTrack(track, stream));
  const offered = gathered(near), answered = gathered(far);
  await near.setLocalDescription();
  await far.setRemoteDescription(await offered);
  await far.setLocalDescription();
  await near.setRemoteDescription(await answered);
  window.hangUp = () => near.close();
});
"""


class Handler(BaseHTTPRequestHandler):
    """Serve the page, its script, and nothing else."""

    def do_GET(self) -> None:  # the name is the standard library's
        """Answer one request."""
        found = {"/": (PAGE, "text/html"), "/page.js": (SCRIPT, "text/javascript")}.get(self.path)
        body, kind = found or (b"nothing here", "text/plain")
        self.send_response(200 if found else 404)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@contextmanager
def small_page(folder: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the page on a free port under a self-made certificate and give its address."""
    certificate = self_made(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"https://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def self_made(folder: Path, host: str) -> Path:
    """Write a certificate and its key for one address, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "small page")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "small-page.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
