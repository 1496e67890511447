"""Printed documents of a card (scheme.txt, 一牌一卡): fonts, QR codes, line breaking, the door plaque."""
