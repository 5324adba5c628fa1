# A file of the reader: bytes with a name and a type, or None as long as none was chosen.
@interact
def lines(file=FileBox("A text file", accept=".txt,.csv", limit=100_000)):
    if file is None:
        print("Choose a file.")
    else:
        print(f"{file.name}: {len(file)} bytes, {len(file.splitlines())} lines")
