# The proxy from any other place: set, run, add, remove, save and restore. f(...) is the plain function.
@interact
def f(n=(1, 10), **more):
    print(n, more)


f.n = 4
f.add("unit", ["mm", "cm", "m"])
f.factor = (1, 100)
f.update()
saved = f.state()
f.n = 9
f.remove("factor")
f.set_state({"n": saved["n"]})
print("plain call:", end=" ")
f(7)
