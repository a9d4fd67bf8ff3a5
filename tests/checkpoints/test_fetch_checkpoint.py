"""Downloads from the hub, against a local server that speaks its protocol."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save, save_file
from scripts.checkpoints.fetch_checkpoint import head_equals_embedding

from repository import ROOT
from selfverify.storage.checkpoints import read_checksums, verify_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"
EMBEDDING = torch.arange(6.0).reshape(3, 2)
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": save({"model.embed_tokens.weight": EMBEDDING}),
    "optimizer.pt": b"not wanted",
}


class Hub(BaseHTTPRequestHandler):
    """One repository, open/model, and one behind an agreement, gated/model."""

    def do_GET(self):
        self._answer(self._content())

    def do_HEAD(self):
        self._answer(self._content(), body=False)

    def _content(self):
        if "/api/models/open/model/tree/" in self.path:
            tree = [{"type": "file", "path": name, "size": len(content), "oid": name}
                    for name, content in FILES.items()]  # fmt: skip
            return json.dumps(tree).encode()
        if "/api/models/open/model" in self.path:
            return json.dumps({"id": "open/model", "sha": COMMIT}).encode()
        return FILES.get(self.path.removeprefix(f"/open/model/resolve/{COMMIT}/"))

    def _answer(self, content, *, body=True):
        gated = "/gated/model" in self.path
        self.send_response(200 if content is not None else 403 if gated else 404)
        if content is None:
            error = "GatedRepo" if gated else "RepoNotFound"
            self.send_header("X-Error-Code", error)
            content = b""
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def hub():
    """The server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetch(address, folder, repo="open/model", mirror=""):
    """The finished process of the script, with `address` in the place of huggingface.co."""
    return subprocess.run(
        [
            sys.executable, ROOT / "scripts/checkpoints/fetch_checkpoint.py", "--repo", repo,
            "--revision", "main", "--licence", "CC-BY-NC-4.0", "--mirror", mirror,
            "--files", "*.json", "*.safetensors", "--output", folder / "SHA256SUMS",
        ],
        env=os.environ | {"HF_ENDPOINT": address, "HF_HUB_CACHE": str(folder.parent / "cache")},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_wanted_files_come_with_checksums_commit_and_licence(hub, tmp_path):
    folder = tmp_path / "model"
    done = fetch(hub, folder)
    assert done.returncode == 0, done.stderr
    assert f"open/model at {COMMIT}: 0.00 GB to download, licence CC-BY-NC-4.0" in done.stderr
    assert set(read_checksums(folder)) == {"config.json", "model.safetensors", "source.json"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    source = json.loads((folder / "source.json").read_text())
    assert source["commit"] == COMMIT
    assert source["head_equals_embedding"] is None
    verify_checkpoint(folder)


@pytest.mark.parametrize(
    ("repo", "messages"),
    [
        ("gated/model", ["gated: accept its terms on", "the ungated mirror a/mirror"]),
        ("no/model", ["no such repository", "check `hub.repo` in params.yaml"]),
    ],
)
def test_a_repository_that_cannot_be_had_says_what_to_do(hub, tmp_path, repo, messages):
    done = fetch(hub, tmp_path / "model", repo=repo, mirror="a/mirror")
    assert done.returncode == 1
    for message in [f"{repo}: ", *messages, "or put the files into"]:
        assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model" / "SHA256SUMS").exists()


def test_without_network_the_way_by_hand_is_named(tmp_path):
    done = fetch("http://127.0.0.1:1", tmp_path / "model")
    assert done.returncode == 1
    assert "revision main cannot be downloaded" in done.stderr
    assert f"put the files into {tmp_path / 'model'}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("change", "equal"), [(0.0, True), (1e-3, False)])
def test_an_output_matrix_stored_apart_is_compared_with_the_embedding(tmp_path, change, equal):
    save_file({"model.embed_tokens.weight": EMBEDDING}, tmp_path / "model-1.safetensors")
    save_file({"lm_head.weight": EMBEDDING + change}, tmp_path / "model-2.safetensors")
    assert head_equals_embedding(tmp_path) is equal
