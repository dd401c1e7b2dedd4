"""The option --board, the same for every verb that needs a board."""

from argparse import ArgumentParser

from sonofuse.board import Board, BoardError, load_board
from sonofuse.console import BAD_INPUT, CommandError

_HELP = "a shipped board or a board file, instead of the one that the limits name; it must have their channels"


def add_to(parser: ArgumentParser, text: str = _HELP) -> None:
    """The option, for a verb."""
    parser.add_argument("--board", metavar="NAME_OR_FILE", help=text)


def chosen(name_or_file: str | None) -> Board | None:
    """The board, None if none was asked for.

    Raises:
        CommandError: if it cannot be used.
    """
    try:
        return None if name_or_file is None else load_board(name_or_file)
    except BoardError as error:
        raise CommandError(BAD_INPUT, str(error)) from error
