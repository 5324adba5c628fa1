"""Lighthouse on the hosted page of a local stack, as a phone on a slow network loads it."""

import json
import os
import subprocess

from bench import live

VERSION = "12.8.2"
"""The last one for Node 20."""
CATEGORIES = ("performance", "accessibility", "best-practices")
FIGURES = (
    "first-contentful-paint",
    "largest-contentful-paint",
    "total-blocking-time",
    "cumulative-layout-shift",
)


def main() -> None:
    with live.stack() as stack:
        command = ["npx", "--yes", f"lighthouse@{VERSION}", stack.url, "--output=json", "--quiet"]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless --no-sandbox"]
        environment = {**os.environ, "CHROME_PATH": "/usr/bin/chromium"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=True
        )
    report = json.loads(done.stdout)
    for name in CATEGORIES:
        print(f"{name}: {100 * report['categories'][name]['score']:.0f}")
    for name in FIGURES:
        print(f"{name}: {report['audits'][name]['displayValue']}")
