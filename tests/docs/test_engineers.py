"""The Python of the engineers' page is one program that ends well."""

import subprocess
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/engineers.md"


def test_the_python_of_the_page_runs_from_top_to_bottom(blocks, environment, tmp_path):
    program = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")

    ended = subprocess.run(
        ["python", "-W", "error", "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
