# Controls in a list, by position or by name, or in a dict, beside the function instead of in it.
def area(a, b):
    print(a, "*", b, "=", a * b)


interact(area, [(1, 10), (1, 10, 0.5)])
interact(area, controls=[("b", slider(1, 3)), ("a", input_box(2))])
interact(controls={"a": range(0, 100, 10), "b": (i * i for i in range(10))})(area)
