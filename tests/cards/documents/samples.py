"""Invented plaques: a usual one, and one in which every field is as long as anybody may make it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from cards.documents.combined import CombinedContent, PersonContent
from cards.documents.contact import ContactContent
from cards.documents.plaque import PlaqueContent

USUAL = PlaqueContent(
    unit_name="市行政服务示例局",
    name="示例甲",
    posts=("审批科 科长",),
    duties=("企业设立、变更、注销登记的受理与审核", "食品经营许可的现场核查安排", "办事材料的一次性告知"),
    room="306 室",
    office_name="审批科",
    office_phone="0578-000 0001",
    stand_in="示例乙（304 室）",
    unit_hotline="0578-000 0002",
    city_hotline="0578-000 0003",
    serial="LQ-0306-0017",
    url="HTTPS://CARD.EXAMPLE.CN/C/7K3M9Q2ABCDE4567",
    code_text="7K3M 9Q2A BCDE 4567",
)
DUTY = (
    "负责辖区内个体工商户设立、变更、注销登记材料的受理、初审与一次性告知，"
    "并对食品经营许可现场核查的时间、人员和车辆进行统筹安排"
)
LONGEST = replace(
    USUAL,
    unit_name="龙泉市人民政府行政审批与公共资源交易服务管理办公室（示例）中心",
    name="阿" * 24 + "·" + "曼" * 25,
    posts=(
        "行政审批与公共资源交易服务管理办公室综合业务协调指导科 副科长（主持工作）",
        "市委市政府重点项目推进工作专班综合组 副组长",
    ),
    duties=(DUTY,) * 6,
    room="行政中心三号楼 B 座 12 层东侧 1206 室（便民服务大厅 12 号窗口对面）",
    office_name="综合业务协调指导科",
    office_phone="0578-712 0001 转 8206",
    stand_in="示例克孜·示例提尼亚孜别克（行政中心三号楼 B 座 12 层 1208 室）",
    unit_hotline="0578-712 0002 转 8001",
    demo=True,
)


def plaque(**changes: Any) -> PlaqueContent:
    return replace(USUAL, **changes)


def photo_file(folder: Path, size: tuple[int, int] = (500, 700), colour: str = "#b8c6d8") -> Path:
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).ellipse((150, 130, 350, 400), fill="#e8c9a8")
    path = folder / f"{size[0]}x{size[1]}{colour[1:]}.jpg"
    picture.save(path, quality=85)
    return path


def person(number: int = 1, **changes: Any) -> PersonContent:
    """Everybody in a room with a name, number and code of their own."""
    usual = PersonContent(
        name="示例" + "甲乙丙丁戊己庚辛"[number % 8],
        posts=USUAL.posts,
        duties=USUAL.duties,
        office_phone=f"0578-000 01{number:02d}",
        serial=f"LQ-0306-{number:04d}",
        url=f"HTTPS://CARD.EXAMPLE.CN/C/7K3M9Q2ABCDE45{number:02d}",
        code_text=f"7K3M 9Q2A BCDE 45{number:02d}",
    )
    return replace(usual, **changes)


def room(number: int, **changes: Any) -> CombinedContent:
    usual = CombinedContent(
        unit_name=USUAL.unit_name,
        room="行政中心 306 室",
        unit_hotline=USUAL.unit_hotline,
        city_hotline=USUAL.city_hotline,
        people=tuple(map(person, range(number))),
    )
    return replace(usual, **changes)


def long_room(number: int) -> CombinedContent:
    crowd = tuple(
        person(
            n,
            name=LONGEST.name if n % 2 else "示" * 50,
            posts=LONGEST.posts,
            duties=LONGEST.duties,
            office_phone=LONGEST.office_phone,
        )
        for n in range(number)
    )
    return room(
        number,
        unit_name=LONGEST.unit_name,
        room=LONGEST.room,
        unit_hotline=LONGEST.unit_hotline,
        demo=True,
        people=crowd,
    )


def contact(number: int = 1, **changes: Any) -> ContactContent:
    usual = ContactContent(
        unit_name=USUAL.unit_name,
        name=USUAL.name,
        posts=USUAL.posts,
        duties=USUAL.duties,
        room=USUAL.room,
        office_name=USUAL.office_name,
        office_phone=USUAL.office_phone,
        mobile="139 0000 0004",
        unit_hotline=USUAL.unit_hotline,
        city_hotline=USUAL.city_hotline,
        serial=f"LQ-0306-{number:04d}",
        url=f"HTTPS://CARD.EXAMPLE.CN/C/7K3M9Q2ABCDE45{number:02d}",
        code_text=f"7K3M 9Q2A BCDE 45{number:02d}",
    )
    return replace(usual, **changes)


LONGEST_CONTACT = contact(
    unit_name=LONGEST.unit_name,
    name=LONGEST.name,
    posts=LONGEST.posts,
    duties=LONGEST.duties,
    room=LONGEST.room,
    office_name=LONGEST.office_name,
    office_phone=LONGEST.office_phone,
    unit_hotline=LONGEST.unit_hotline,
    demo=True,
)
