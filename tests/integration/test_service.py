"""POST /service and `longwire run` on the whole system: what programs and people at a terminal get."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from chalicelib import api_keys
from chalicelib.clients import Clients
from chalicelib.settings import Settings
from infra.local import operating
from longwire_client import Longwire, ServiceError
from tests.conftest import LiveStack

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 40
Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def longwire(live: LiveStack, monkeypatch: pytest.MonkeyPatch) -> Longwire:
    """A client with a key, so that the tests do not use up the limit of this address."""
    for name, text in operating.environment(live.stack.options.state).items():
        monkeypatch.setenv(name, text)
    return Longwire(live.api, api_keys.issue(Clients(Settings.from_environment()), "tests"))


@pytest.fixture
def run(live: LiveStack, tmp_path: Path) -> Run:
    """`longwire run` of a code."""

    def start(code: str) -> "subprocess.Popen[str]":
        file = tmp_path / "code.py"
        file.write_text(code)
        command = [sys.executable, "-m", "longwire_client", "run", file, "--url", live.api]
        return subprocess.Popen(
            command, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start


def post_patiently(url: str, body: bytes) -> dict[str, Any]:
    """POST without a key; whoever has asked too often from this address waits once, as it is told."""
    try:
        answer = urllib.request.urlopen(url, body, timeout=SECONDS)
    except HTTPError as refusal:
        assert refusal.code == HTTPStatus.TOO_MANY_REQUESTS
        time.sleep(int(refusal.headers["Retry-After"]))
        answer = urllib.request.urlopen(url, body, timeout=SECONDS)
    with answer:
        return cast("dict[str, Any]", json.load(answer))


def test_a_form_as_sagemathcell_takes_it_is_answered_with_the_output(live: LiveStack) -> None:
    body = urlencode({"code": "print(1 + 1)", "accepted_tos": "true"}).encode()

    answer = post_patiently(f"{live.api}/service", body)

    assert (answer["success"], answer["stdout"]) == (True, "2\n")
    assert answer["execute_reply"]["status"] == "ok"


def test_results_and_errors_come_with_the_output(longwire: Longwire) -> None:
    answer = longwire.evaluate("import sys\nprint('x', file=sys.stderr)\n6 * 7")
    assert (answer["success"], answer["stderr"]) == (True, "x\n")
    assert answer["results"][0]["data"]["text/plain"] == "42"

    answer = longwire.evaluate("print('before')\n1 / 0")
    assert (answer["success"], answer["stdout"]) == (False, "before\n")
    assert answer["error"]["ename"] == answer["execute_reply"]["ename"] == "ZeroDivisionError"


def test_what_takes_longer_than_it_may_goes_on(longwire: Longwire) -> None:
    answer = longwire.evaluate("import time\nprint('early', flush=True)\ntime.sleep(600)", timeout=3)

    assert (answer["success"], answer["error"]["ename"]) == (False, "NotOver")
    assert answer["stdout"] == "early\n"
    path, headers = f"/sessions/{answer['session_id']}", {"Authorization": f"Bearer {answer['token']}"}
    assert longwire.call("DELETE", path, headers=headers)["msg_id"]


def test_a_refusal_is_raised_with_its_status_and_words(longwire: Longwire) -> None:
    with pytest.raises(ServiceError, match="there is no pool nowhere") as caught:
        longwire.evaluate("1", pool="nowhere")
    assert (caught.value.status, caught.value.ename) == (400, "InvalidMessage")


def test_a_file_prints_here_what_it_prints_there(run: Run) -> None:
    out, err = run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n1 + 1").communicate(
        timeout=SECONDS
    )

    assert (out, err) == ("out\n2\n", "err\n")


def test_output_arrives_while_the_program_runs_and_it_reads_what_is_typed(run: Run) -> None:
    process = run("print('name?', flush=True)\nprint('hello', input())")
    assert process.stdin and process.stdout
    assert process.stdout.readline() == "name?\n"

    process.stdin.write("Ada\n")
    process.stdin.flush()

    assert process.communicate(timeout=SECONDS)[0] == "hello Ada\n"
    assert process.returncode == 0


def test_a_program_that_raises_fails_with_its_traceback_in_plain_text(run: Run) -> None:
    process = run("1 / 0")
    out, err = process.communicate(timeout=SECONDS)

    assert (process.returncode, out) == (1, "")
    assert "ZeroDivisionError" in err
    assert "\x1b" not in err


def test_ctrl_c_interrupts_the_program_over_there(run: Run) -> None:
    process = run("import time\nprint('started', flush=True)\ntime.sleep(600)")
    assert process.stdout
    assert process.stdout.readline() == "started\n"

    process.send_signal(signal.SIGINT)

    process.communicate(timeout=SECONDS)
    assert process.returncode == 130


def test_a_program_that_ends_its_kernel_is_told_of(run: Run) -> None:
    process = run("import os\nos._exit(3)")
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "ended its own kernel" in err


def test_a_service_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "longwire_client", "run", "-", "--url", "http://127.0.0.1:9/api"]
    done = subprocess.run(command, cwd=ROOT, input="1", text=True, capture_output=True, timeout=SECONDS)

    assert done.returncode == 2
    assert done.stderr.startswith("longwire: http://127.0.0.1:9/api/sessions: ")
