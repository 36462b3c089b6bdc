#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test-render.py PROFILER MAKE_SYNTHETIC_PROFILE: `strata-profiler --render` without a display: every section as PNG, SVG
# and PDF, light and dark; exit codes; a failure leaves no file behind.
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROFILER, MAKE = sys.argv[1:3]
SECTIONS = ("overview", "stack", "layers", "timeline", "power", "temperature")
MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def run(*args):
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run([PROFILER, *map(str, args)], env=env, capture_output=True, text=True, timeout=120)


class Render(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="strata-render-")
        cls.path = pathlib.Path(cls.folder.name)
        cls.profile = cls.path / "run.strata"
        subprocess.run([MAKE, str(cls.profile), "12", "2000"], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_refused(self, code, *args, out=None):
        result = run(*args)
        self.assertEqual(result.returncode, code, result.stderr)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith("strata-profiler: "), lines[0])
        if out is not None:
            self.assertEqual([p.name for p in self.path.glob(out + "*")], [])
        return lines[0]

    def test_every_section_and_format(self):
        for section in SECTIONS:
            pictures = {}
            for suffix, magic in MAGIC.items():
                for theme in ("--light", "--dark"):
                    out = self.path / f"{section}{theme}.{suffix}"
                    result = run("--render", section, theme, "-o", out, "--width", 900, "--height", 500, self.profile)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(result.stderr, "")
                    content = out.read_bytes()
                    self.assertTrue(content.startswith(magic), f"{out}: {content[:8]}")
                    pictures[suffix, theme] = content
                self.assertNotEqual(pictures[suffix, "--light"], pictures[suffix, "--dark"])
            self.assertEqual(struct.unpack(">II", pictures["png", "--light"][16:24]), (900, 500))
        self.assertEqual(list(self.path.glob("*.partial")), [])

    def test_same_bytes_twice(self):
        outs = [self.path / "one.png", self.path / "two.png"]
        for out in outs:
            self.assertEqual(run("--render", "stack", "-o", out, self.profile).returncode, 0)
        self.assertEqual(outs[0].read_bytes(), outs[1].read_bytes())

    def test_wrong_words(self):
        out = self.path / "bad.png"
        self.assertIn("overview", self.check_refused(2, "--render", "nowhere", "-o", out, self.profile, out="bad"))
        self.assertIn(".svg", self.check_refused(2, "--render", "stack", "-o", self.path / "bad.gif", self.profile,
                                                 out="bad"))
        self.assertIn("no-such", self.check_refused(2, "--render", "stack", "--layer", "no-such", "-o", out,
                                                    self.profile, out="bad"))
        self.check_refused(2, "--render", "stack", self.profile)
        self.check_refused(2, "--render", "stack", "-o", out, out="bad")
        self.check_refused(2, "--render", "stack", "-o", out, "--width", "-5", self.profile, out="bad")
        self.check_refused(2, "--render", "stack", "-o", out, "--height", "1000000", self.profile, out="bad")
        self.check_refused(2, "--no-such-option")

    def test_files(self):
        out = self.path / "none.png"
        self.check_refused(3, "--render", "stack", "-o", out, self.path / "missing.strata", out="none")
        broken = self.path / "broken.strata"
        broken.write_bytes(self.profile.read_bytes()[:5000])
        self.check_refused(4, "--render", "stack", "-o", out, broken, out="none")
        broken.write_text("no profile at all")
        self.check_refused(4, "--render", "stack", "-o", out, broken, out="none")

    def test_unwritable(self):
        for suffix in MAGIC:
            result = run("--render", "stack", "-o", self.path / "no" / f"folder.{suffix}", self.profile)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("cannot be written", result.stderr)
            # a folder where the picture should be: it stays, and nothing lies beside it
            taken = self.path / f"taken.{suffix}"
            taken.mkdir()
            result = run("--render", "stack", "-o", taken, self.profile)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("cannot be written", result.stderr)
            self.assertTrue(taken.is_dir())
            self.assertEqual([p.name for p in self.path.glob("taken." + suffix + "?*")], [])
            if os.path.exists("/dev/full"):
                full = self.path / f"full.{suffix}"
                os.symlink("/dev/full", str(full) + ".partial")
                result = run("--render", "stack", "-o", full, self.profile)
                self.assertNotEqual(result.returncode, 0, suffix)
                self.assertFalse(full.exists())

    def test_no_display(self):
        result = run(self.profile)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--render", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
