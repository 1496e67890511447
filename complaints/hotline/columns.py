"""The columns of a sheet, and the words by which 12345 calls them."""

from cards.roster.columns import Column

COLUMNS = (
    Column("number", "工单编号", ("工单号", "工单编码", "受理编号")),
    Column("received_at", "受理时间", ("来电时间", "登记时间")),
    Column("unit", "单位", ("单位名称", "单位代码", "被反映单位", "承办单位")),
    Column("person", "姓名/证号", ("姓名", "证号", "干部姓名", "被反映人")),
    Column("text", "诉求内容", ("诉求", "工单内容", "反映内容")),
    Column("occasion", "时间地点", ("时间、地点", "事发时间地点")),
    Column("contact_name", "联系人", ("诉求人", "来电人", "联系人姓名")),
    Column("contact_phone", "联系电话", ("来电号码", "联系方式", "联系人电话")),
)
TITLES = {column.field: column.title for column in COLUMNS}
REQUIRED = ("number", "received_at", "unit", "text")
