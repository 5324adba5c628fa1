# A button: its value arrives in the run that the click causes, and its default in all others.
import random


@interact
def dice(sides=slider(4, 20, default=6), throw=Button("Throw", value=True, default=False, label="Dice")):
    print("You threw", random.randint(1, sides)) if throw else print("Press the button.")
