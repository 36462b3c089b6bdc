#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test-desktop.py FOLDER PROFILER: the desktop entry, its metainfo and the MIME type name the same program, the same id and
# the same type; AppStream accepts the metainfo where its validator is there.
import configparser
import pathlib
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

FOLDER, PROFILER = pathlib.Path(sys.argv[1]), sys.argv[2]
ID = "io.strata.Profiler"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


class Desktop(unittest.TestCase):
    def setUp(self):
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read(FOLDER / f"{ID}.desktop", encoding="utf-8")
        self.entry = parser["Desktop Entry"]
        self.info = ElementTree.parse(FOLDER / f"{ID}.metainfo.xml").getroot()
        self.mime = ElementTree.parse(FOLDER / f"{ID}.mime.xml").getroot().find(MIME + "mime-type")

    def test_entry(self):
        for key in ("Type", "Name", "Exec", "Comment", "Categories", "MimeType"):
            self.assertTrue(self.entry[key])
        self.assertEqual(self.entry["Exec"].split()[0], pathlib.Path(PROFILER).name)
        self.assertTrue(self.entry["Categories"].endswith(";"))

    def test_they_agree(self):
        self.assertEqual(self.info.findtext("id"), ID)
        self.assertEqual(self.info.findtext("launchable"), f"{ID}.desktop")
        self.assertEqual(self.info.findtext("name"), self.entry["Name"])
        self.assertEqual(self.info.findtext("provides/binary"), pathlib.Path(PROFILER).name)
        self.assertEqual(self.mime.get("type") + ";", self.entry["MimeType"])
        self.assertEqual(self.info.findtext("provides/mediatype"), self.mime.get("type"))
        self.assertEqual(self.mime.find(MIME + "glob").get("pattern"), "*.strata")

    @unittest.skipUnless(shutil.which("appstreamcli"), "appstreamcli is not installed")
    def test_metainfo_is_valid(self):
        result = subprocess.run(["appstreamcli", "validate", "--no-net", FOLDER / f"{ID}.metainfo.xml"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
