"""A real S3 server on loopback (moto's), for the tests of remotes and of storage."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

BUCKET = "selfverify"
SECRET = "do-not-tell-anyone-2718281828"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """An S3 server in a process of its own, and a client that looks into its bucket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="tester", aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )  # fmt: skip

    def keys(self, place: str = "") -> list[str]:
        """Those of the objects, of all or below a place."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=place)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A server with an empty bucket; its log goes into the folder."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "s3.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    server = Server(f"http://127.0.0.1:{port}")
    server.client.create_bucket(Bucket=BUCKET)
    yield server
    process.terminate()
    process.wait()
