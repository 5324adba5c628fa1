"""What runs inside a kernel: the interact library. Standard library and IPython only."""
