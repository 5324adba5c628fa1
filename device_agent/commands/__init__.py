"""What `longwire-agent` can do, one module for each: `HELP`, `add_arguments` and `run`."""
