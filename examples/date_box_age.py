# A date: from a datetime.date by itself, or as a DateBox with its limits.
import datetime


@interact
def days(
    start=datetime.date(2000, 1, 1), end=DateBox("2026-11-24", "until", min="2000-01-01", max="2100-12-31")
):
    if start and end:
        print((end - start).days, "days")
