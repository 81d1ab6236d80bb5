"""Names follow the glossary: verbs first, one class a name, and no constant without its noun."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.channels.registry import list_channels

ROOT = Path(__file__).parents[3]
SHIPPED_FOLDERS = ("layers/regulars", "functions", "infra")
NAMED_FOLDERS = (*SHIPPED_FOLDERS, "tests")
GLOSSARY_TEXT = (ROOT / "docs" / "glossary.md").read_text()
IRREGULAR_PARTICIPLE = re.compile(
    "told|said|kept|found|given|made|asked|seen|shown|known|left|taken|chosen|held|sent|done|bought|gone|written"
    "|learnt|spelled|built|met|tried"
)


def section_words(title: str) -> frozenset[str]:
    """Return the words in backticks of one section of the glossary."""
    section = GLOSSARY_TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return frozenset(re.findall(r"`([a-z_]+)`", section))


VERBS = section_words("Verbs")
PREDICATES = section_words("Predicates")
CONVERSIONS = section_words("Conversions")
NOUNS = section_words("Nouns")
# A provider's name is a noun, in a function as in a constant.
PROVIDERS = frozenset(word for name in list_channels() for word in name.split("-"))


def parse_files(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each Python file below these folders with its syntax tree."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"build", "packages"} & set(path.relative_to(ROOT).parts):
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def is_property(function: ast.FunctionDef) -> bool:
    """Return whether a method is read like an attribute."""
    names = {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}
    return bool(names & {"property", "cached_property", "setter"})


def list_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions whose name is ours to choose."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith(("__", "test_", "do_")):
            yield node


def split_first_words(name: str) -> tuple[str, str]:
    """Return the first word of a name, and its first two as one."""
    words = name.strip("_").split("_")
    return words[0], "_".join(words[:2])


def is_participle(word: str) -> bool:
    """Return whether a word is a past participle that begins no verb of the glossary."""
    regular = word.endswith("ed") and len(word) > 4
    return (regular or IRREGULAR_PARTICIPLE.fullmatch(word) is not None) and word not in VERBS


def is_well_named(function: ast.FunctionDef) -> bool:
    """Return whether a name starts with a verb, a predicate, a conversion or a noun of the glossary."""
    word, two_words = split_first_words(function.name)
    starts = VERBS | PREDICATES | CONVERSIONS | NOUNS | PROVIDERS
    return bool({word, to_singular(word), two_words} & starts) and not is_participle(word)


def list_constants(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the constants that a module assigns."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for name in (each for target in targets for each in ast.walk(target)):
            if isinstance(name, ast.Name) and re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name.id):
                yield name.id


def to_singular(word: str) -> str:
    """Return a plural noun without its ending.

    >>> [singular(word) for word in ("entries", "boxes", "status", "days")]
    ['entry', 'box', 'status', 'day']
    """
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses", "uses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def has_noun(constant: str) -> bool:
    """Return whether a word of a constant's name is a noun of the glossary."""
    words = constant.strip("_").lower().split("_")
    return bool({*words, *map(to_singular, words)} & (NOUNS | PROVIDERS))


@pytest.mark.parametrize("folder", NAMED_FOLDERS)
def test_function_names_start_with_a_word_of_the_glossary(folder: str) -> None:
    misnamed = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in parse_files(folder)
        for function in list_functions(tree)
        if not is_property(function) and not is_well_named(function)
    ]
    assert misnamed == [], "Rename these, or add their first word to docs/glossary.md."


@pytest.mark.parametrize("folder", NAMED_FOLDERS)
def test_names_of_properties_and_functions_start_with_no_participle(folder: str) -> None:
    misnamed = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in parse_files(folder)
        for function in list_functions(tree)
        if is_participle(split_first_words(function.name)[0])
    ]
    assert misnamed == []


def test_class_names_are_unique() -> None:
    places = defaultdict(list)
    for path, tree in parse_files(*SHIPPED_FOLDERS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name.strip("_")].append(f"{path}:{node.lineno}")
    assert {name: lines for name, lines in places.items() if len(lines) > 1} == {}


@pytest.mark.parametrize("folder", NAMED_FOLDERS)
def test_constants_carry_their_noun(folder: str) -> None:
    nameless = [
        f"{path} {constant}"
        for path, tree in parse_files(folder)
        for constant in list_constants(tree)
        if not has_noun(constant)
    ]
    assert nameless == [], "Rename these, or add their noun to docs/glossary.md."
