"""The files of evidence of a year, of a person and of a unit. Always Chinese: they are documents of the city."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import override

from accounts.models import City
from appraisal import graded, year_chain
from appraisal.bulletins.content import date_text, money_text, month_text, points_text
from appraisal.models import (
    AnnualResult,
    Responsibility,
    UnitResult,
    YearCorrection,
    YearState,
)
from appraisal.papers.content import (
    Commendation,
    Paper,
)
from appraisal.papers.file import Column, FilePaper, Section, Table, table
from appraisal.reasons import Reason
from appraisal.words import year as year_words
from appraisal.words.grade import code_words, result_words
from common.rules import local

CHINESE = "zh-hans"
CONFIDENTIAL = "本档案仅供本人、所在单位和市效能办查阅，不得公开。"
NONE = "无。"
#: year_chain.Reader.untold.
UNTOLD = "不向您显示"


#: Of a person's figures, the rungs of the ladder and how a narrow column names them.
RUNGS = {"criticisms": "批评", "admonishments": "诫勉", "cautions": "告诫", "circulars": "通报"}


# --- Files ------------------------------------------------------------------------------------------------------------
# What draws them is heavy: few pages need it.


def pdf(content: Paper) -> bytes:
    from appraisal.papers import printing

    return printing.pdf(content)


def docx(content: Commendation) -> bytes:
    from appraisal.papers import printing

    return printing.docx(content)


def name(content: Paper) -> str:
    from appraisal.papers import printing

    return printing.file_name(content)


def file_pdf(paper: FilePaper) -> bytes:
    from appraisal.papers import file

    return file.pdf(paper)


# --- A person's file --------------------------------------------------------------------------------------------------


def cadre_file(result: AnnualResult, reader: year_chain.Reader, printed_by: str, now: datetime) -> FilePaper:
    """The year of somebody with the whole chain of evidence."""
    with override(CHINESE):
        chain = year_chain.of_result(result, reader)
        hidden, untold = chain.is_untold, (f"{UNTOLD}。",)
        figures = _result_table(chain)
        sections = [
            Section("考核结果", (figures,)),
            Section("岗位目标责任", _tables(_responsibilities(result))),
            Section("扣分记录", _tables(_entries(chain.reasons))),
            Section("经核查属实的投诉", untold if hidden else _tables(_complaints(chain))),
            Section("效能处理", untold if hidden else _tables(_measures(chain))),
            Section("月度扣发", _tables(_proposals(chain))),
            Section("扣除奖金的计算", untold if hidden else _bonus(result, chain)),
        ]
        if result.unit_result.state == YearState.DECIDED or chain.corrections:
            found = untold if hidden else _tables(_corrections(result, chain))
            sections.append(Section("认定后的更正", found))
        subtitle = (
            f"{result.unit.name}　{result.cadre.name}",
            _printed(printed_by, now),
            *_provisional(result.unit_result, now),
            CONFIDENTIAL,
        )
        return FilePaper(f"{result.year}年度考核档案", subtitle, tuple(sections), City.current().is_demo)


def _printed(printed_by: str, now: datetime) -> str:
    return f"{date_text(local(now).date())}印制　印制人：{printed_by}"


def _provisional(row: UnitResult, now: datetime) -> list[str]:
    if row.state == YearState.DECIDED:
        return []
    return [f"尚未认定，为{date_text(local(row.computed_at).date())}计算的暂定数。"]


def _points(half_points: int) -> str:
    """2分, 1.5分: as the pages say it."""
    return f"{points_text(half_points).removesuffix('.0')}分"


def _tables(found: Table | None) -> tuple[Table | str, ...]:
    return (found,) if found is not None else (NONE,)


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    return table([Column("项目", 3, "left"), Column("内容", 7, "left")], rows)


def _result_table(chain: year_chain.Chain) -> Table:
    """The person themselves read what hangs under their name in the unit, and no reason before it is decided."""
    result, is_untold = chain.result, chain.is_untold
    row, figures = result.unit_result, result.figures
    is_decided = row.state == YearState.DECIDED
    grade = year_words.own_grade(result) if chain.is_own else result_words(result)
    is_told = bool(result.grade) and (is_decided or not chain.is_own)
    state = "（拟定）" if grade and not is_decided else ""
    rows = [
        ("考核等次", f"{grade or '尚未确定'}{state}"),
        ("理由", result.grade_reason if is_told else ""),
        ("最高可定等次", UNTOLD if is_untold else year_words.ceiling_label(result)),
        ("适用规则", UNTOLD if is_untold else "\n".join(code_words(result))),
        ("结果运用", UNTOLD if is_untold else "\n".join(year_words.outcomes(result))),
        ("在职月数", str(figures.get("months", 0))),
        ("累计扣分", _points(figures.get("half_points", 0))),
        ("扣发合计（元）", money_text(figures.get("withheld_cents", 0))),
        ("其中上年发生、计入本年月份（元）", _sum(chain.shift.earlier_cents)),
        ("另有本年发生、计入次年月份（元）", _sum(chain.shift.later_cents)),
        ("单位提出", _when(row.proposed_at, row.proposed_by)),
        ("公示", _hung(row)),
        ("市效能办认定", _when(row.decided_at, row.decided_by)),
        ("通知书送达", _handed(result)),
        ("表彰", year_words.commendation_words(result)),
    ]
    return _pairs((label, text) for label, text in rows if text)


def _sum(cents: int) -> str:
    return money_text(cents) if cents else ""


def _when(at: datetime | None, who: Any) -> str:
    return f"{date_text(local(at).date())}　{who or ''}".strip() if at is not None else ""


def _hung(row: UnitResult) -> str:
    if row.published_at is None or row.published_until is None:
        return ""
    return f"{date_text(local(row.published_at).date())}至{date_text(row.published_until)}"


def _handed(result: AnnualResult) -> str:
    if result.notified_on is None:
        return ""
    how = f"拒绝签收，见证人{result.witness}" if result.receipt == "refused" else "已签收"
    return f"{date_text(result.notified_on)}　{how}"


def _responsibilities(result: AnnualResult) -> Table | None:
    rows = list(Responsibility.objects.filter(cadre=result.cadre_id, year=result.year))
    columns = [Column("责任", 4, "left"), Column("目标", 4, "left"), Column("完成情况", 4, "left")]
    return table(columns, [(row.task, row.target, row.result) for row in rows]) if rows else None


def _entries(found: Sequence[Reason]) -> Table | None:
    if not found:
        return None
    columns = [
        Column("日期", 4, "left"),
        Column("情形", 6, "left"),
        Column("计入", 3, "left"),
        Column("分值", 2),
        Column("金额（元）", 3),
        Column("状态", 4, "left"),
    ]
    rows = [
        (
            date_text(one.entry.day),
            str(one.title),
            month_text(one.entry.month),
            _points(one.entry.half_points),
            money_text(one.entry.cents),
            str(one.tag.text),
        )
        for one in found
    ]
    standing = [one.entry for one in found if not one.is_taken_back]
    total = (
        "合计",
        "",
        "",
        _points(sum(entry.half_points for entry in standing)),
        money_text(sum(entry.cents for entry in standing)),
        "",
    )
    note = "合计不含已冲销的记录。每笔记录的事实、当时的去向牌、规则和决定，见系统内该笔记录的页面。"
    return table(columns, rows, total=total, note=note)


def _complaints(chain: year_chain.Chain) -> Table | None:
    rows = [(str(number), date_text(line.day)) for number, line in enumerate(chain.complaints, start=1)]
    columns = [Column("序号", 1, "left"), Column("办结日期", 5, "left")]
    return table(columns, rows, note="投诉内容和投诉人不载入本档案。") if rows else None


def _measures(chain: year_chain.Chain) -> Table | None:
    rows = [
        (
            str(one.measure),
            date_text(one.decided_on) if one.decided_on else "",
            date_text(one.served_on) if one.served_on else "",
            one.rule,
            one.decision_reason,
        )
        for one in chain.measures
    ]
    columns = [
        Column("处理", 3, "left"),
        Column("决定日期", 3, "left"),
        Column("送达日期", 3, "left"),
        Column("规则", 2, "left"),
        Column("理由", 6, "left"),
    ]
    return table(columns, rows) if rows else None


def _proposals(chain: year_chain.Chain) -> Table | None:
    rows = [
        (
            month_text(one.report.month),
            one.report.unit.name,
            money_text(one.amount_cents),
            money_text(one.released_cents),
            str(one.get_state_display()),
        )
        for one in chain.proposals
    ]
    columns = [
        Column("月份", 2, "left"),
        Column("单位", 5, "left"),
        Column("扣发（元）", 3),
        Column("冲减（元）", 3),
        Column("状态", 3, "left"),
    ]
    return table(columns, rows) if rows else None


def _bonus(result: AnnualResult, chain: year_chain.Chain) -> tuple[Table | str, ...]:
    if not result.bonus_months:
        return (NONE,)
    words = year_words.bonus_words(result)
    if not chain.bonus:
        return (f"{words}。",)
    rows = [
        (
            month_text(one.month),
            money_text(one.cents) if one.cents is not None else "未登记基数",
            f"自{month_text(one.since)}起" if one.since is not None else "",
        )
        for one in chain.bonus
    ]
    total = ("合计", money_text(result.bonus_cents) if result.bonus_cents is not None else "不计算金额", "")
    columns = [Column("月份", 3, "left"), Column("月考核奖基数（元）", 4), Column("基数", 3, "left")]
    return (f"{words}。", table(columns, rows, total=total))


def _corrections(result: AnnualResult, chain: year_chain.Chain) -> Table | None:
    rows = [
        (
            date_text(local(one.at).date()),
            str(one.actor or "系统重新计算"),
            "\n".join(year_words.correction_words(result, one.before, one.after)),
            one.reason,
        )
        for one in chain.corrections
    ]
    columns = [
        Column("日期", 3, "left"),
        Column("决定人", 3, "left"),
        Column("变化", 6, "left"),
        Column("理由", 4, "left"),
    ]
    return table(columns, rows) if rows else None


# --- A unit's file ----------------------------------------------------------------------------------------------------


def unit_file(row: UnitResult, reader: year_chain.Reader, printed_by: str, now: datetime) -> FilePaper:
    with override(CHINESE):
        results = graded.results_of(row)
        untold = reader.untold(results)
        sections = [
            Section("单位情况", (_unit_table(row),)),
            Section("人员考核结果", _tables(_people(row, results, untold))),
            *_corrected(row, [one for one in results if one.pk not in untold]),
            Section("办理经过", _tables(_steps(row))),
        ]
        subtitle = (
            row.unit.name,
            _printed(printed_by, now),
            *_provisional(row, now),
            "本档案仅供本单位和市效能办查阅，不得公开；人员按姓名音序排列，不作排名。",
        )
        return FilePaper(f"{row.year}年度单位考核档案", subtitle, tuple(sections), City.current().is_demo)


def _unit_table(row: UnitResult) -> Table:
    figures = row.figures
    places = {"department": "市直单位", "town": "乡镇、街道"}
    standing = [
        text for is_so, text in ((row.among_least, "扣分最少"), (row.among_most, "扣分最多")) if is_so
    ]
    rows = [
        ("比较类别", places.get(str(figures.get("group", "")), "")),
        ("参加比较人数", str(figures.get("headcount", 0))),
        ("单位自身扣分", _points(figures.get("own_half_points", 0))),
        ("人员扣分合计", _points(figures.get("people_half_points", 0))),
        ("一日一表", f"应报{figures.get('sheets_due', 0)}日，已报{figures.get('sheets', 0)}日"),
        ("抽查", f"抽查{figures.get('checked', 0)}人次，一致{figures.get('agreed', 0)}人次"),
        ("比较结果", "、".join(standing)),
        ("表彰", year_words.commendation_words(row)),
        ("优秀名额经批准增加", row.more_excellent_reason),
    ]
    return _pairs((label, text) for label, text in rows if text)


def _people(row: UnitResult, results: Sequence[AnnualResult], untold: Collection[int]) -> Table | None:
    if not results:
        return None
    columns = [
        Column("姓名", 3, "left"),
        Column("扣分", 2),
        Column("投诉", 1.2),
        *(Column(label, 1.2) for label in RUNGS.values()),
        Column("最高可定等次", 3, "left"),
        Column("等次", 4, "left"),
        Column("结果运用", 5, "left"),
    ]
    rows = [
        (
            result.cadre.name,
            _points(result.figures.get("half_points", 0)),
            *_counts(result, is_untold=result.pk in untold),
            UNTOLD if result.pk in untold else year_words.ceiling_label(result),
            result_words(result) if graded.takes_grade(result) else "由上级主管部门考核",
            UNTOLD if result.pk in untold else "\n".join(year_words.outcomes(result)),
        )
        for result in results
    ]
    quota = graded.quota_of(row, results)
    note = (
        f"参加考核{quota.participants}人，优秀{quota.excellent}名，名额{quota.most}名。"
        "批评、通报分别指批评教育、全市通报批评。"
    )
    return table(columns, rows, note=note)


def _counts(result: AnnualResult, *, is_untold: bool) -> list[str]:
    names = ("complaints", *RUNGS)
    return ["—" if is_untold else str(result.figures.get(name, 0)) for name in names]


def _corrected(row: UnitResult, results: Sequence[AnnualResult]) -> list[Section]:
    if row.state != YearState.DECIDED:
        return []
    of_unit = [
        (date_text(local(each["correction"].at).date()), "\n".join(each["lines"]))
        for each in year_words.unit_corrections(row)
    ]
    columns = [Column("日期", 3, "left"), Column("变化", 10, "left")]
    own = table(columns, of_unit) if of_unit else None
    return [
        Section("认定后单位数据的更正", _tables(own)),
        Section("认定后人员结果的更正", _tables(_unit_corrections(results))),
    ]


def _unit_corrections(results: Sequence[AnnualResult]) -> Table | None:
    found = YearCorrection.objects.filter(result__in=[result.pk for result in results])
    rows = [
        (
            date_text(local(one.at).date()),
            result.cadre.name,
            "\n".join(year_words.correction_words(result, one.before, one.after)),
            one.reason,
        )
        for one in found.select_related("result__cadre")
        if (result := one.result) is not None
    ]
    columns = [
        Column("日期", 3, "left"),
        Column("姓名", 3, "left"),
        Column("变化", 6, "left"),
        Column("理由", 4, "left"),
    ]
    return table(columns, rows) if rows else None


def _steps(row: UnitResult) -> Table | None:
    rows = [
        (date_text(local(line.at).date()), str(line.label), line.actor, line.details)
        for line in reversed(year_words.history(row))
    ]
    columns = [
        Column("日期", 3, "left"),
        Column("步骤", 3, "left"),
        Column("经办人", 3, "left"),
        Column("说明", 6, "left"),
    ]
    return table(columns, rows) if rows else None
