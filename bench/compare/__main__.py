"""`python -m bench.compare [--quick | --few]`: the comparison alone."""

import argparse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="drag and round trip; the ratios as one line of JSON"
    )
    parser.add_argument("--few", action="store_true", help="as few rounds as can be: to see whether it works")
    options = parser.parse_args()
    if options.quick:
        from bench.compare import quick

        quick.main()
    else:
        from bench.compare import measuring

        measuring.main(measuring.FEW if options.few else measuring.MANY)


main()
