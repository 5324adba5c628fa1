# A text box of several lines, and one of numbers.
@interact
def count(
    text=input_box("One line.\nAnd another one.", "Text", str, 40, 4),
    least=input_box(3, "Shortest word", int, 6),
):
    words = [word.strip(".,") for word in text.split()]
    print(len(words), "words, of which", sum(len(word) >= least for word in words), "are long")
