"""What officers, cadres and heads write on the demonstration's findings. Invented, in the tone of such papers."""

import random
from dataclasses import dataclass

from attendance.models import Exemption, Told

#: By item, or by item and what the plaque said: what somebody saw on the corridor.
NOTES = {
    "late": (
        "上班时间已过，工位无人，其后从停车场进楼",
        "未事先报告，自述送孩子上学耽搁",
        "签到前已两次到科室查看，均未到岗",
        "自述路上堵车，未与科室负责人联系",
        "到岗时窗口已有群众等候",
    ),
    "early_leave": (
        "离下班尚早，电脑已关，人已离开，电话未接",
        "同室人员称已先走，未见请假手续",
        "在大门口遇见其驾车离开，自述家中有事",
    ),
    "card_not_displayed": (
        "门牌被资料柜遮挡，群众看不到",
        "门牌取下后未挂回，自述前日擦洗门框",
        "窗口岗位牌未摆出",
        "办公室调整后，原门牌仍留在旧室门口",
    ),
    "not_updated": (
        "去向显示在岗，本人在外办事，回来后称忘记登记",
        "会议已散，仍未回到岗位，也未更新去向",
        "去向显示在岗，同室人员称一早去了现场",
        "外出到期未确认，电话称还在路上",
    ),
    "untrue": (
        "电话核实，对方称人未到",
        "在办公楼休息室遇见，自述行程临时取消",
        "停车场里遇见，自述刚要出发",
    ),
    "untrue meeting": (
        "所写会议室当时空着",
        "会议已散约半小时，人未回来，也未更新",
        "会务人员称不在参会名单上",
    ),
    "off_post": (
        "办公室无人，两次敲门均无应答，电话未接",
        "工位无人，同室人员称刚离开，二十分钟后仍未回来",
        "科室负责人不清楚去向，约半小时后返回",
        "在楼下便利店遇见，自述取快递",
        "工位空着，电脑未锁屏，茶水尚温",
    ),
    "counter_unattended": (
        "窗口无人值守，也无人顶岗，三名群众在等候",
        "窗口摆出“暂停服务”，未说明何时恢复，B岗不知情",
    ),
    "games": (
        "电脑上开着股票行情软件",
        "用手机看短视频，进门后才收起",
        "电脑上开着棋牌游戏",
    ),
    "absent_half_day": ("整个下午未到岗，未请假，电话关机",),
    "meeting_missed": (
        "应参加全体干部会，未到会，未请假",
        "股室例会点名未到，事后补假",
    ),
    "noon_drinking": ("下午上班时身上有酒气，自述中午陪同学吃饭",),
}


@dataclass(frozen=True)
class Plea:
    """What somebody says, and why it is withdrawn if it turns out to be so; no reason: it is not."""

    text: str
    granted: str = ""
    exemption: str = ""


#: What somebody says to it, by item.
PLEAS = {
    "late": (
        Plea(
            "当天早上车子在半路抛锚，我在上班前给科长打了电话，通话记录可查。",
            "通话记录与本人所述一致，已事先报告，撤销。",
        ),
        Plea("孩子发热送医院挂急诊，来不及请假，到单位后马上向科长说明了情况。"),
        Plea(
            "下大雨，龙渊桥头积水封路，绕行后到单位。以后我会提早出门。",
            "当日暴雨封路，有交警通告为证，不予认定。",
            Exemption.FORCE_MAJEURE,
        ),
    ),
    "not_updated": (
        Plea(
            "临时接到通知去二楼参加党组会，会前来不及登记，会议签到表上有我的名字。",
            "经查会议签到表，当时确在参会，撤销。",
        ),
        Plea("手机当时没有信号，从村里出来后补登了去向。"),
        Plea(
            "在楼内其他科室会签文件，前后不到一刻钟，以为不用登记。",
            "楼内会签是否登记，当时没有规定，不予认定；已提请明确。",
            Exemption.NO_RULE,
        ),
    ),
    "untrue": (
        Plea(
            "会议临时改到四楼会议室，我没有改地点，会议通知和签到表可以查。",
            "会议通知和签到表与本人所述一致，撤销；提醒今后及时改地点。",
        ),
        Plea(
            "有人来电反映现场有情况，到了才知道是谎报，随即返回，途中碰到检查。",
            "来电记录可查，属谎报，致其空跑一趟，不予认定。",
            Exemption.CHEATED,
        ),
        Plea("到企业门口才得知对方负责人出差，随即返回，途中碰到检查。"),
    ),
    "off_post": (
        Plea(
            "当时在一楼窗口帮群众找材料，窗口监控可以查看。",
            "调看窗口监控，确在帮群众办事，撤销。",
        ),
        Plea(
            "去文印室取上会材料，排队等了二十多分钟，文印登记本上有记录。",
            "文印登记与本人所述一致，当时在办公务，撤销。",
        ),
        Plea(
            "记录的时间我在隔壁接听群众来电，通话十五分钟，座机记录可查。",
            "座机记录与本人所述一致，撤销。",
        ),
        Plea("身体突然不适去了医务室，有当日就诊单。", "就诊单时间与检查时间相符，撤销。"),
    ),
    "card_not_displayed": (Plea("门牌是前一天刷墙时由物业取下的，当天下午已挂回。", "物业证实，撤销。"),),
    "counter_unattended": (Plea("B岗当天参加培训，我去洗手间几分钟，桌上放了提示牌。"),),
    "games": (Plea("页面是自动弹出的广告，我正在关闭，没有玩游戏。"),),
}
ANY_PLEA = (Plea("情况属实，是我没有按规定办，请组织批评，今后一定注意。"),)
#: Why it stands after a defence.
UPHELD = (
    "经核实，所述情况无凭据印证，予以认定。",
    "调看监控，与记录一致，予以认定。",
)
_NOT_ENTERED = "外出未按规定登记，事实清楚，予以认定，已当面提醒。"
_NOT_REPORTED = "理由可以理解，但未按规定事先报告，予以认定。"
#: And beside these, by item: each says what was done.
UPHELD_OF = {
    "late": (_NOT_REPORTED,),
    "not_updated": (_NOT_ENTERED,),
    "untrue": (_NOT_ENTERED,),
    "off_post": (_NOT_ENTERED, _NOT_REPORTED),
    "absent_half_day": (_NOT_REPORTED,),
    "meeting_missed": (_NOT_REPORTED,),
}
#: Why it stands where nothing was said to it; most heads write nothing.
UNDEFENDED = ("", "", "", "事实清楚，本人未申辩。", "事实清楚，予以认定。")
#: Why it is withdrawn although nothing was said.
MISTAKEN = "复核时发现记录有误，予以撤销。"
#: A correction: why, in the words of who asks for it.
CORRECTIONS = (
    "点错了行，应为同室另一人，本人当时在岗。",
    "登记本上已写明去向，看漏了一行。",
    "核对时把请假条看漏了，假条日期在前。",
)
CONFIRMED = "与在场人员核对无误，同意更正。"
#: Of a sheet that is missing: what the unit says, and what the city answers.
MISSING_PLEAS = (
    Plea("当日停电，系统无法登录，检查情况记在纸质表上，已过补录时间。"),
    Plea("纪检干部当日外出培训，未安排代理人。"),
)
MISSING_UPHELD = "应安排代理人或用纸质表检查，予以认定。"
#: How somebody without an account hears of it.
TOLD = (Told.IN_PERSON, Told.IN_PERSON, Told.PHONE, Told.WRITTEN)

CLOSINGS = (
    "现场已向单位负责人反馈，要求当日整改。",
    "总体较好，个别人员去向登记不及时，已当场指出。",
    "在岗情况与公示一致，未发现其他问题。",
    "问题已逐一与本人见面，单位纪检干部在场。",
)
#: What the person says on the spot.
SPOT_WORDS = (
    "马上改正。",
    "刚出去接材料，忘了登记。",
    "我在隔壁科室，没听到敲门。",
    "同意记录。",
    "会议临时取消，没来得及改。",
)


def note(chance: random.Random, item: str, state: str) -> str:
    """Some record the item and no more."""
    return fact(chance, item, state) if chance.random() < 0.86 else ""


def fact(chance: random.Random, item: str, state: str) -> str:
    return chance.choice(NOTES.get(f"{item} {state}") or NOTES[item])


def plea(chance: random.Random, item: str) -> Plea:
    return chance.choice(PLEAS.get(item, ()) + ANY_PLEA)
