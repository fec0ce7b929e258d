"""An S3 server for this test: versitygw, which checks signatures and keeps each bucket as a folder."""

import pathlib
import secrets
import socket
import subprocess

import requests

from .binaries import ROOT
from .processes import Process
from .waiting import eventually


def tool(name):
    """The path of a program of test/cluster/build-tool, built if need be (minutes)."""
    done = subprocess.run([ROOT / "test/cluster/build-tool", name], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class S3Server:
    """    with S3Server(log_directory, folder, address) as s3:
               s3.repository("backups")      # what restic is told
               s3.keys                       # the two variables of whoever may write

    `folder` keeps the buckets, across restarts. It listens at the same port after each start."""

    region = "us-east-1"

    def __init__(self, log_directory, folder, address="127.0.0.1"):
        self.log = pathlib.Path(log_directory) / "s3.log"
        self.folder = pathlib.Path(folder)
        self.address = address
        self.port = free_port(address)
        self.keys = {"AWS_ACCESS_KEY_ID": "key-" + secrets.token_hex(8), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20)}
        self.process = None

    @property
    def url(self):
        return f"http://{self.address}:{self.port}"

    def repository(self, bucket, path=""):
        return f"s3:{self.url}/{bucket}" + (f"/{path}" if path else "")

    def bucket(self, name):
        """The folder of this bucket, made."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def start(self, read_only=False):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = Process(
            [tool("versitygw"), *(["--readonly"] if read_only else []), f"--port={self.address}:{self.port}",
             "--health=/health", f"--region={self.region}", "posix", self.folder],
            self.log, {"ROOT_ACCESS_KEY_ID": self.keys["AWS_ACCESS_KEY_ID"],
                       "ROOT_SECRET_ACCESS_KEY": self.keys["AWS_SECRET_ACCESS_KEY"]}, "versitygw")

        def answers():
            if not self.process.running:
                raise RuntimeError(f"versitygw ended with {self.process.exit_code}:\n{self.process.tail()}")
            try:
                return requests.get(f"{self.url}/health", timeout=5, proxies={"http": None}).status_code == 200
            except requests.RequestException as error:
                raise AssertionError(str(error)) from None

        eventually("the S3 server answers", answers, 30)
        return self

    def stop(self):
        if self.process and self.process.running:
            self.process.kill()

    def pause(self):
        """It takes connections and answers nothing, until resume()."""
        self.process.pause()

    def resume(self):
        self.process.resume()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
