"""Old and new parts of the service together: recorded agents, later functions, a rolling deploy."""

from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
"""What the agents of releases asked, heard and wrote."""
RECORDING = "LONGWIRE_TEST_RECORDING"
"""The variable that says where the recording functions write."""
