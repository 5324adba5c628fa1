# An update button: the other controls wait for it, so that a slow function runs only when asked.
import time


@interact
def slow(n=(1, 5), label="result", go=UpdateButton("Compute")):
    time.sleep(0.02 * n)
    print(label, n * n)
