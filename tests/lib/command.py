# SPDX-License-Identifier: Apache-2.0
"""The command in a folder of its own, for tests that call it: results, refusals, inputs."""
import json
import struct
import subprocess


class Command:
    """call () runs it with these arguments, result () parses what it prints with --json."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def call(self, *args, cwd=None, **kwargs):
        return subprocess.run([self.path, *map(str, args)], capture_output=True, text=True, cwd=cwd or self.folder, **kwargs)

    def result(self, *args):
        done = self.call(*args, "--json")
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        reply = json.loads(done.stdout)
        assert reply["schema"] == f"strata.{args[0]}" and reply["schema_version"] == "1.0", reply
        return reply["result"]

    def refused(self, status, words, *args, **kwargs):
        """The command fails with this exit code and one line that has these words; the JSON form says the same."""
        done = self.call(*args, **kwargs)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line]
        # Limits that are not met come with their certificate, a table below the message.
        assert (len(lines) == 1 or status == 5) and lines[0].startswith("strata: "), done.stderr
        for word in words:
            assert word in lines[0], (word, lines[0])
        as_json = self.call(*args, "--json", **kwargs)
        assert as_json.returncode == status
        error = json.loads(as_json.stdout)["error"]
        assert error["exit"] == status and lines[0].removeprefix("strata: ") == error["message"], error
        return lines[0]

    def save(self, name, kind, shape, data):
        """A .npy file, without numpy."""
        header = str({"descr": kind, "fortran_order": False, "shape": shape}).encode()
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
        (self.folder / name).write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)
