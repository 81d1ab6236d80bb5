"""The options that several commands share."""

import argparse


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Which deployment the command works on."""
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help="a CloudFormation stack in the AWS account of your credentials, e.g. Regulars "
        "(default: the stack on this machine)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Facts for programs."""
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")


def positive(text: str) -> int:
    """A whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
