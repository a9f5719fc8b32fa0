"""Every private name that the seam touches exists in the exactly pinned versions, and nothing else touches one."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from importlib.metadata import version
from pathlib import Path

import pytest

from media.private import PRIVATE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("module", "name", "_reason"), PRIVATE, ids=[name for _, name, _ in PRIVATE])
def test_each_private_name_exists(module: str, name: str, _reason: str) -> None:
    """A name is looked up; one set in a constructor is found in its source."""
    owner, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    for part in owner.split("."):
        found = getattr(found, part)
    if attribute:
        assigned = {
            target.attr
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(found))))
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Attribute)
        }
        assert attribute in assigned


def test_the_versions_are_the_pinned_ones() -> None:
    """The seam was read against these versions and no others."""
    pins = dict(re.findall(r'"(aiortc|aioice|pylibsrtp|pyopenssl)==([0-9.]+)"', (ROOT / "pyproject.toml").read_text()))
    assert len(pins) == 4
    assert {name: version(name) for name in pins} == pins


def test_private_names_are_listed_with_the_module_that_uses_them() -> None:
    """Attributes with a leading underscore on foreign objects appear in the seam alone, and each is in its list."""
    listed = {re.split(r"[.:]", name)[-1] for _, name, _ in PRIVATE}
    tree = ast.parse((ROOT / "media" / "seam.py").read_text())
    own = {
        target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    } | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    }
    assert used - own <= listed


def test_product_code_has_no_peer_connection_and_decodes_nothing() -> None:
    """RTCPeerConnection, receivers, relays and codecs stay out: they decode."""
    for path in (ROOT / "media").glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"RTCPeerConnection", "RTCRtpReceiver", "MediaRelay", "MediaPlayer"}, path.name
        assert "av" not in names
