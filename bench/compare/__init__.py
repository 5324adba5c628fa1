"""Longwire beside what people would use instead, in one run with interleaved rounds.

The ways: `longwire` (the local stack), `zmq` (jupyter_client straight to a kernel of its own),
`jupyter_server` over its websocket, stock and, as `jupyter_server_nodelay`, with TCP_NODELAY forced on,
and `kernel_gateway`. Theirs live in an environment of their own, .venv-bench (requirements/bench.txt).
"""
