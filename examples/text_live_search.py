# A text box that is sent at every key: the list gets shorter while you type.
WORDS = "apple apricot banana blackberry blueberry cherry currant date elderberry fig grape lemon".split()


@interact
def search(part=InputBox("b", "Find", keypress=True, width=20)):
    print("\n".join(word for word in WORDS if part in word) or "(nothing)")
