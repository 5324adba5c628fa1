"""Drives one real kernel as the device agent does, and sorts what it says."""

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

PATIENCE = 20


class Manager(AsyncKernelManager):
    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "device_agent.kernel", "-f", "{connection_file}"], language="python"
        )


class Outcome:
    """What one request brought: all iopub messages up to its idle, and its reply."""

    def __init__(self, messages: list[dict[str, Any]], reply: dict[str, Any]) -> None:
        self.messages = messages
        self.reply = reply

    def of(self, msg_type: str) -> list[dict[str, Any]]:
        return [m for m in self.messages if m["msg_type"] == msg_type]

    def inner(self, kind: str) -> list[dict[str, Any]]:
        found = [m for m in self.of("extension") if m["content"]["msg_type"] == kind]
        return [{**m["content"]["content"], "stamp": stamp_of(m)} for m in found]

    def text(self, stamp: tuple[str, int] | None) -> str:
        return "".join(m["content"]["text"] for m in self.of("stream") if stamp_of(m) == stamp)

    def kinds(self) -> list[tuple[str, tuple[str, int] | None]]:
        """What came, in order. How one text was cut into messages is a matter of time, so it counts once."""
        kinds: list[tuple[str, tuple[str, int] | None]] = []
        for message in self.messages:
            msg_type = message["msg_type"]
            kind = message["content"]["msg_type"] if msg_type == "extension" else msg_type
            entry = (kind, stamp_of(message))
            repeated = kind == "stream" and kinds[-1:] == [entry]
            if kind not in ("status", "execute_input") and not repeated:
                kinds.append(entry)
        return kinds


def stamp_of(message: dict[str, Any]) -> tuple[str, int] | None:
    stamp = message["metadata"].get("interact")
    return None if stamp is None else (stamp["function_name"], stamp["state"])


class Kernel:
    def __init__(self, manager: Manager) -> None:
        self.manager = manager
        self.client = manager.client()

    async def start(self) -> None:
        self.client.start_channels(hb=False)
        await self.iopub("iopub_welcome")

    async def iopub(self, msg_type: str) -> dict[str, Any]:
        while True:
            message = await self.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == msg_type:
                return message

    def send(self, code: str, metadata: dict[str, Any], **content: Any) -> str:
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False} | content
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    async def outcome(self, msg_id: str) -> Outcome:
        messages = []
        while True:
            message = await self.client.get_iopub_msg(timeout=PATIENCE)
            messages.append(message)
            ours = message["parent_header"].get("msg_id") == msg_id
            if ours and message["content"].get("execution_state") == "idle":
                break
        reply = await self.client.get_shell_msg(timeout=PATIENCE)
        assert reply["parent_header"]["msg_id"] == msg_id
        return Outcome(messages, reply)

    async def run(self, code: str, **metadata: Any) -> Outcome:
        return await self.outcome(self.send(code, metadata))

    async def change(self, name: str, state: int, **values: Any) -> Outcome:
        return await self.outcome(self.send_change(name, state, **values))

    def send_change(self, name: str, state: int, **values: Any) -> str:
        change = {"function_name": name, "values": values, "state": state}
        return self.send("", {"interact": change})

    async def answer(self, code: str) -> str:
        """What a cell prints when it did not fail."""
        outcome = await self.run(code)
        assert outcome.reply["content"]["status"] == "ok", outcome.reply["content"]
        return outcome.text(None).strip()
