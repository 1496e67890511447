"""What people write in the demonstration's months: objections and answers, reports that came back, money that was not
withheld. Invented, in the tone of such papers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objecting:
    text: str
    sustained: str
    rejected: str


OBJECTIONS = (
    Objecting(
        "检查时本人受单位指派到市行政中心参加联席会议，有会议签到表为证，请予核对。",
        "经核对会议签到表和单位派员记录，检查时段确在会场，该条扣分予以撤销。",
        "会议签到时间在检查之后，检查时段的去向仍未登记，维持原记录。",
    ),
    Objecting(
        "检查时本人在隔壁会商室接待来访群众，来访登记簿上有记录，请予核实。",
        "经查来访登记簿，检查时段确在接待群众，该条扣分予以撤销。",
        "来访登记的时间与检查时间相差四十分钟，不足以说明当时去向，维持原记录。",
    ),
    Objecting(
        "当日补休手续已于前一日批准，去向因网络故障未能及时更新，请予考虑。",
        "经核补休审批单，手续在检查前已经办妥，该条扣分予以撤销。",
        "审批单的签批时间在检查之后，外出前也未登记去向，维持原记录。",
    ),
    Objecting(
        "当日随分管领导到村里处理山塘险情，来不及登记，村委会可以证明。",
        "经向村委会和分管领导核实，检查时段在处置险情，属不可抗力，该条扣分予以撤销。",
        "经核实，险情处置在下午，检查在上午，维持原记录。",
    ),
)
OF_THE_UNIT = Objecting(
    "当日全单位参加防汛演练，检查表已填在纸上，次日补录，请予复核。",
    "经核纸质检查表和演练通知，情况属实，该条扣分予以撤销。",
    "补录时间已超过规定期限，且未事先说明，维持原记录。",
)
SENT_BACK = (
    "公布的起止日期与单位公示记录不一致，请核对后重新上报。",
    "有一条记录的当事人说是公布期内提过书面意见，请补充说明是否收到、如何答复。",
    "单位上月有人员借出，请说明借出人员的考核由谁负责，核对后重新上报。",
)
ANSWERS = (
    "已核对公示栏照片，公布起止日期以系统为准，公示记录已更正。",
    "经查，当事人口头提过疑问，已当面说明依据，本人无异议，未提交书面意见。",
    "借出人员由借入单位巡查，扣分记入本单位，已与借入单位核对一致。",
)
NOT_EXECUTED = (
    "本人已调离，当月考核奖由调入单位发放，已函告调入单位。",
    "单位当月未发放月度考核奖，待发放时按建议一并处理。",
)
#: A record that was corrected after its month was counted.
CORRECTION = "复核门口监控，检查时段本人在窗口办事，原记录有误，申请更正。"
CORRECTION_NOTE = "已查看监控，情况属实，同意更正。"
LATE_UPHELD = "逾期事实清楚，未说明正当理由，予以认定。"
#: Of the ladder; {} is what was counted, as 脱岗2次、迟到1次.
PROPOSED = {
    "criticism": "本年度已查实{}，建议批评教育。",
    "admonishment": "本年度已查实{}，反映纪律意识不强，建议效能诫勉。",
    "caution": "本年度已查实{}，情节较重，影响正常工作秩序，建议效能告诫。",
}
DEFENCE = "检查时因家中老人突发急病外出，来不及办理请假手续，事后已向分管领导说明，请予考虑。"
DEFENCE_OF_UNIT = "当月经办人员轮岗，交接不到位，已明确专人负责，今后按期上报。"
DECIDED = "事实清楚，证据充分，符合制度规定的情形，予以处理。"
NOT_PURSUED = "经核实，当日山洪阻断道路，当事人无法按时返岗，属不可抗力，不予追究。"
SKIPPED = "情节较重，影响正常工作秩序，逐级处理不足以警示。"
WITNESS = "同办公室干部陶知夏"
SET_ASIDE = "复查发现其中一条记录的时间有误，依据不足，予以撤销。"
REVIEW = "对处理决定不服：其中一次外出是受领导指派，有派员单为证，请求复核。"
#: Why a substantiated complaint counts as nothing in the month.
NO_POINTS = "情节轻微，已责令改正，按问责梯次办理，不另计分。"
#: Of the year.
EXCELLENT = "全年无扣分，群众评价好，民主测评列前。"
BELOW = "年度扣分为本单位最多，按制度规定不得评为称职以上。"
SHORT = "本年度在岗不足半年。"
COMMENDED = "全年扣分最少，一日一表完整，群众评价好，经研究同意通报表彰。"
