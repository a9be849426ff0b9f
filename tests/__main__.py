"""All tests, in two halves side by side: stories wait for servers, the others compute.

    python -m tests [what pytest takes]

What the first half prints is seen as it comes, and then all of the second.
"""

import subprocess
import sys
from tempfile import TemporaryFile

STORIES = ("tests/conformance", "tests/endtoend", "tests/trial")

HALVES = (STORIES, tuple(f"--ignore={folder}" for folder in STORIES))


def main() -> int:
    pytest = [sys.executable, "-m", "pytest", "-q", *sys.argv[1:]]
    first, second = HALVES
    with TemporaryFile("w+") as output:
        beside = subprocess.Popen([*pytest, *second], stdout=output, stderr=subprocess.STDOUT)
        try:
            code = subprocess.call([*pytest, *first])
            return beside.wait() or code
        finally:
            beside.terminate()
            beside.wait()
            output.seek(0)
            sys.stdout.write(output.read())
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
