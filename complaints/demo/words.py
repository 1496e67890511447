"""What citizens, handlers and cadres write in the demonstration. Invented, and marked as such."""

from dataclasses import dataclass

from complaints.models import Grade

#: Before every complaint and praise, so that no screen shot passes for a real one.
MARK = "【演示】"


@dataclass(frozen=True)
class Matter:
    """A complaint with all that comes of it."""

    text: str
    occasion: str
    question: str = ""
    answered: str = ""
    outcome: str = ""
    statement: str = ""
    measures: str = ""
    answer: str = ""


# --- One for each state ---------------------------------------------------------------------------------------------

NO_ANSWER = Matter(
    "按网上公布的咨询电话打了两天，前后七八次都没有人接，想问清楚办理材料只好请假跑一趟。",
    "昨天和今天上班时间",
)
DOOR_CLOSED = Matter(
    "下午三点到办公室办盖章，门锁着，门牌上写的是在岗，等到四点也没有人回来，旁边科室的人说不清楚去向。",
    "昨天下午三点，办公楼二楼",
)
SENT_AROUND = Matter(
    "为了一份证明跑了三趟，每次都说还差一样材料，第一次为什么不一次说完？最后一次干脆让我去别的部门问。",
    "本周三次到窗口",
    question="请说明该事项的办理材料是否一次性告知、是否出具告知单，经办经过如何。",
)
UNIT_QUESTION = "请核实窗口近一周是否执行一次性告知制度，并提供告知单存根情况。"
ONLY_ONE_THERE = Matter(
    "我是当天下午唯一去交材料的人，工作人员一边看手机视频一边收件，问什么都不耐烦。",
    "前天下午快下班时",
    question="请说明当天下午是否在工作时间观看与工作无关的视频。",
)
HELD_WHY = "当天下午只有一人来办事，照此询问会让对方知道投诉人是谁。"
LATE_COUNTER = Matter(
    "早上八点半开门，九点了窗口还没有人，排队的有六个人，九点一刻才有人来，也没有一句解释。",
    "前天早上，办事大厅一楼",
    question="请说明当天上午到岗时间，以及到岗前窗口有无人员顶岗。",
    answered="当天上午因送急件外出，八点五十五分返回，未在系统登记，顶岗人员当天请假。情况属实，愿意改正。",
)
LATE_COUNTER_AGAIN = Matter(
    "早上去办事大厅排队，一楼窗口空着，快九点二十才开始叫号，耽误一上午。", "前天早上，办事大厅"
)
RUDE = Matter(
    "去咨询补贴政策，工作人员说“自己上网看”，我不太会用手机，再问就不理人了。",
    "前天上午，便民服务中心",
    question="请说明当天上午接待政策咨询的经过，是否存在推脱不答的情况。",
    answered="当时窗口排队人多，让群众先看宣传单，没有说清楚，态度确实生硬。",
    outcome="partly",
    statement="当日上午接待政策咨询时未作口头解答，仅让办事群众自行查阅，态度生硬；未发现辱骂等情形。",
    measures="科室负责人当面批评教育；窗口增设老年人咨询专座。",
    answer="经核实，您反映的情况部分属实。我们已对当事人批评教育，并在窗口增设老年人咨询专座，向您致歉。",
)
GAMES = Matter(
    "上班时间在电脑上打扑克，屏幕对着门口，来办事的人都看得见。",
    "上周三上午十点左右，办公楼三楼",
    question="请说明当日上午十时前后的工作情况，是否在办公电脑上从事与工作无关的活动。",
    answered="当时确实打开过游戏，大约十分钟，接受批评。",
    outcome="substantiated",
    statement="当日上午十时前后，在办公电脑上打开棋牌游戏约十分钟，本人承认。",
    measures="单位已约谈并责令作出书面检查，卸载办公电脑上的游戏软件。",
    answer="经核实，您反映的情况属实。单位已约谈当事人，责令其作出书面检查，并清理办公电脑。感谢您的监督。",
)
SLOW = Matter(
    "承诺五个工作日办结的事项，交了材料两个星期没有消息，打电话说系统里查不到。",
    "两周前交的材料",
    question="请说明该事项的收件、流转和办结时间，超过承诺时限的原因。",
    answered="材料收件后未及时录入系统，导致超过承诺时限，已补录。",
    outcome="substantiated",
    statement="收件后未按规定当日录入系统，致使事项超过承诺时限六个工作日。",
    measures="已补办并上门送达；单位重新明确收件当日录入的要求。",
    answer="经核实，情况属实。您的事项已经办结并将送达，单位已整改收件流程。",
)
SLOW_AGAIN_WHY = "说是办结了，可我到现在也没有收到结果，电话也没有人打来。"
NOT_POLITE = Matter(
    "电话里问办理时间，对方说完就挂，前后不到半分钟。",
    "上周四下午的电话",
    question="请核实当天下午的来电接听情况，是否存在未答复完即挂断的情形。",
    answered="查询通话记录，当天下午接听来电十一个，其中一个因信号中断，随后已回拨。",
    outcome="unsubstantiated",
    answer="经调取通话记录，通话因信号中断，工作人员其后回拨了您的电话但未接通。反映的问题不属实，我们已提醒回拨时留短信说明。",
)
MANY_PLACES = Matter(
    "同一块地的手续，两个部门说法不一样，一个说要先测绘，一个说要先公示，来回跑了一个月。",
    "最近一个月",
    question="请说明该类事项的先后次序及依据，并说明与相关部门如何衔接。",
)
EXTENDED_WHY = "事项涉及两个部门的历史档案，调档和实地核对需要时间。"
NOBODY_CAME = Matter(
    "报修路灯两周了，每次都说登记了，到现在没有人来看，晚上老人出门看不见路。",
    "两周前报修，村口",
    question="请说明报修登记及派工情况。",
    answered="报修已登记，因灯具缺货未派工，现已到货。",
)
COURT = Matter("法院的判决我不服，希望你们督促改判。", "上个月收到判决书")
COURT_WHY = "反映的是人民法院的判决，不属于机关效能投诉的范围。"
COURT_DOOR = "可在上诉期内向上一级人民法院上诉，或拨打12368诉讼服务热线。"
FAVOURS = Matter("办项目验收时暗示要“表示表示”，说不然要等到下半年。", "上月验收期间，工地现场")
FAVOURS_WHY = "反映内容涉嫌利用职权索取财物，属于违纪违法问题线索。"
BY_PHONE = Matter(
    "老人到窗口补办证件，工作人员让他自己复印，附近没有复印店，走了一公里。",
    "前天上午，窗口",
    question="请核实窗口有无提供复印服务，当天为何未予复印。",
    answered="窗口复印机当天故障，未贴告示，也未联系其他科室代印。",
    outcome="substantiated",
    statement="窗口复印机故障期间未张贴告示、未安排代印，让办事群众自行外出复印。",
    measures="复印机已修复；故障期间由隔壁科室代印并张贴告示。",
    answer="经核实情况属实，向老人家致歉。复印机已修好，今后故障时由隔壁科室代印。",
)
WRONGLY = Matter(
    "听说他上班时间去钓鱼，有人在水库边看到他的车。",
    "上周二上午，水库边",
    question="请说明上周二上午的工作去向，并提供相关记录。",
    answered="当天上午按照安排到水库开展巡查，有派工单和巡查照片。",
    outcome="cleared",
    statement="当日上午系按照单位安排开展水库巡查，派工单、巡查记录和现场照片相互印证，不存在上班时间钓鱼的情况。",
    measures="在反映所及的范围内予以澄清。",
    answer="经核实，当日上午该同志按照安排在水库巡查，有派工单和照片为证，反映的情况不存在，现予澄清。感谢您的监督。",
)
WORK_ORDER = Matter(
    "市民来电：办事大厅中午不安排值班，上班族只能请假来办。",
    "工作日中午",
    question="请核实午间值班安排是否落实、是否对外公布。",
    answered="午间安排一人值班，门口公示牌脱落，群众看不到。",
    outcome="partly",
    statement="午间值班已安排到人，但公示牌脱落后未及时补装，群众无从知晓。",
    measures="公示牌已重新安装，午间值班时间同步在网上公布。",
    answer="经核实，午间有人值班，但公示牌脱落未补，已重新安装，并在网上公布午间值班时间。",
)
#: Of the months before, with the grade of the complainant; not everybody gives one.
BEFORE = (
    (GAMES, Grade.VERY_SATISFIED),
    (RUDE, Grade.FAIRLY_SATISFIED),
    (NOT_POLITE, Grade.UNSATISFIED),
    (SLOW, None),
    (WORK_ORDER, None),
    (BY_PHONE, Grade.SATISFIED),
    (WRONGLY, None),
)
PRAISE = (
    "窗口的同志看我抱着孩子，主动帮我复印、填表，十分钟就办好了，谢谢！",
    "电话里把要带的材料一样一样说清楚，去一趟就办成了。",
    "下雨天老人走不动，工作人员上门送证，服务真好。",
    "办证当天就收到短信提醒，比说的时间还早了两天。",
)
