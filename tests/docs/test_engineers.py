"""The Python of each page for engineers is one program that ends well."""

import subprocess
from pathlib import Path

import pytest

HOW_TO = Path(__file__).resolve().parent.parent.parent / "docs/how-to"


@pytest.mark.parametrize("page", ["engineers.md", "signed-messages.md", "singer.md", "webhooks.md"])
def test_the_python_of_the_page_runs_from_top_to_bottom(page, blocks, environment, tmp_path):
    program = "\n".join(block.text for block in blocks(HOW_TO / page) if block.language == "python")

    ended = subprocess.run(
        ["python", "-W", "error", "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
