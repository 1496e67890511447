"""From cards to paper (scheme.txt, 一牌一卡): gather, check, draw, record; and what hangs there but is outdated."""
