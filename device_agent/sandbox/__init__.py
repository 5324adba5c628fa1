"""How sessions are kept from the host and from each other: levels, limits, and what enforces them."""
