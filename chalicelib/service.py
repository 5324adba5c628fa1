"""`POST /service`: runs code in a session of its own and answers with all that came of it."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from chalicelib import admission, bodies, devices, identity, rates, sessions, websocket
from chalicelib.clients import Clients
from chalicelib.errors import InvalidMessage
from chalicelib.frames import dumps
from chalicelib.http import FIRST_PAUSE, LONGEST_PAUSE, MAX_ANSWER_BYTES, read
from chalicelib.messages import make
from chalicelib.outcome import Outcome
from chalicelib.parsing import validated
from chalicelib.telemetry import about
from chalicelib.terms import Terms

_REST = "the rest is at /sessions/{session_id}/messages?after={sequence}"
FORM = "application/x-www-form-urlencoded"


def run(aws: Clients, raw: str | bytes | None, headers: Mapping[str, str], address: str) -> dict[str, Any]:
    """Run the code of a form or a JSON body, for as long as it takes, but no longer than was asked for.

    What takes longer goes on: the answer has the session's id and token, and the sequence to read on from.

    :param address: whose request it is; counted unless the request shows who asks.
    """
    began = time.monotonic()
    is_form = headers.get("content-type", "").startswith(FORM)
    asked = read(_form(raw) if is_form else raw, bodies.SERVICE)
    request = validated(make("execute_request", "shell", {"code": asked["code"], "allow_stdin": False}))
    who = identity.of_request(aws, headers, address)
    rates.let_in(aws, "service", aws.settings.service_runs_per_minute, who)
    session, token = admission.begin(aws, who, headers.get("origin"), Terms.of(asked))
    about(request["header"]["msg_id"], session_id=session.session_id)
    websocket.submit_first(aws, session, request)
    outcome = Outcome(MAX_ANSWER_BYTES)
    _follow(aws, session.session_id, outcome, began + asked.get("timeout", bodies.MAX_SERVICE_SECONDS))
    known = {"session_id": session.session_id, "token": token, "sequence": outcome.sequence}
    return {**outcome.answer(), **known}


def _form(raw: str | bytes | None) -> str:
    """A form's fields as JSON: those that mean something here, of SageMathCell's and of ours."""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw or ""
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise InvalidMessage(f"body: is no form ({error})", "body") from None
    known = bodies.SERVICE.schema["properties"]
    return dumps({name: _value(name, fields[name]) for name in known if name in fields})


def _value(name: str, values: list[str]) -> str | int:
    """SageMathCell joins the parts of a code that was sent in several."""
    if name == "code":
        return "".join(values)
    is_number = bodies.SERVICE.schema["properties"][name]["type"] == "integer"
    return int(values[-1]) if is_number and values[-1].isdecimal() and len(values[-1]) < 9 else values[-1]


def _follow(aws: Clients, session_id: str, outcome: Outcome, until: float) -> None:
    """Look into the buffer until the run is over or the time is up, less and less often.

    A look is three reads: the session, whether its device lives, and what it has sent.
    """
    pause = FIRST_PAUSE
    while True:
        session = devices.check_alive(aws, sessions.get(aws, session_id))
        outcome.add(websocket.replay(aws, session, outcome.sequence).messages)
        if outcome.is_over or not session.live or time.monotonic() + pause > until:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    if outcome.is_full:
        outcome.fail("TooMuchOutput", f"this is the first of the output; {_REST}")
    elif not session.live:
        outcome.end(session.reason or session.status)
    elif not outcome.is_over:
        outcome.fail("NotOver", f"the session is {session.status}, and goes on; {_REST}")
