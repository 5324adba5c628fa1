# The same with the names that Sage has for it.
@interact
def g(g, n=(1, 10)):
    print(n, g._changed)


g.m = (1, 5)
g.n = 3
g._update()
del g.m
g._state({"n": 5})
