"""The fork server: one process that has imported everything, from which every kernel is forked.

agent  -> zygote   {"fork": n, "uid": …} with the session's socket (and its cgroup)
zygote -> agent    {"ready": …}, {"forked": n} with the process, {"exited": n, "status": …}
agent  -> session  what the kernel needs to know (its key among it), with its listening sockets
session -> agent   {"ready": …} with the kernel's process and the socket of its proxy

The zygote never reads what agent and session say to each other, so no session inherits another's key.
"""
