"""Make a table of invented people, some of them twice or more, with the errors that people make in forms."""

import random
from collections.abc import Callable, Iterator

GIVEN_NAMES = (
    *(
        "Ada",
        "Bruno",
        "Chloé",
        "Dario",
        "Elif",
        "Farid",
        "Greta",
        "Hugo",
        "Inês",
        "Jonas",
        "Kamala",
        "Léa",
    ),
    *(
        "Mateusz",
        "Nadia",
        "Olga",
        "Piotr",
        "Quentin",
        "Rosa",
        "Søren",
        "Tariq",
        "Uma",
        "Vera",
        "Wei",
        "Ximena",
    ),
    *(
        "Yusuf",
        "Zoë",
        "Anders",
        "Beatriz",
        "Cosmin",
        "Dagmar",
        "Emeka",
        "Freya",
        "Goran",
        "Hana",
        "Ivan",
        "Jelena",
    ),
    *("Kofi", "Lucía", "Marek", "Noor"),
)
FAMILY_STARTS = (
    *(
        "Al",
        "Ber",
        "Cor",
        "Dal",
        "Ech",
        "Fer",
        "Gor",
        "Hol",
        "Isl",
        "Jan",
        "Kow",
        "Lind",
        "Mor",
        "Nov",
        "Ost",
    ),
    *("Per", "Ros", "Sand", "Tor", "Vas", "Wei", "Zim"),
)
FAMILY_ENDS = (
    "berg",
    "mann",
    "ski",
    "sen",
    "ez",
    "ova",
    "i",
    "ton",
    "ares",
    "quist",
    "son",
    "oglu",
)
CITY_NAMES = (
    "Lyon",
    "Porto",
    "Graz",
    "Turin",
    "Gdansk",
    "Utrecht",
    "Málaga",
    "Bergen",
    "Izmir",
    "Cork",
)
DOMAINS = ("example.com", "example.org", "example.net")
MISSING_SHARE, ERROR_SHARE = 0.15, 0.35

type PersonRow = dict[str, str]


def list_people_rows(people: int, seed: int = 1) -> list[PersonRow]:
    """Return one to three rows for each person, in random order; `cluster` is the person."""
    draw = random.Random(seed)
    rows = [row for number in range(people) for row in _draw_rows(draw, number)]
    draw.shuffle(rows)
    return [{"id": f"r{number:05}"} | row for number, row in enumerate(rows)]


def _draw_rows(draw: random.Random, number: int) -> Iterator[PersonRow]:
    person = _draw_person(draw) | {"cluster": f"{number}"}
    yield person
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2))):
        yield {name: _spoil_value(draw, name, value) for name, value in person.items()}


def _draw_person(draw: random.Random) -> PersonRow:
    given = draw.choice(GIVEN_NAMES)
    family = draw.choice(FAMILY_STARTS) + draw.choice(FAMILY_ENDS)
    local = draw.choice((f"{given}.{family}", f"{given[0]}{family}", f"{family}{given[0]}"))
    birth = f"{draw.randint(1940, 2006)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    return {
        "first_name": given,
        "surname": family,
        "dob": birth,
        "city": draw.choice(CITY_NAMES),
        "email": f"{local}{draw.randint(1, 99)}@{draw.choice(DOMAINS)}".lower(),
        "phone": f"+4915{draw.randint(10**8, 10**9 - 1)}",
    }


def _spoil_value(draw: random.Random, name: str, value: str) -> str:
    if name == "cluster":
        return value
    if draw.random() < MISSING_SHARE:
        return ""
    return _spoil_character(draw, value) if draw.random() < ERROR_SHARE else value


def _spoil_character(draw: random.Random, value: str) -> str:
    """Return the text with one character changed; a digit stays a digit."""
    place = draw.randrange(len(value))
    old = value[place]
    letters = (
        "0123456789" if old.isdigit() else "abcdefghijklmnopqrstuvwxyz" if old.isalpha() else old
    )
    edits: tuple[Callable[[], str], ...] = (
        lambda: value[:place] + draw.choice(letters) + value[place + 1 :],
        lambda: value[:place] + value[place + 1 : place + 2] + old + value[place + 2 :],
    )
    return draw.choice(edits)()
