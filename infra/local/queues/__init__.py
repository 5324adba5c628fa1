"""SQS on this machine: long polls that wake at once and never hand a message to a client that is gone."""
