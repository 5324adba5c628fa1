"""What hostile code in a session tries, and what comes of it at each level of the sandbox."""
