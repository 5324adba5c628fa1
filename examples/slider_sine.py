# A slider in the shortest form: a pair of numbers. The plot follows while it is dragged.
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 2 * np.pi, 400)


@interact
def sine(frequency=(1, 10), amplitude=(0.1, 2.0)):
    plt.figure(figsize=(6, 3))
    plt.plot(x, amplitude * np.sin(frequency * x))
    plt.ylim(-2.1, 2.1)
