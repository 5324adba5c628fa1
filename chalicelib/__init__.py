"""The router and the buffers: checks and routes messages, holds nothing itself."""

VERSION = "0.1.0"
PROTOCOL = "1"
