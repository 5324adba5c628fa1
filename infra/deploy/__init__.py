"""One command up, one command down: the whole service in an AWS account."""
