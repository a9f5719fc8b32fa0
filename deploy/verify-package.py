"""Proves an audit package without Antechamber: python verify-package.py FILE jwks.json (needs PyJWT and openssl)."""

import json
import subprocess
import sys
from pathlib import Path

import jwt


def sha256(raw: bytes) -> str:
    return subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=raw, capture_output=True).stdout[:64].decode()


def spelled(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


file, raw = Path(sys.argv[1]), Path(sys.argv[1]).read_bytes()
whole, keys = json.loads(raw), jwt.PyJWKSet.from_json(Path(sys.argv[2]).read_text())
manifest, parts, signed = whole["manifest"], whole["parts"], whole["attestation"]
header, signature = jwt.get_unverified_header(signed), signed.split(".")[2]
claims = jwt.decode(signed, keys[header["kid"]], algorithms=["EdDSA"], options={"verify_iat": False})
good = spelled(whole) == raw and set(whole) == {"manifest", "parts", "attestation"}
good &= jwt.utils.base64url_encode(jwt.utils.base64url_decode(signature)).decode() == signature
good &= header["typ"] == "antechamber-audit+jws" and claims["digest"] == "sha-256=" + sha256(spelled(manifest))
good &= {each["name"] for each in manifest["parts"]} == set(parts) and claims["sub"] == manifest["id"]
good &= all(each["sha256"] == sha256(spelled(parts[each["name"]])) for each in manifest["parts"])
good &= all(each["sha256"] == sha256((file.parent / each["name"]).read_bytes()) for each in manifest["beside"])
sys.exit(None if good else "Not good: something was changed after it was signed.")
