#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the small models of corpus/program-models with this build and sends the programs through the driver: seeds in
corpus/program are of one version of the container, and refused at their first line once a section has changed.

    replay-programs.py DRIVER STRATA
"""
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = Path(__file__).parent / "corpus" / "program-models"


def main():
    driver, strata = (str(Path(argument).resolve()) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for model in sorted(MODELS.glob("*.onnx")):
            paths.append(str(Path(folder) / model.stem))
            subprocess.run([strata, "compile", model, "--chip", "demonstrator", "-q", "-o", paths[-1]], check=True,
                           stdout=subprocess.DEVNULL)
        if not paths:
            sys.exit(f"{MODELS}: no models; run make-seeds.py")
        sys.exit(subprocess.run([driver, "programs", *paths]).returncode)


if __name__ == "__main__":
    main()
