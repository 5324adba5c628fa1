"""The kernel: ipykernel's, with the interact library in its namespace and changes of controls as calls."""

from collections.abc import Callable
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from traitlets import Type, observe

from device_agent.kernel.errors import ChangeError, FileError
from device_agent.kernel.files import Files
from device_agent.kernel.interrupts import forget_stop, install, library_code
from device_agent.kernel.library import Library
from device_agent.kernel.sending import bound_messages, bound_queue
from device_agent.kernel.shell import LongwireShell
from device_agent.kernel.stamp import keep_parent_in_threads, stamp_messages


class LongwireKernel(IPythonKernel):
    """IPythonKernel that stamps messages and takes changes of controls."""

    shell_class = Type(LongwireShell)
    msg_types = [*IPythonKernel.msg_types, "upload_request", "download_request"]

    def __init__(self, **kwargs: Any) -> None:
        # Before the shell is made, which asks for the names.
        self.library = Library(self)
        self.files = Files()
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        bound_messages(self.session)
        stamp_messages(self.session)
        keep_parent_in_threads()

    @observe("iopub_thread")
    def _bound_queue(self, change: Any) -> None:
        # A forked kernel is given its thread long after it was made.
        if change["new"] is not None:
            bound_queue(change["new"])

    def pre_handler_hook(self) -> None:
        super().pre_handler_hook()  # type: ignore[no-untyped-call]
        install()

    async def execute_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """A request that bears metadata.interact is a change of controls, whatever its code."""
        metadata = parent.get("metadata") or {}
        self.files.settle()
        if "interact" in metadata:
            with library_code():
                self._change_request(stream, ident, parent, metadata["interact"])
                self._tell_files()
                forget_stop()
            return
        self.library.forget_cell(metadata.get("cellId"))
        await super().execute_request(stream, ident, parent)  # type: ignore[no-untyped-call]
        with library_code():
            self._tell_files()
            forget_stop()

    def _tell_files(self) -> None:
        if changed := self.files.changed():
            self.library.tell("files", files=changed)

    def upload_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """A file of the reader is put into the session's directory."""
        with library_code():
            name, data = parent["content"].get("name"), parent.get("buffers") or []
            self._answer_about_file(stream, ident, parent, lambda: (self.files.write(name, data), []))
            forget_stop()

    def download_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """The reader wants a file of the session's directory."""
        with library_code():
            name = parent["content"].get("name")
            self._answer_about_file(stream, ident, parent, lambda: self.files.read(name))
            forget_stop()

    def _answer_about_file(
        self,
        stream: Any,
        ident: Any,
        parent: dict[str, Any],
        work: Callable[[], tuple[dict[str, Any], list[bytes]]],
    ) -> None:
        """Do it, and answer with the file's name and size, and its bytes if they were asked for."""
        kernel: Any = self
        content: dict[str, Any]
        try:
            content, buffers = work()
            content = {"status": "ok", **content}
        except FileError as error:
            content = {"status": "error", "ename": "FileError", "evalue": str(error)}
            content, buffers = {**content, "field": "content.name", "traceback": []}, []
        reply = parent["header"]["msg_type"].removesuffix("_request") + "_reply"
        kernel.session.send(stream, reply, content, parent, ident=ident, buffers=buffers)

    def _change_request(self, stream: Any, ident: Any, parent: dict[str, Any], change: object) -> None:
        # ipykernel has no types for these.
        kernel: Any = self
        metadata = kernel.init_metadata(parent)
        kernel._forward_input(bool(parent["content"].get("allow_stdin", False)))
        content: dict[str, Any] = {"status": "ok", "user_expressions": {}, "payload": []}
        try:
            kernel.library.change(change)
        except ChangeError as error:
            content = {"status": "error", "ename": "InvalidMessage", "evalue": str(error)}
            content |= {"field": error.field, "traceback": []}
        except Exception as error:
            # A fault of ours, or of a user's class that a control compares. No reply would block the session.
            kernel.log.exception("a change of controls failed")
            content = {
                "status": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": [],
            }
        finally:
            kernel._restore_input()
        content["execution_count"] = kernel.shell.execution_count - 1
        metadata = kernel.finish_metadata(parent, metadata, content)
        kernel.session.send(stream, "execute_reply", content, parent, metadata=metadata, ident=ident)
