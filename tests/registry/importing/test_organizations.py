from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.importing.intake import Options
from registry.importing.organizations import import_organizations
from registry.importing.report import ImportReport
from registry.models import Organization
from registry.social_credit_code import check_character
from tests import factories

pytestmark = pytest.mark.django_db
FIRST_17 = "91420100MA4KXXXX1".replace("X", "2")
CREDIT_CODE = FIRST_17 + check_character(FIRST_17)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    factories.region("420100")
    return tmp_path / "organizations.csv"


def load(path: Path, text: str, **options: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    report = import_organizations(path, options=Options(), **options)
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def test_organizations_land_from_chinese_headings_and_again_change_nothing(file: Path) -> None:
    text = f"编码,名称,行业,行政区划,统一社会信用代码,联系邮箱\nwhm,武汉移动,通信,420100,{CREDIT_CODE},a@b.cn\n"
    assert counts(load(file, text)) == (1, 0, 0, 0)
    made = Organization.objects.get(code="whm")
    assert (made.name, made.sector, made.region.code) == ("武汉移动", "telecom", "420100")
    assert (made.social_credit_code, made.contact_email) == (CREDIT_CODE, "a@b.cn")
    assert counts(load(file, text)) == (0, 0, 1, 0)
    assert counts(load(file, "code,name\nwhm,新名\n")) == (0, 1, 0, 0)
    made.refresh_from_db()
    assert (made.name, made.sector, made.social_credit_code) == ("新名", "telecom", CREDIT_CODE)


def test_a_mistyped_credit_code_is_refused_by_its_check_character(file: Path) -> None:
    wrong = CREDIT_CODE[:-1] + ("0" if CREDIT_CODE[-1] != "0" else "1")
    report = load(file, f"code,name,sector,region,uscc\na,A,power,420100,{wrong}\n")
    assert counts(report) == (0, 0, 0, 1)
    assert report.rejects[0].column == "uscc"
    assert wrong in report.rejects[0].reason
    assert Organization.objects.count() == 0


def test_every_fault_of_a_row_has_its_column_and_good_rows_land(file: Path) -> None:
    report = load(
        file,
        "code,name,sector,region,email\n"
        "b c,B,banking,999999,nobody\nd,D,power,420100,\nd,E,power,420100,\n,,power,420100,\n",
    )
    assert counts(report) == (1, 0, 0, 3)
    assert [(reject.row, reject.column) for reject in report.rejects] == [
        (2, "sector; region; code; email"),
        (4, "code"),
        (5, "code"),
    ]
    assert report.rejects[1].reason == "Row 3 has the code d too."
    assert report.rejects[2].reason == "The row has neither a code nor a social credit code."


def test_a_row_without_a_code_is_known_by_its_credit_code(file: Path) -> None:
    text = f"name,sector,region,uscc\nA,power,420100,{CREDIT_CODE}\n"
    assert counts(load(file, text)) == (1, 0, 0, 0)
    assert counts(load(file, text)) == (0, 0, 1, 0)
    assert Organization.objects.get().code == CREDIT_CODE


def test_one_credit_code_is_of_one_organization(file: Path) -> None:
    report = load(
        file, f"code,name,sector,region,uscc\na,A,power,420100,{CREDIT_CODE}\nb,B,power,420100,{CREDIT_CODE}\n"
    )
    assert [(reject.row, reject.column, reject.reason) for reject in report.rejects] == [
        (3, "uscc", "The code is that of a.")
    ]


def test_other_schemes_stand_beside_gb_t_2260_and_a_regulator_s_region_is_taken(file: Path) -> None:
    factories.region("34172", scheme="insee")
    load(file, "code,name,sector,region,scheme,regulates\nmtp,M,municipal,34172,insee,\nreg,R,other,420100,,420100\n")
    found = {o.code: o for o in Organization.objects.select_related("region", "regulates")}
    assert (found["mtp"].region.scheme, found["mtp"].regulates) == ("insee", None)
    assert found["reg"].regulates is not None
    assert found["reg"].regulates.code == "420100"


def test_a_dry_run_writes_nothing(file: Path) -> None:
    assert counts(load(file, "code,name,sector,region\na,A,power,420100\n", dry_run=True)) == (1, 0, 0, 0)
    assert Organization.objects.count() == 0


def test_a_misspelt_owner_is_told_the_nearest_code(file: Path) -> None:
    factories.organization("montpellier")
    with pytest.raises(CommandError, match=r"no organization “montpelier” – did you mean montpellier\?"):
        call_command("import_assets", str(file), owner="montpelier", kind="tower")
