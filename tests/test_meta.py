"""What is easily forgotten: migrations, documentation, translations, and the content policy of templates."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("common", "accounts", "cards", "attendance", "complaints", "appraisal")
CODE = (*APPS, "longquan_cadre")
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"


def sources(suffix: str) -> list[Path]:
    """Our own files, of the code and of the templates."""
    folders = (*CODE, "templates", "static")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))


def documentation() -> str:
    return "\n".join(path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))


# --- Migrations and documentation --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in APPS)


def test_there_are_commands_to_look_for():
    assert {"serve", "demo", "print_cards", "create_administrator"} <= set(own_commands())


@pytest.mark.parametrize("name", own_commands())
def test_every_command_is_in_the_documentation(name):
    assert f"\n| `manage.py {name}" in (ROOT / "docs/running.md").read_text("utf-8")


@pytest.mark.parametrize("name", own_commands())
def test_every_command_says_what_it_does(name):
    assert load_command_class(get_commands()[name], name).help


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def settings_read() -> set[str]:
    """The first argument of every env.…("NAME") of the settings, and what other code asks os.environ for.

    Each may also be a NAME_FILE, as the documentation says of all together.
    """
    names: set[str] = set()
    for path in sources(".py"):
        for call in calls(path):
            function = ast.unparse(call.func)
            wanted = function.startswith("env.") or function in {"os.environ.get", "os.getenv"}
            if wanted and call.args and isinstance(call.args[0], ast.Constant):
                names.add(call.args[0].value.removesuffix("_FILE"))
    return names


def test_there_are_settings_to_look_for():
    assert {
        "DATABASE_URL",
        "REDIS_URL",
        "DATA_DIR",
        "SITE_URL",
        "SECRET_KEY",
        "FIELD_KEYS",
    } <= settings_read()


#: How Django and the test runner are started, not what an administrator sets.
NOT_FOR_ADMINISTRATORS = {"DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize("name", sorted(settings_read() - NOT_FOR_ADMINISTRATORS))
def test_every_setting_is_in_the_documentation(name):
    assert f"`{name}`" in documentation()


# --- The content policy ------------------------------------------------------------------------------------------

FORBIDDEN = {
    "a style attribute": r"""\sstyle\s*=\s*["'{]""",
    "a style element": r"<style\b",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an event handler": r"""<[^>]*\son[a-z]+\s*=\s*["']""",
    "a script address": r"javascript:",
    "a data address": r"""["'(]data:[a-z]+/""",
    "another site": r"""(?:src|href)\s*=\s*["'](?:https?:)?//""",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("suffix", [".html", ".py", ".svg"])
def test_nothing_that_the_content_policy_forbids(what, suffix):
    found = [
        f"{path.relative_to(ROOT)}: {match.group().strip()}"
        for path in sources(suffix)
        for match in re.finditer(FORBIDDEN[what], path.read_text("utf-8"))
        if not (suffix == ".svg" and "xmlns" in match.group())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "html"),
    [
        ("a style attribute", '<p style="x">'),
        ("an inline script", "<script>x</script>"),
        ("an event handler", '<a onclick="x">'),
        ("a data address", '<img src="data:image/png">'),
        ("another site", '<link href="https://cdn.example">'),
    ],
)
def test_the_search_finds_what_it_looks_for(what, html):
    assert re.search(FORBIDDEN[what], html)


# --- The words ---------------------------------------------------------------------------------------------------

SINGLE = {"_", "gettext", "gettext_lazy"}
PLURAL = {"ngettext", "ngettext_lazy"}
STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
#: What templatize makes of {% translate %}, {% blocktranslate %} and _("…") in a tag.
IN_TEMPLATE = re.compile(rf"\b(n?gettext|_)\(u?({STRING})(?:,\s*u?({STRING}))?")


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def said_in_code(path: Path) -> Iterator[tuple[str, str]]:
    """(singular, plural) of every message; the plural is empty where there is none."""
    for call in calls(path):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        texts = [text for argument in call.args[:2] if (text := literal(argument)) is not None]
        if name in SINGLE and texts:
            yield texts[0], ""
        elif name in PLURAL and len(texts) == 2:
            yield texts[0], texts[1]


def said_in_template(path: Path) -> Iterator[tuple[str, str]]:
    for name, first, second in IN_TEMPLATE.findall(templatize(path.read_text("utf-8"), origin=str(path))):
        plural = ast.literal_eval(second) if name == "ngettext" and second else ""
        yield ast.literal_eval(first), plural


def messages() -> dict[tuple[str, str], Path]:
    found: dict[tuple[str, str], Path] = {}
    for path in sources(".py"):
        found |= dict.fromkeys(said_in_code(path), path)
    for path in sources(".html"):
        found |= dict.fromkeys(said_in_template(path), path)
    return {message: path for message, path in found.items() if message[0]}


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_message_of_code_and_templates_is_translated(catalogue):
    known = {(entry.msgid, entry.msgid_plural) for entry in catalogue if not entry.obsolete}
    missing = {
        message[0]: str(path.relative_to(ROOT))
        for message, path in messages().items()
        if message not in known
    }
    assert missing == {}


def test_the_search_finds_messages_of_every_kind():
    found = messages()
    # Code, template, template with a variable, plural in a template.
    assert ("Say until when.", "") in found
    assert ("Save to contacts", "") in found
    assert ("issued %(day)s", "") in found
    assert ("%(number)s person", "%(number)s people") in found


def test_no_translation_is_fuzzy_empty_or_obsolete(catalogue):
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []
    # A fuzzy header is dropped by msgfmt, and with it the encoding.
    assert not catalogue.metadata_is_fuzzy
    assert catalogue.metadata["Content-Type"] == "text/plain; charset=UTF-8"


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_translations_keep_the_placeholders(catalogue):
    def placeholders(text: str) -> list[str]:
        return sorted(set(re.findall(r"%\(\w+\)[sd]|%[sd]", text)))

    wrong = [
        entry.msgid
        for entry in catalogue
        for form in forms(entry)
        if placeholders(form) != placeholders(entry.msgid_plural or entry.msgid)
    ]
    assert wrong == []


def test_translations_use_full_width_punctuation_and_curly_quotes(catalogue):
    han = r"[\u4e00-\u9fff]"
    half = re.compile(rf"""{han}[,;:?!()]|[,;:?!()]{han}|{han}["']|["']{han}|{han}\.(?:\s|$)""")
    wrong = {
        form: match.group() for entry in catalogue for form in forms(entry) if (match := half.search(form))
    }
    assert wrong == {}


def test_translations_are_chinese(catalogue):
    """A msgid that was copied into msgstr is not translated; names, numbers and formats are."""
    copied = [
        entry.msgid
        for entry in catalogue
        if entry.msgstr == entry.msgid
        and re.search(r"[a-z]{4}", re.sub(r"%\(\w+\)s|https?\S+", "", entry.msgid))
    ]
    assert copied == []


def test_the_compiled_catalogue_is_the_one_that_is_read():
    """Django reads the .mo only: it must say what the .po says."""
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    def content(file: polib.POFile | polib.MOFile) -> dict[tuple[str, str, str], list[str]]:
        return {
            (entry.msgctxt or "", entry.msgid, entry.msgid_plural): forms(entry)
            for entry in file
            if not entry.obsolete
        }

    assert content(compiled) == content(polib.pofile(str(CATALOGUE)))
