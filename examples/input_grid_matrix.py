# An input grid: a matrix whose entries are typed, given to the function as an array.
import numpy as np


@interact
def matrix(
    m=input_grid(2, 2, default=[[2, 1], [1, 3]], label="M", to_value=np.array),
    v=input_grid(2, 1, default=[1, 0], label="v", to_value=np.array, type=float),
):
    print("det M =", round(float(np.linalg.det(m)), 6))
    print("M v =", (m @ v).ravel())
