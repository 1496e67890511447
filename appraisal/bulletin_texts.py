"""The text of a bulletin as it is drafted from its figures: four parts, official Chinese, units named and no person.

Pure: figures in, paragraphs out. Nothing is said that is not in the figures; of several that are alike all are named.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from appraisal.bulletins.content import (
    COUNTED,
    ELSEWHERE,
    MISSING,
    NO_MONTH,
    PART_HEADINGS,
    WAITING,
    CaughtUp,
    Correction,
    ItemColumn,
    Measures,
    Totals,
    UnitRow,
    money_text,
    month_text,
    points_text,
)

PARTS: Final = ("overview", "problems", "handling", "requirements")
HEADINGS: Final = dict(zip(PARTS, PART_HEADINGS, strict=True))
#: So many units, or kinds of findings, are named where more have something; those that are alike stay together.
NAMED: Final = 5
#: Beyond this the next ones are not added to the first, who are named however many they are.
MOST_NAMED: Final = 12
_NUMBERS: Final = "一二三四五六七八九"


def _points(half_points: int) -> str:
    """In a sentence 4, not 4.0: nothing stands in columns here."""
    return points_text(half_points).removesuffix(".0")


def _money(cents: int) -> str:
    return money_text(cents).removesuffix(".00")


@dataclass(frozen=True)
class Figures:
    month: date
    units: Sequence[UnitRow]
    items: Sequence[ItemColumn]
    corrections: Sequence[Correction]
    caught_up: Sequence[CaughtUp]
    #: The kind of allowance that the standard names.
    allowance: str
    measures: Sequence[Measures] = ()
    years_corrected: int = 0

    @property
    def total(self) -> Totals:
        return Totals(tuple(self.units))

    @property
    def reporting(self) -> list[UnitRow]:
        """Whose month it is."""
        return [unit for unit in self.units if unit.standing != NO_MONTH]

    @property
    def reported_late(self) -> list[UnitRow]:
        return [unit for unit in self.reporting if unit.late and unit.standing != MISSING]

    @property
    def overdue(self) -> list[UnitRow]:
        """Not reported, and the last day is over."""
        return [unit for unit in self.standing(MISSING) if unit.late]

    def standing(self, word: str) -> list[UnitRow]:
        return [unit for unit in self.units if unit.standing == word]


def drafted(figures: Figures) -> dict[str, list[str]]:
    return {
        "overview": _overview(figures),
        "problems": _problems(figures) or ["本月未发现需要通报的问题。"],
        "handling": _handling(figures) or ["本月没有需要作出的处理。"],
        "requirements": _requirements(figures),
    }


def numbered(paragraphs: Iterable[tuple[str, str]]) -> list[str]:
    """（一）heading。text"""
    return [f"（{_NUMBERS[place]}）{heading}。{text}" for place, (heading, text) in enumerate(paragraphs)]


# --- 一、总体情况 -------------------------------------------------------------------------------------------------


def _overview(figures: Figures) -> list[str]:
    found = [_reports(figures), _sheets(figures.total), _charges(figures), _complaints(figures.total)]
    return [text for text in (*found, _earlier(figures)) if text]


def _reports(figures: Figures) -> str:
    """How the month's reports stand."""
    units = figures.reporting
    counted = figures.standing(COUNTED)
    nil = sum(unit.nil_report for unit in counted)
    said = [f"{month_text(figures.month)}，全市{len(units)}个单位列入月度考核"]
    if len(counted) == len(units):
        said.append("月报已全部审核")
    else:
        said.append(f"月报已审核{len(counted)}个")
    if nil:
        said[-1] += f"，其中零报告{nil}个"
    if waiting := figures.standing(WAITING):
        said.append(f"已报送、尚未审核{len(waiting)}个")
    if missing := figures.standing(MISSING):
        said.append(f"未报送{len(missing)}个")
    if elsewhere := figures.standing(ELSEWHERE):
        said.append(f"已由其后的通报补计{len(elsewhere)}个")
    if late := figures.reported_late:
        said.append(f"迟报{len(late)}个")
    text = f"{said[0]}，{'；'.join(said[1:])}。"
    if waiting or missing:
        text += "尚未审核的单位，其扣分和扣发不计入本期，待审核后在下期通报中补计。"
    return text


def _sheets(total: Totals) -> str:
    if not total.days_due:
        return ""
    text = f"按照“一日一表”要求，各单位应巡查{total.days_due}天次，实际巡查{total.days_checked}天次"
    if total.days_checked == total.days_due:
        return f"{text}，无缺查。"
    return f"{text}，巡查率{_percent(total.days_checked, total.days_due)}。"


def _percent(part: int, whole: int) -> str:
    """Rounded down: 99.96 % is not all."""
    tenths = 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10}%"


def _charges(figures: Figures) -> str:
    total = figures.total
    if not total.findings:
        return "已审核的单位本月没有认定的问题，未扣分。" if figures.standing(COUNTED) else ""
    text = f"共认定问题{total.findings}个，扣{_points(total.half_points)}分"
    if total.person_half_points and total.unit_half_points:
        persons, units = _points(total.person_half_points), _points(total.unit_half_points)
        text += f"，其中个人扣分{persons}分、单位扣分{units}分"
    if total.withheld_cents:
        text += f"；提出扣发{_allowance(figures)}建议{_money(total.withheld_cents)}元"
    return f"{text}。"


def _allowance(figures: Figures) -> str:
    return figures.allowance or "奖金补贴"


def _complaints(total: Totals) -> str:
    parts = (
        ("按期办结", total.complaints_on_time),
        ("延期后办结", total.complaints_extended),
        ("逾期办结", total.complaints_late),
    )
    closed = sum(number for _words, number in parts)
    if not closed:
        return "本月没有办结的群众投诉。"
    there = [(words, number) for words, number in parts if number]
    shares = "其中" + "、".join(f"{words}{number}件" for words, number in there)
    if len(there) == 1:
        shares = f"均{there[0][0]}"
    proven = total.complaints_substantiated
    ending = f"经核查属实（含部分属实）{proven}件" if proven else "经核查无属实情形"
    return f"办结群众投诉{closed}件，{shares}；{ending}。"


def _earlier(figures: Figures) -> str:
    """What changes the figures of bulletins before this one."""
    said = []
    if late := figures.caught_up:
        points, cents = sum(one.half_points for one in late), sum(one.withheld_cents for one in late)
        said.append(f"补计以前月份月报{len(late)}份{_changed('补计', points, cents)}")
    if figures.corrections:
        points = sum(one.half_points for one in figures.corrections)
        cents = sum(one.cents for one in figures.corrections)
        said.append(f"更正以前月份扣分{len(figures.corrections)}笔{_changed('冲减', -points, -cents)}")
    return f"{'；'.join(said)}。以上不计入本月数。" if said else ""


def _changed(verb: str, half_points: int, cents: int) -> str:
    parts = [f"扣分{_points(half_points)}分"] * bool(half_points)
    parts += [f"扣发建议{_money(cents)}元"] * bool(cents)
    return f"，{verb}{'、'.join(parts)}" if parts else ""


# --- 二、存在问题 -------------------------------------------------------------------------------------------------


def _problems(figures: Figures) -> list[str]:
    found = (
        ("部分单位日常巡查不到位", _missing_sheets(figures)),
        ("存在违反制度规定的问题", _findings(figures)),
        ("投诉反映的问题需要重视", _bad_complaints(figures)),
        ("部分单位未按时报送月报", _bad_reports(figures)),
    )
    return numbered((heading, text) for heading, text in found if text)


def leading(units: Iterable[UnitRow], value: Callable[[UnitRow], int]) -> tuple[list[UnitRow], list[UnitRow]]:
    """Those with most, the most first, and the others that have any. Who has as much as one who is named is named too,
    unless that were a crowd behind those who have most."""
    ranked = sorted((unit for unit in units if value(unit) > 0), key=lambda unit: -value(unit))
    end = 0
    while end < len(ranked):
        alike = sum(value(unit) == value(ranked[end]) for unit in ranked)
        if end and (end >= NAMED or end + alike > MOST_NAMED):
            break
        end += alike
    return ranked[:end], ranked[end:]


def _listed(
    units: Iterable[UnitRow],
    value: Callable[[UnitRow], int],
    say: Callable[[UnitRow], str],
    rest: Callable[[int], str],
) -> str:
    """Names with their numbers; of who is not named how many they are and what they come to."""
    named, others = leading(units, value)
    text = "、".join(f"{unit.name}（{say(unit)}）" for unit in named)
    if others:
        text += f"，其余{len(others)}个单位{rest(sum(value(unit) for unit in others))}，详见附表"
    return text


def _missing_days(unit: UnitRow) -> int:
    return unit.days_due - unit.days_checked


def _missing_sheets(figures: Figures) -> str:
    lacking = [unit for unit in figures.units if _missing_days(unit)]
    if not lacking:
        return ""
    days = sum(map(_missing_days, lacking))
    listed = _listed(
        lacking,
        _missing_days,
        lambda unit: f"{_missing_days(unit)}天",
        lambda number: f"共{number}天",
    )
    return f"{len(lacking)}个单位一日一表缺报，共{days}天次：{listed}。"


def _findings(figures: Figures) -> str:
    total = figures.total
    if not total.findings:
        return ""
    kinds = _kinds(figures)
    points = _listed(
        figures.units,
        lambda unit: unit.half_points,
        lambda unit: f"问题{unit.findings}个，扣{_points(unit.half_points)}分",
        lambda half_points: f"共扣{_points(half_points)}分",
    )
    text = f"从问题类型看，{kinds}。"
    words = "扣分较多的有" if "，其余" in points else "有扣分的是"
    return f"{text}从单位看，{words}：{points}。" if points else text


def _kinds(figures: Figures) -> str:
    """The kinds of findings that are most frequent, those that are alike together."""
    counts = [(item.name, figures.total.count(item.code)) for item in figures.items]
    ranked = sorted((pair for pair in counts if pair[1]), key=lambda pair: -pair[1])
    least = ranked[min(NAMED, len(ranked)) - 1][1]
    named = [(name, number) for name, number in ranked if number >= least]
    text = "、".join(f"{name}{number}个" for name, number in named)
    others = sum(number for _name, number in ranked[len(named) :])
    return f"{text}，其他{others}个" if others else text


def _bad_complaints(figures: Figures) -> str:
    late = _named(figures.units, lambda unit: unit.complaints_late, "逾期办结")
    proven = _named(figures.units, lambda unit: unit.complaints_substantiated, "经核查属实（含部分属实）")
    return "".join(f"{text}。" for text in (late, proven) if text)


def _named(units: Iterable[UnitRow], value: Callable[[UnitRow], int], words: str) -> str:
    listed = _listed(units, value, lambda unit: f"{value(unit)}件", lambda number: f"共{number}件")
    return f"投诉{words}的有：{listed}" if listed else ""


def _bad_reports(figures: Figures) -> str:
    late, overdue = figures.reported_late, figures.overdue
    said = []
    if late:
        said.append(f"迟报的有：{'、'.join(f'{unit.name}（迟{unit.days_late}天）' for unit in late)}")
    if overdue:
        said.append(f"逾期未报的有：{'、'.join(unit.name for unit in overdue)}")
    return "".join(f"{text}。" for text in said)


# --- 三、处理意见 -------------------------------------------------------------------------------------------------


def _handling(figures: Figures) -> list[str]:
    total = figures.total
    found = []
    if total.findings:
        text = f"本月认定的问题，由各单位按现行标准扣分，共{_points(total.half_points)}分"
        if total.withheld_cents:
            text += (
                f"；扣发{_allowance(figures)}的建议共{_money(total.withheld_cents)}元，由有关单位按规定程序办理，"
                "并将执行情况报市效能办"
            )
        found.append(("兑现月度考核结果", f"{text}。"))
    if proven := total.complaints_substantiated:
        found.append(
            (
                "严肃处理查实投诉",
                f"对经核查属实（含部分属实）的{proven}件投诉，有关单位要按制度规定对责任人进行批评教育，并督促整改到位。",
            )
        )
    if measures := _measures(figures):
        found.append(("落实责任追究和复核", measures))
    if overdue := figures.overdue:
        found.append(
            (
                "责令补报月报",
                f"{'、'.join(unit.name for unit in overdue)}尚未报送{figures.month.month}月月报，须立即补报，"
                "有关情况在下期通报中说明。",
            )
        )
    if figures.corrections:
        found.append(
            (
                "落实更正事项",
                f"以前月份更正的{len(figures.corrections)}笔，由有关单位据此调整记录；已经扣发的，按更正后的数额退还。",
            )
        )
    return numbered(found)


def _measures(figures: Figures) -> str:
    """Numbers of the whole city: no person, and no unit in which one could be guessed."""
    decided = "、".join(f"{one.name}{one.decided}件" for one in figures.measures if one.decided)
    set_aside = "、".join(f"{one.name}{one.set_aside}件" for one in figures.measures if one.set_aside)
    parts = [f"本月全市作出{decided}"] * bool(decided)
    parts += [f"经复核撤销{set_aside}"] * bool(set_aside)
    if figures.years_corrected:
        parts.append(f"更正年度考核结果{figures.years_corrected}份")
    return f"{'；'.join(parts)}。" if parts else ""


# --- 四、工作要求 -------------------------------------------------------------------------------------------------


def _requirements(figures: Figures) -> list[str]:
    found = []
    if any(map(_missing_days, figures.units)):
        found.append(
            (
                "严格落实“一日一表”",
                "各单位要坚持每个工作日开展巡查、当日记录、及时提交，不得缺查漏查，不得事后补造。",
            )
        )
    if figures.total.findings:
        found.append(
            (
                "抓好问题整改",
                "各单位要对照本通报逐项查找原因，举一反三，督促干部按时到岗、如实亮明去向，防止同类问题再次发生。",
            )
        )
    if figures.total.complaints_late or figures.total.complaints_substantiated:
        found.append(("提高投诉办理质量", "承办单位要严格遵守办理时限，认真核查，及时反馈，让群众满意。"))
    if figures.reported_late or figures.overdue:
        found.append(("按时报送月报", "各单位要按规定时限完成确认、公布和上报，确保数据真实、准确、完整。"))
    found.append(
        (
            "压实主体责任",
            "各单位领导小组要切实负起责任，用好月度考核结果，既严格管理又关心爱护干部，持续改进机关作风。",
        )
    )
    return numbered(found)
