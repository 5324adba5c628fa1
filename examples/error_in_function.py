# An error in the function stands in its own output, headed by the values; the next change recovers.
@interact
def invert(n=slider(-3, 3, default=2)):
    print(1 / n)
