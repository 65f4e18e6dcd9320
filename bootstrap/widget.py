"""The check of the widget's sources. Only those who change the widget need Node: what it builds is committed."""

import os
import re
import shutil
import subprocess
import sys

from bootstrap.step import ROOT

WIDGET = ROOT / "widget"
NODE = 20
STEPS = (
    # Exactly the locked packages; without their install scripts, which none of them needs.
    ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    ["npm", "run", "--silent", "types"],
    ["npm", "run", "--silent", "unit"],
    ["npm", "run", "--silent", "build", "--", "--check"],
)


def missing():
    """What this machine lacks for the check, as a sentence, or an empty text."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return "there is no node and npm here"
    found = re.match(r"v(\d+)\.", subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True).stdout)
    if not found or int(found.group(1)) < NODE:
        return f"node is older than {NODE}"
    return ""


def main():
    lack = missing()
    if lack:
        print(f"The widget's sources were not checked: {lack}. What it builds is in the repository.", flush=True)
        return 1 if os.environ.get("NEEDLEWISE_REQUIRE_ALL") == "1" else 0
    for step in STEPS:
        print("$ " + " ".join(step), flush=True)
        status = subprocess.call(step, cwd=str(WIDGET), stdin=subprocess.DEVNULL)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
