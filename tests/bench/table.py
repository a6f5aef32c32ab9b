#!/usr/bin/env python3
"""Turns the JSON of wf_bench into the Markdown table of the README.

usage: table.py FILE.json > table.md
"""
import json
import sys

OPERATORS = ("gather", "splat")


def types(row):
    return row["dtype"] if row["dtype"] == row["weight_dtype"] else "mixed"


def case(row):
    """What a line of the table stands for: everything but the operator."""
    return (types(row), row["mode"], row["width"], row["height"], row["channels"], row["kernel_height"],
            row["kernel_width"])


def cell(row):
    return f"{row['milliseconds']:.3f} ({row['fraction_of_copy']:.2f})" if row else "–"


def lines(results):
    copy = results["copy_bytes_per_second"]
    yield (f"{results['device']}, {results['driver']}, {results['backend']}; "
           f"copy {copy * 1e-12:.2f} TB/s; commit {results['commit']}, {results['date'][:10]}.")
    yield "Milliseconds, and in parentheses the fraction of the floor: the bytes that must move, at the copy speed."
    yield ""
    yield "| types | mode | image | channels | kernel | floor | " + " | ".join(OPERATORS) + " |"
    yield "|---|---|---|--:|--:|--:|" + "--:|" * len(OPERATORS)
    rows = {}
    for row in results["rows"]:
        rows.setdefault(case(row), {})[row["operator"]] = row
    for (name, mode, width, height, channels, kernel_height, kernel_width), by_operator in rows.items():
        floor = 1e3 * next(iter(by_operator.values()))["bytes"] / copy
        cells = " | ".join(cell(by_operator.get(operator)) for operator in OPERATORS)
        yield (f"| {name} | {mode} | {width}×{height} | {channels} | {kernel_height}×{kernel_width} | {floor:.3f} | "
               f"{cells} |")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            print("\n".join(lines(json.load(file))))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"table.py: {sys.argv[1]}: {error!r}")


if __name__ == "__main__":
    main()
