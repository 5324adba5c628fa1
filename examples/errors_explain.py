# What is wrong says so, and by name; each of these is caught here to be shown.
def f(n=1):
    print(n)


for wrong in (
    {"n": (0, 1, 0)},
    {"n": []},
    {"q": 1},
    {"n": selector([1, 2], default=1), "layout": [["n"], ["n"]]},
    {"layout": [["unknown"]]},
    {"update": "never"},
):
    try:
        interact(f, **wrong)
    except (TypeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}")
