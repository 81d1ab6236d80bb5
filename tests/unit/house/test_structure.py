"""The packages keep their shape, and the documentation points at what is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHANNELS_FOLDER = ROOT / "layers/regulars/python/regulars/channels"
MAX_PACKAGE_DEPENDENCIES = 50
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md")])


def package_of(module: str) -> str:
    """Return the package directly below `channels` that a module is in; '' for a module of `channels` itself."""
    name = module.split(".")[2] if module.count(".") > 1 else ""
    return name if (CHANNELS_FOLDER / name / "__init__.py").exists() else ""


def list_imports(path: Path) -> Iterator[str]:
    """Yield the modules of `channels` that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("regulars.channels"):
            yield str(node.module)


def list_dependencies() -> set[tuple[str, str]]:
    """Return each pair of packages inside `channels` of which the first imports the second."""
    pairs = set()
    for path in CHANNELS_FOLDER.rglob("*.py"):
        relative = path.relative_to(CHANNELS_FOLDER.parents[1]).with_suffix("")
        importer = package_of(".".join(relative.parts))
        pairs |= {(importer, package_of(module)) for module in list_imports(path)}
    return {(importer, imported) for importer, imported in pairs if importer != imported}


def list_links(page: Path) -> list[str]:
    """Return the relative links of a page, without their fragments."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    return [link.partition("#")[0] for link in links if not link.startswith(("http", "#"))]


def test_packages_inside_channels_depend_on_few_others() -> None:
    dependencies = list_dependencies()
    assert dependencies
    assert len(dependencies) <= MAX_PACKAGE_DEPENDENCIES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_links_to_existing_files(page: Path) -> None:
    missing = [link for link in list_links(page) if not (page.parent / link).exists()]
    assert missing == []


def test_pre_commit_runs_make_lint() -> None:
    assert "entry: make lint\n" in (ROOT / ".pre-commit-config.yaml").read_text()
