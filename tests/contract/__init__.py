"""The router and the way out of a session against the tables, queues and bucket that deploy, in moto."""
