# Expression boxes are evaluated in the session, so they can use your own names; an error shows at its box.
import matplotlib.pyplot as plt
import numpy as np
from numpy import cos, exp, pi, sin  # noqa: F401  for the reader to use

x = np.linspace(-pi, pi, 500)


@interact
def plot(y=input_box("sin(x) * exp(-x / 5)", "y ="), limit=input_box(2, "height", float, 6)):
    plt.figure(figsize=(6, 3))
    plt.plot(x, y * np.ones_like(x))
    plt.ylim(-limit, limit)
