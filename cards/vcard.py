"""vCard 3.0 (RFC 2426), which every phone's address book reads."""


def escape(value: str) -> str:
    for plain, escaped in (
        ("\\", "\\\\"),
        (";", "\\;"),
        (",", "\\,"),
        ("\r\n", "\\n"),
        ("\n", "\\n"),
        ("\r", "\\n"),
    ):
        value = value.replace(plain, escaped)
    return value


def fold(line: str) -> str:
    """Lines of at most 75 octets, never splitting a character."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > 75:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += octets
    return "\r\n".join([*pieces, piece])


def vcard(
    *,
    name: str,
    unit: str,
    office: str,
    title: str,
    phones: list[tuple[str, str]],
    url: str,
    place: str = "",
    city: str = "",
    note: str = "",
) -> str:
    """`place` is building, floor, room; `phones` are (type, number) pairs such as ("WORK,VOICE", "0578-000 0001")."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{escape(name)};;;;",
        f"FN:{escape(name)}",
        f"ORG:{escape(unit)};{escape(office)}",
        f"TITLE:{escape(title)}",
        *(f"TEL;TYPE={kind}:{escape(number)}" for kind, number in phones if number),
        *([f"ADR;TYPE=WORK:;;{escape(place)};{escape(city)};;;"] if place else []),
        *([f"NOTE:{escape(note)}"] if note else []),
        f"URL:{escape(url)}",
        "END:VCARD",
    ]
    return "\r\n".join(fold(line) for line in lines) + "\r\n"
