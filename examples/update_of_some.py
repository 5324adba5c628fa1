# update with names: only these run the function; what else was changed is taken along then.
@interact(update=["draw"])
def some(width=(1, 40), sign="*", draw=["Draw"]):
    print(sign * width)
