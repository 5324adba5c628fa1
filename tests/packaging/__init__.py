"""What is installed on a host, and how it is started there."""
