from importlib import import_module

import pytest
from django.apps import apps

from cards.models import Cadre
from cards.pinyin import name_keys
from tests.cast import make_cadre


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("林一帆", "linyifan", "lyf"),
        # Surnames that plain pinyin misreads (DOMAIN §7).
        ("单竹", "shanzhu", "sz"),
        ("曾国清", "zengguoqing", "zgq"),
        ("仇英", "qiuying", "qy"),
        ("解放", "xiefang", "xf"),
        ("查明", "zhaming", "zm"),
        ("区清", "ouqing", "oq"),
        ("朴志", "piaozhi", "pz"),
        ("盖天", "getian", "gt"),
        # The same characters in a given name are read as usual.
        ("张单", "zhangdan", "zd"),
        ("李解", "lijie", "lj"),
        # Compound surnames come first.
        ("单于晴", "chanyuqing", "cyq"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("长孙明", "zhangsunming", "zsm"),
        # Interpuncts, spaces and other scripts.
        ("买买提·吐尔逊", "maimaitituerxun", "mmttex"),
        ("John Smith", "johnsmith", "j"),
        ("", "", ""),
        ("··", "", ""),
    ],
)
def test_search_keys(name, full, initials):
    assert name_keys(name) == (full, initials)


def test_the_longest_name_fits_its_columns():
    full, initials = name_keys("庄" * 50)
    assert len(full) == 200
    assert initials == "z" * 50


@pytest.mark.parametrize("name", ["韦诉𬱖", "𠅤𫖯", "䶮㛃", "鿎石"])
def test_rare_characters_never_raise(name):
    full, initials = name_keys(name)
    assert full
    assert len(initials) == len(name)


@pytest.mark.django_db
def test_names_saved_with_an_older_table_are_read_again(office):
    pair = make_cadre(office, "万俟青"), make_cadre(office, "尹青")
    Cadre.objects.filter(pk=pair[0].pk).update(pinyin="wansiqing", pinyin_initials="wsq")
    read_again = import_module("cards.migrations.0007_read_names_again").read_again
    read_again(apps, None)
    read_again(apps, None)
    assert [Cadre.objects.get(pk=cadre.pk).pinyin for cadre in pair] == ["moqiqing", "yinqing"]
    assert Cadre.objects.get(pk=pair[0].pk).pinyin_initials == "mqq"
