"""`python -m longwire_client` is `longwire`."""

from longwire_client.cli import main

main()
