"""Finding people. The lists are written down: that they pass on both databases shows that both answer alike."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Unit
from cards import search, selectors
from cards.models import Cadre, Office, Placement
from cards.pinyin import name_keys
from cards.search import Place, Word, fold, in_duty, in_name, in_unit, marks, readings, squeeze
from tests.cast import TODAY, crowd, issue_card, make_cadre, make_office, make_unit

pytestmark = pytest.mark.django_db

#: Surnames that plain pinyin misreads, or that have two characters, each with its reading as a surname.
SURNAMES = """
单 shan 曾 zeng 仇 qiu 解 xie 查 zha 区 ou 朴 piao 盖 ge 任 ren 华 hua 宁 ning 乐 yue 翟 zhai 缪 miao 秘 bi 冼 xian
种 chong 重 chong 召 shao 折 she 黑 he 尹 yin 员 yun 佴 nai 谌 chen 覃 qin 车 che 褚 chu 郇 xun 都 du 干 gan 葛 ge
句 gou 过 guo 哈 ha 郝 hao 纪 ji 隗 kui 逯 lu 麻 ma 牟 mu 能 nai 粘 nian 逄 pang 繁 po 卜 bu 瞿 qu 尚 shang 舍 she
洗 xian 幺 yao 应 ying 尉 wei 訾 zi 祭 zhai 阚 kan 晁 chao 戴 dai 洪 hong
尉迟 yuchi 单于 chanyu 万俟 moqi 长孙 zhangsun 澹台 tantai 令狐 linghu 宇文 yuwen 鲜于 xianyu 呼延 huyan 皇甫 huangfu
"""
PAIRS = list(zip(SURNAMES.split()[::2], SURNAMES.split()[1::2], strict=True))


@pytest.mark.parametrize(("surname", "reading"), PAIRS)
def test_a_surname_is_read_as_a_surname(surname, reading):
    assert name_keys(f"{surname}青云")[0] == f"{reading}qingyun"


def names(people, typed):
    found = search.find(Cadre.objects.all(), typed, TODAY)
    by_id = Cadre.objects.in_bulk([hit.cadre_id for hit in found])
    return [by_id[hit.cadre_id].name for hit in found]


# --- One word against one text -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("张", ["张"]),
        ("  张   三 ", ["张 三"]),
        ("ＺＨＡＮＧ", ["zhang"]),
        ("Zhāng Sān", ["zhang san", "zhangsan"]),
        ("lü", ["lv"]),
        ("xi'an", ["xian"]),
        ("买买提·吐尔逊", ["买买提吐尔逊"]),
        ("306 室", ["306室"]),
        ("谁负责食品经营许可？", ["食品经营许可"]),
        ("who handles 食品经营许可?", ["食品经营许可"]),
        ("Who is responsible for 食品经营许可", ["食品经营许可"]),
        ("办食品许可", ["食品许可"]),
        ("请问食品经营许可在哪里办？", ["食品经营许可"]),
        ("我想办理食品经营许可找哪个部门", ["食品经营许可"]),
        ("食品经营许可归谁管", ["食品经营许可"]),
        ("不动产登记怎么办理", ["不动产登记"]),
        # What looks like a question and is none.
        ("办公室", ["办公室"]),
        ("管宁", ["管宁"]),
        ("管晓宁", ["晓宁", "管晓宁"]),
        ("管理科", ["管理科"]),
        ("负责人", ["负责人"]),
        ("办理", ["办理"]),
        ("张 咨询", ["张 咨询"]),
        # Nothing is asked.
        ("谁负责", []),
        ("？！…", []),
        ("", []),
        ("%_%", []),
    ],
)
def test_what_is_asked(typed, expected):
    assert [" ".join(word.text for word in reading) for reading in readings(typed)] == expected


def test_no_more_than_fifty_characters_are_read():
    assert [len(word.text) for reading in readings("庄" * 80) for word in reading] == [50]
    # One character that is eighteen when it is written out.
    assert sum(len(word.text) for reading in readings("\ufdfa" * 50) for word in reading) <= 50


@pytest.mark.parametrize(
    ("word", "duty", "place", "marked"),
    [
        ("食品经营许可", "食品经营许可的受理", Place.DUTY_PHRASE, "食品经营许可"),
        ("食品许可", "食品经营许可的受理", Place.DUTY_PIECES, "食品|许可"),
        ("食品许可证", "食品经营许可的受理", Place.DUTY_SOME, "食品|许可"),
        ("食品经营许可", "食品销售的检查", None, ""),
        ("食品经营", "食品销售的检查", Place.DUTY_SOME, "食品"),
        ("药品经营许可", "食品经营许可的受理", Place.DUTY_SOME, "品经营许可"),
        ("设立变更", "企业设立、变更的登记", Place.DUTY_PIECES, "设立|变更"),
        ("led屏", "户外ＬＥＤ屏的审批", Place.DUTY_PHRASE, "ＬＥＤ屏"),
        ("led", "Led 显示屏的审批", Place.DUTY_PHRASE, "Led"),
        ("食", "食品经营许可的受理", None, ""),
        ("zs", "ZS 系统的维护", None, ""),
    ],
)
def test_how_a_duty_answers(word, duty, place, marked):
    found = in_duty(Word(word), fold(duty))
    assert (found and found.place) == place
    if place is not None:
        pieces = marks([Word(word)], duty)
        assert "".join(text for text, _marked in pieces) == duty
        assert "|".join(text for text, is_marked in pieces if is_marked) == marked


@pytest.mark.parametrize(
    ("word", "name", "place"),
    [
        ("张三丰", "张三丰", Place.NAME),
        ("张", "张三丰", Place.NAME_START),
        ("zhangsanfeng", "张三丰", Place.PINYIN),
        ("zsf", "张三丰", Place.INITIALS),
        ("zhang", "张三丰", Place.PINYIN_START),
        ("zhangsan", "张三丰", Place.PINYIN_START),
        ("zhan", "张三丰", Place.NAME_PART),
        ("zs", "张三丰", Place.NAME_PART),
        ("三丰", "张三丰", Place.NAME_PART),
        ("sanfeng", "张三丰", Place.NAME_PART),
        ("feng", "张三丰", Place.NAME_PART),
        ("hang", "张三丰", None),
        ("an", "张三丰", None),
        ("dan", "单竹", None),
        ("买买提吐尔逊", "买买提·吐尔逊", Place.NAME),
        ("吐尔逊", "买买提·吐尔逊", Place.NAME_PART),
        ("mmttex", "买买提·吐尔逊", Place.INITIALS),
        # A rare character typed by its sound, and one that was entered so.
        ("韦su", "韦诉𬱖", Place.NAME_PART),
        ("韦s", "韦诉𬱖", Place.NAME_PART),
        ("韦诉𬱖", "韦诉𬱖", Place.NAME),
        ("韦zhang", "韦诉𬱖", None),
        ("王yan", "王yan", Place.NAME),
        ("wangyan", "王YAN", Place.PINYIN),
    ],
)
def test_how_a_name_answers(word, name, place):
    assert in_name(Word(word), squeeze(name), *name_keys(name)) == place


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("d901", Place.UNIT),
        ("市发展和改革局", Place.UNIT_PART),
        ("改革局", Place.UNIT_PART),
        ("发改局", Place.UNIT_PART),
        ("改发局", None),
        ("发改", Place.UNIT_PART),
        ("市", None),
        ("90", None),
    ],
)
def test_how_a_unit_answers(word, place):
    assert in_unit(Word(word), "d901", ("市发展和改革局", "市发改委")) == place


# --- In the database ---------------------------------------------------------------------------------------------


@pytest.fixture
def sixty(office):
    for surname, _reading in PAIRS[:60]:
        make_cadre(office, f"{surname}青云", posts=("科员",), duties=("办理日常事务",))
    return office


def test_sixty_surnames_are_found_by_the_right_sound(sixty):
    assert len(PAIRS) >= 60
    wrong = {
        surname: found
        for surname, reading in PAIRS[:60]
        if f"{surname}青云" not in (found := names(sixty, reading))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("zhqy", []),
        ("chong", ["种青云", "重青云"]),
        ("shan", ["单青云", "尚青云"]),
        ("yue", ["乐青云"]),
        ("ge", ["盖青云", "葛青云"]),
        ("she", ["折青云", "舍青云"]),
        ("xian", ["冼青云", "洗青云"]),
        ("zhai", ["祭青云", "翟青云"]),
        ("nai", ["佴青云", "能青云"]),
        ("dan", []),
    ],
)
def test_the_order_of_namesakes_by_sound(typed, expected, sixty):
    assert names(sixty, typed) == expected


@pytest.fixture
def directory(unit, other_unit):
    """Two units, five offices and everybody who is hard to find."""
    Unit.objects.filter(pk=unit.pk).update(name="市市场监督管理局", alias="市场监管局")
    unit.refresh_from_db()
    licences = make_office(unit, "注册审批科", "306 室", location="东楼3层")
    shops = make_office(unit, "食品安全监管科", "Ｂ座 12", location="西楼1层")
    town = make_office(other_unit, "党政办公室", "102", location="一楼")
    rows = [
        (licences, "张三", "科长", ("食品经营许可的受理与审核", "办事材料的一次性告知")),
        (licences, "张三丰", "副科长", ("企业设立、变更、注销登记", "食品经营许可的现场核查")),
        (licences, "章珊", "科员", ("药品经营许可的受理",)),
        (shops, "单竹", "科长", ("食品安全的日常检查", "小食品作坊许可的核查")),
        (shops, "长孙明", "科员", ("户外ＬＥＤ屏的检查", "100%_抽检\\复检的安排")),
        (shops, "买买提·吐尔逊", "科员", ("流通环节的抽检",)),
        (town, "韦诉𬱖", "主任", ("公章的使用登记",)),
        (town, "王yan", "科员", ("食品经营许可申请的代办",)),
        (town, "管晓宁", "科员", ("群众来访的接待",)),
    ]
    for office, name, post, duties in rows:
        make_cadre(office, name, posts=(post,), duties=duties)
    return unit


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("张", ["张三", "张三丰"]),
        ("zhang", ["张三", "张三丰", "章珊", "长孙明"]),
        ("zs", ["张三", "章珊", "张三丰", "长孙明"]),
        ("ＺＳ", ["张三", "章珊", "张三丰", "长孙明"]),
        ("张三", ["张三", "张三丰"]),
        ("zhang san", ["张三", "张三丰"]),
        ("张 三", ["张三", "张三丰"]),
        ("买买提吐尔逊", ["买买提·吐尔逊"]),
        ("吐尔逊", ["买买提·吐尔逊"]),
        ("mmt", ["买买提·吐尔逊"]),
        ("𬱖", ["韦诉𬱖"]),
        ("韦su", ["韦诉𬱖"]),
        ("wangyan", ["王yan"]),
        ("王yan", ["王yan"]),
        ("管晓宁", ["管晓宁"]),
        # Units, offices, rooms, posts.
        ("T902", ["管晓宁", "王yan", "韦诉𬱖"]),
        ("剑潭", ["管晓宁", "王yan", "韦诉𬱖"]),
        ("市监局 章", ["章珊"]),
        ("市场监管局张三", ["张三", "张三丰"]),
        ("306室", ["张三", "张三丰", "章珊"]),
        ("306 室", ["张三", "张三丰", "章珊"]),
        ("b座12", ["买买提·吐尔逊", "单竹", "长孙明"]),
        ("党政办公室", ["管晓宁", "王yan", "韦诉𬱖"]),
        ("副科长", ["张三丰"]),
        ("剑潭 主任", ["韦诉𬱖"]),
        # Duties: phrase, then pieces, then some.
        ("谁负责食品经营许可？", ["张三", "王yan", "张三丰", "章珊", "单竹"]),
        ("食品许可", ["张三", "王yan", "单竹", "张三丰", "章珊"]),
        ("办食品许可", ["张三", "王yan", "单竹", "张三丰", "章珊"]),
        ("张 食品经营许可", ["张三", "张三丰"]),
        ("食品 核查", ["单竹", "张三丰"]),
        ("led屏", ["长孙明"]),
        ("ｌｅｄ屏", ["长孙明"]),
        # Nothing means anything to LIKE.
        ("%", []),
        ("_", []),
        ("100%_抽检\\复检", ["长孙明"]),
        ("张%", ["张三", "张三丰"]),
        ("张_丰", ["张三丰"]),
        ("张%三", ["张三", "张三丰"]),
        ("'; drop table", []),
        ("火箭发射", []),
    ],
)
def test_who_is_found_in_which_order(typed, expected, directory):
    assert names(directory, typed) == expected


def test_a_renamed_unit_and_office_are_found_by_their_new_names_at_once(directory):
    Unit.objects.filter(pk=directory.pk).update(name="市商事登记局", alias="")
    Office.objects.filter(name="注册审批科").update(name="准入科")
    assert names(directory, "商事登记局 准入科") == ["张三", "张三丰", "章珊"]
    assert names(directory, "市场监管局") == []
    assert names(directory, "注册审批科") == []


#: Written as in the city's list (accounts/data/units.csv).
CITY = (
    *(
        "市教育局",
        "市人民医院",
        "市中医院",
        "市委组织部",
        "市委宣传部",
        "市信访局",
        "市档案馆",
        "市政协办公室",
        "市委办公室",
    ),
    *(
        "市政府办公室",
        "市农业农村局",
        "市工商联",
        "市人民法院",
        "市人力资源和社会保障局",
        "市生态环境分局",
        "八都镇",
        "兰巨乡",
    ),
    *("市机关事务服务中心", "市投资促进服务中心", "凤阳山管理处(国家公园龙泉保护中心)", "竹垟畲族乡"),
)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        *(
            (f"{typed}", [f"市{typed}"])
            for typed in ("教育局", "人民医院", "信访局", "档案馆", "政协办公室", "人民法院")
        ),
        *((typed, [f"市委{typed}"]) for typed in ("组织部", "宣传部")),
        ("市组织部", ["市委组织部"]),
        ("龙泉市委组织部", ["市委组织部"]),
        ("龙泉市教育局", ["市教育局"]),
        ("法院", ["市人民法院"]),
        ("政府办", ["市政府办公室"]),
        ("市人民政府办公室", ["市政府办公室"]),
        ("市委办", ["市委办公室"]),
        ("农村局", ["市农业农村局"]),
        ("工商联", ["市工商联"]),
        ("人社局", ["市人力资源和社会保障局"]),
        ("生态环境局", ["市生态环境分局"]),
        ("凤阳山管理处", ["凤阳山管理处(国家公园龙泉保护中心)"]),
        ("八都", ["八都镇"]),
        ("竹垟乡", ["竹垟畲族乡"]),
        ("服务中心", ["市投资促进服务中心", "市机关事务服务中心"]),
        ("请问教育局在哪里", ["市教育局"]),
        ("教育局 张三", ["市教育局"]),
        ("教育局张三", ["市教育局"]),
        # Every unit has an office, and what only sounds like one names none.
        ("办公室", []),
        ("教育", []),
        ("食品经营许可", []),
    ],
)
def test_units_are_named_as_people_say_them(typed, named, city):
    units = {make_unit(f"D{100 + at}", name).pk: name for at, name in enumerate(CITY)}
    found = search.answer(Cadre.objects.all(), typed, TODAY).units
    assert sorted(units[one.unit_id] for one in found) == named


@pytest.fixture
def schools(directory):
    """A bureau whose name is in other people's duties, behind them by its code."""
    bureau = make_office(make_unit("D950", "市教育局"), "人事科", "201")
    make_cadre(bureau, "钱甲", posts=("科长",), duties=("教师的招聘",))
    make_cadre(bureau, "孙乙", posts=("科员",), duties=("干部教育培训的组织",))
    other = make_office(directory, "综合科", "202")
    make_cadre(other, "赵丙", posts=("科员",), duties=("干部教育培训的组织",))
    make_cadre(other, "李丁", posts=("科员",), duties=("与教育局的联络",))
    return bureau.unit


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("教育局", ["李丁", "钱甲", "孙乙", "赵丙"]),
        ("教育局人事科", ["钱甲", "孙乙", "李丁"]),
        ("教育局 招聘", ["钱甲"]),
        ("教育培训", ["赵丙", "孙乙", "李丁"]),
    ],
)
def test_a_units_own_people_stand_before_pieces_of_its_name_in_a_duty(typed, expected, schools):
    assert names(schools, typed) == expected


def test_a_towns_own_people_stand_before_those_who_are_placed_there(directory, other_unit):
    Placement.objects.create(
        cadre=Cadre.objects.get(name="张三"),
        kind="village_post",
        office=Office.objects.get(unit=other_unit),
        valid_from=TODAY,
    )
    for typed in ("剑潭", "剑潭镇", "T902"):
        assert names(directory, typed)[:4] == ["管晓宁", "王yan", "韦诉𬱖", "张三"]


@pytest.mark.parametrize("days_ago", [0, 1])
def test_the_name_before_a_merger_finds_the_successor(days_ago, schools):
    last = TODAY - timedelta(days=days_ago)
    make_unit("D951", "市体育局", alias="体委", valid_to=last, successor=schools)
    make_unit("D952", "市考试中心", valid_to=last)
    for typed in ("体育局", "市体育局", "体委"):
        found = search.answer(Cadre.objects.all(), typed, TODAY)
        assert found.units == [(schools.pk, "市体育局")]
        assert names(schools, typed) == ["钱甲", "孙乙"]
    assert names(schools, "考试中心") == []
    assert search.answer(Cadre.objects.all(), "教育局", TODAY).units == [(schools.pk, "")]


def test_somebody_is_found_where_they_work_for_a_time(directory):
    hall = make_office(make_unit("D903", "市行政服务中心"), "综合窗口", "1 号厅")
    wang = Cadre.objects.get(name="王yan")
    placed = Placement.objects.create(cadre=wang, kind="service_hall", office=hall, valid_from=TODAY)
    assert names(directory, "综合窗口") == ["王yan"]
    assert names(directory, "行政服务中心") == ["王yan"]
    placed.valid_to = TODAY - timedelta(days=1)
    placed.valid_from = placed.valid_to
    placed.save()
    assert names(directory, "综合窗口") == []


def test_only_those_asked_for_are_found(directory):
    card = issue_card(Cadre.objects.get(name="张三丰"))
    people = selectors.with_card(Cadre.objects.all())
    assert [hit.cadre_id for hit in search.find(people, "张", TODAY)] == [card.cadre_id]
    assert search.find(Cadre.objects.none(), "张", TODAY) == []


def test_the_duty_that_answers_is_marked(directory):
    first = search.find(Cadre.objects.all(), "核查 食品经营许可", TODAY)[0]
    assert first.pieces == (("食品经营许可", True), ("的现场", False), ("核查", True))
    assert search.find(Cadre.objects.all(), "张三丰", TODAY)[0].duty == ""


@pytest.mark.parametrize("typed", ["众", "办理日常事务", "办公室", "科员", "办理事务 众"])
def test_the_same_queries_for_3_and_300(typed, office, monkeypatch):
    counts, found = [], []
    for more in (3, 297):
        crowd(office, more, cards=False)
        with CaptureQueriesContext(connection) as queries:
            found.append(search.answer(Cadre.objects.all(), typed, TODAY, most=20).total)
        counts.append(len(queries))
    assert found == [3, 300]
    assert counts[0] == counts[1] <= 7
    # More than fit into one statement.
    monkeypatch.setattr(search, "MANY", 100)
    assert len(search.find(Cadre.objects.all(), typed, TODAY)) == 300
