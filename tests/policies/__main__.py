"""`python -m tests.policies`: writes docs/policies.md, the table of what IAM decides."""

from pathlib import Path

from tests.policies.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policies.md"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
