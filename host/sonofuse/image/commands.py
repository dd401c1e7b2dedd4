"""What the command line does with images: build one, bring one onto a board; each returns an exit code."""

import json
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from sonofuse.board import Board
from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED, OK, CommandError
from sonofuse.image import blank, manifest, source, uf2
from sonofuse.image import image as images
from sonofuse.image.build import build_image
from sonofuse.image.cross import CrossError
from sonofuse.image.image import Image
from sonofuse.image.ports import only_board
from sonofuse.limits import commands as limits_commands
from sonofuse.limits.commands import write_atomically

if TYPE_CHECKING:
    from sonofuse.image.flash import Done
    from sonofuse.image.flash import Progress as OnProgress


def build(
    path: Path, out_dir: Path, interpreter: Path | None, out: TextIO, as_json: bool, board: Board | None = None
) -> int:
    """Compile a limits file and write the image of its board beside it: 0 done, 2 unusable input, 3 not writable.

    Raises:
        CommandError: if the interpreter cannot be used, or the firmware cannot be compiled or written.
    """
    try:
        only = None if interpreter is None else uf2.read(interpreter)
    except uf2.Uf2Error as error:
        raise CommandError(BAD_INPUT, str(error)) from error
    said = StringIO()
    code = limits_commands.build(path, out_dir, said, as_json, board)
    if code != OK:
        out.write(said.getvalue())
        return code
    try:
        made = build_image(path, board, interpreter=only, commit=source.commit())
    except uf2.Uf2Error as error:
        raise CommandError(BAD_INPUT, str(error)) from error
    except CrossError as error:
        raise CommandError(ENVIRONMENT, str(error)) from error
    try:
        for name, data in made.flat().items():
            if name != manifest.NAME:
                write_atomically(out_dir / name, data)
        write_atomically(out_dir / manifest.NAME, made.files[manifest.NAME])
    except OSError as error:
        text = f"{out_dir}: cannot be written ({error.strerror}); name a folder that you may write to"
        raise CommandError(ENVIRONMENT, text) from error
    target, digest = out_dir / manifest.NAME, manifest.entry(made.files[manifest.NAME]).sha256
    about = made.manifest
    if as_json:
        image = {
            "manifest": str(target),
            "manifest_sha256": digest,
            "files": len(about.files),
            "board": about.board,
            "mcu": about.mcu,
            "mpy": about.mpy,
            "version": about.version,
            "commit": about.commit,
            "interpreter_sha256": None if about.interpreter is None else about.interpreter.sha256,
        }
        out.write(json.dumps({**json.loads(said.getvalue()), "image": image}, indent=2) + "\n")
    else:
        out.write(said.getvalue())
        out.write(f"{target}: image of {len(about.files)} files for {about.board} ({about.mcu}), SHA-256 {digest}\n")
    return OK


def flash(asked: Namespace) -> int:
    """Bring an image onto a board; see `sonofuse flash --help`.

    Raises:
        CommandError: whatever is in the way, in one line.
    """
    try:
        image = images.read(asked.image)
    except manifest.ManifestError as error:
        raise CommandError(BAD_INPUT, str(error)) from error
    if asked.uf2 is not None:
        return _install(asked, image)
    try:
        done = _flash(asked, image)
    except KeyboardInterrupt:
        text = "stopped by Ctrl-C: the board still runs what it ran before; run this again to finish"
        raise CommandError(INTERRUPTED, text) from None
    print(json.dumps({**done.as_json(image), "dry_run": asked.dry_run}, indent=2) if asked.json else _told(done, asked))
    return OK


def _install(asked: Namespace, image: Image) -> int:
    """The interpreter first; the board then comes back as a serial port."""
    drive, version = blank.install(asked.uf2, image, asked.drive)
    started = blank.wait_until_gone(drive)
    if asked.json:
        print(json.dumps({"drive": str(drive), "micropython": version, "started": started}, indent=2))
    else:
        then = "the board starts it" if started else "unplug the board and plug it in again"
        print(f"{drive}: MicroPython {version} installed; {then}. Now run this again without --uf2")
    return OK


def _flash(asked: Namespace, image: Image) -> "Done":
    from sonofuse.image.flash import flash as bring
    from sonofuse.image.target import Target

    port = asked.port or only_board()
    with Target(port) as target, _bar() as progress:
        return bring(
            target,
            image,
            replace=asked.replace,
            key=asked.key,
            new_key=asked.new_key,
            dry_run=asked.dry_run,
            progress=progress,
        )


def _told(done: "Done", asked: Namespace) -> str:
    todo, key = done.plan, done.key
    if done.nothing:
        return f"{done.port}: has this image already, in {todo.folder}, and the key of {key.file}; nothing was written"
    verb = "would be" if asked.dry_run else "were"
    lines = [f"{done.port}: {len(todo.write)} files ({done.bytes} bytes) {verb} written into {todo.folder}"]
    lines += [f"  {name}" for name in todo.write]
    if todo.copy:
        lines.append(f"  {len(todo.copy)} files {verb} copied from {done.before}, unchanged")
    if todo.remove:
        lines.append(f"  {verb} removed: {', '.join(todo.remove)}")
    if todo.reserve:
        lines.append(f"  {'would give' if asked.dry_run else 'gave'} the latch its blocks: it starts empty, TRIPPED")
    if key.sends:
        lines.append(f"  the device's key {'would be' if asked.dry_run else 'was'} {key.what}: {key.file}")
        if key.make:
            verb = "would be made" if asked.dry_run else "was made now"
            lines.append(f"  that file {verb}; only who has it can start this device: keep a copy in a safe place")
    if not asked.dry_run:
        lines.append("read back, and switched; open the service jumper and reset the board")
    return "\n".join(lines)


@contextmanager
def _bar() -> "Generator[OnProgress]":
    """A bar on stderr, if that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), DownloadColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("looking", total=None)

        def move(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield move
