# A bool is a checkbox, a str is a text box; a pair with a text in front is a control with a label.
@interact
def greet(name=("Your name", "Ada"), loud=("Shout", False), polite=checkbox(True, "Say please")):
    text = f"Hello, {name}" + (", please" if polite else "")
    print(text.upper() + "!" if loud else text)
