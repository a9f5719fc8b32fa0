"""Settings: one frozen value, every default filled in, every mistake one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.errors import CannotStart
from server.settings import Settings


def test_defaults_follow_from_one_another(tmp_path: Path) -> None:
    found = Settings.load(data_dir=tmp_path / "var", port=9443)
    assert found.origin == "https://localhost:9443"
    assert found.billing_url == "https://localhost:9443/billing/events"
    assert found.udp_port == 9443
    assert found.key_file == tmp_path / "var.key", "beside the data directory, not inside"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTECHAMBER_PORT", "9000")
    monkeypatch.setenv("ANTECHAMBER_ORIGIN", "https://visits.example.org/")
    found = Settings.load()
    assert (found.port, found.origin, found.origin_host) == (9000, "https://visits.example.org", "visits.example.org")
    assert found.billing_url == "https://visits.example.org/billing/events"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ANTECHAMBER_PROT", "1", "ANTECHAMBER_PROT is not a setting"),
        ("ANTECHAMBER_DEV", "1", "ANTECHAMBER_DEV is not a setting"),
        ("ANTECHAMBER_ORIGIN", "http://visits.example.org", "https://"),
        ("ANTECHAMBER_ORIGIN", "https://visits.example.org/path", "nothing after it"),
        ("ANTECHAMBER_ORIGIN", "https://me:secret@visits.example.org", "without a user name"),
        ("ANTECHAMBER_BILLING_URL", "http://biller.example.org/x", "https://"),
        ("ANTECHAMBER_PORT", "many", "ANTECHAMBER_PORT"),
        ("ANTECHAMBER_PORT", "70000", "ANTECHAMBER_PORT"),
        ("ANTECHAMBER_DATABASE_URL", "mysql://u:hunter2@h/d", "postgresql://"),
        ("ANTECHAMBER_TLS_KEY", "/x.pem", "together"),
        ("ANTECHAMBER_PAYMENT_PAGE", "http://pay.example.com/{reference}", "https://"),
        ("ANTECHAMBER_PAYMENT_PAGE", "https://me:secret@pay.example.com/", "without a user name"),
        ("ANTECHAMBER_PAYMENT_PAGE", "https://pay.example.com/?for={client}", "{reference} and {cents}"),
        ("ANTECHAMBER_PAYMENT_PAGE", "https://{reference}.example.com/", "behind its host"),
        ("ANTECHAMBER_PAYMENT_PAGE", 'https://pay.example.com/"x', "quotes"),
        ("ANTECHAMBER_TRUSTED_PROXIES", "caddy", "172.30.57.2/32"),
        ("ANTECHAMBER_TRUSTED_PROXIES", "10.0.0.1/8", "no network"),
    ],
)
def test_a_mistake_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotStart) as refused:
        Settings.load()
    assert words in refused.value.say
    assert "\n" not in refused.value.say
    assert "hunter2" not in refused.value.say and "secret" not in refused.value.say


def test_settings_do_not_change(settings: Settings) -> None:
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]  # that it is refused is the point


def test_the_hosts_it_answers_to_are_exact() -> None:
    found = Settings.load(origin="https://visits.example.org", trusted_hosts="inner.example.org:8443")
    assert "visits.example.org" in found.allowed_hosts
    assert "inner.example.org:8443" in found.allowed_hosts
    assert "localhost:8443" in found.allowed_hosts
    assert "evil.example.org" not in found.allowed_hosts
    assert set(found.certificate_names) == {"localhost", "127.0.0.1", "::1", "visits.example.org", "inner.example.org"}
