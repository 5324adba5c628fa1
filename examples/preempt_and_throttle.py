# preempt stops a run that a newer change makes useless; throttle sends at most one change in 50 ms.
import time


@interact(preempt=True, throttle=50)
def digits(n=(1, 30)):
    for i in range(n):
        print(i, end=" ", flush=True)
        time.sleep(0.01)
