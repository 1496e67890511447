"""Django's own zh-hans refuses dates as officials write them: 2026年9月5日, 2026.9.5, 20260905."""

DATE_INPUT_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y%m%d"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S", "%H%M"]
