# A recursive interact: a binary tree that the reader unfolds.
def node(name="root"):
    @interact
    def branch(open=(f"Open {name}", False)):
        if open:
            node(name + ".0")
            node(name + ".1")


node()
