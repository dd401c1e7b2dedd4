"""What the rig raises about its input and its environment, as failures of one clear line each."""

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.limits import LimitsError

from .platforms.process import RigError
from .recording import RecordingError
from .scenario_file import ScenarioError


class clear_errors:  # noqa: N801 - reads as a statement
    """Turns what the rig raises about its input and its environment into failures of one clear line each."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case RigError():
                raise CommandError(ENVIRONMENT, str(error)) from error
            case ScenarioError() | LimitsError():
                problems = [{"file": p.file, "line": p.line, "key": p.key, "wrong": p.wrong} for p in error.problems]
                raise CommandError(BAD_INPUT, str(error), problems=problems) from error
            case RecordingError():
                raise CommandError(BAD_INPUT, str(error)) from error
            case _:
                return
