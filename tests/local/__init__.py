"""Tests of the local stack: gateway, queues, storage, resources and the processes around them."""
