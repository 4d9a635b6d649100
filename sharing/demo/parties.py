"""The organizations and people of the demo. Invented, but each of a kind that Wuhan has; and their sign-ins."""

from dataclasses import dataclass

from registry.models import Role, Sector
from registry.social_credit_code import check_character
from sharing.demo.districts import HUBEI, WUHAN

# Known to everyone who reads this file, hence only for a demo on one's own machine: see sharing.demo.database.
PASSWORD = "infrashare-demo"


@dataclass(frozen=True)
class Party:
    """A row of organizations.csv. serial: nine digits in the social credit code, in place of a registered number."""

    code: str
    name: str
    sector: str
    serial: int
    region: str = WUHAN
    regulates: str = ""

    @property
    def social_credit_code(self) -> str:
        """GB 32100: registration authority (9 company, 1 government body) and kind, place, number, check character."""
        first = ("11" if self.regulates or self.sector in PUBLIC else "91") + f"{self.region}{self.serial:09d}"
        return first + check_character(first)

    @property
    def contact_email(self) -> str:
        return f"sharing@{self.code}.example"


@dataclass(frozen=True)
class Person:
    """A user with one role in one organization. shown: whether the demo prints the sign-in."""

    username: str
    first_name: str
    last_name: str
    party: str
    role: str
    language: str = ""
    shown: bool = False

    @property
    def email(self) -> str:
        return f"{self.username}@{self.party}.example"


PUBLIC = (Sector.MUNICIPAL, Sector.PUBLIC_SECURITY)

REGULATOR, PROVINCE = "wuhan-regulator", "hubei-regulator"
MOBILE, TELECOM, TOWER_COMPANY = "jiangcheng-mobile", "chutian-telecom", "hanjiang-towers"
METRO, GRID = "wuhan-metro", "wuhan-grid"
LIGHTING, PIPES, POLICE = "city-lighting", "city-pipes", "public-security"
HOUSING = "huacheng-housing"

PARTIES = (
    Party(REGULATOR, "武汉市通信管理办公室 Wuhan Communications Administration", Sector.OTHER, 101, regulates=WUHAN),
    Party(PROVINCE, "湖北省通信管理局 Hubei Communications Administration", Sector.OTHER, 102, HUBEI, regulates=HUBEI),
    Party(MOBILE, "江城移动 Jiangcheng Mobile", Sector.TELECOM, 201),
    Party(TELECOM, "楚天电信 Chutian Telecom", Sector.TELECOM, 202),
    Party(TOWER_COMPANY, "汉江铁塔 Hanjiang Towers", Sector.TELECOM, 203),
    Party(METRO, "武汉轨道交通集团 Wuhan Rail Transit", Sector.TRANSPORT, 301),
    Party(GRID, "武汉供电公司 Wuhan Grid", Sector.POWER, 401),
    Party(LIGHTING, "武汉市城市照明中心 City Lighting Agency", Sector.MUNICIPAL, 501),
    Party(PIPES, "武汉市政管网公司 City Pipelines", Sector.MUNICIPAL, 502),
    Party(POLICE, "武汉市公安局 Public Security Bureau", Sector.PUBLIC_SECURITY, 601),
    Party(HOUSING, "华城物业 Huacheng Housing", Sector.OTHER, 701),
)

PEOPLE = (
    Person("lin.regulator", "Lan", "Lin", REGULATOR, Role.MANAGER, shown=True),
    Person("xu.regulator", "Wei", "Xu", REGULATOR, Role.MANAGER),
    Person("he.province", "Qing", "He", PROVINCE, Role.MANAGER, shown=True),
    Person("chen.mobile", "Jie", "Chen", MOBILE, Role.MANAGER, shown=True),
    Person("sun.mobile", "Yu", "Sun", MOBILE, Role.EDITOR),
    Person("zhao.telecom", "Min", "Zhao", TELECOM, Role.MANAGER, shown=True),
    Person("wang.towers", "Lei", "Wang", TOWER_COMPANY, Role.MANAGER, shown=True),
    Person("liu.metro", "Fang", "Liu", METRO, Role.MANAGER, shown=True),
    Person("gao.metro", "Ning", "Gao", METRO, Role.VIEWER),
    Person("tang.grid", "Bo", "Tang", GRID, Role.MANAGER, language="zh-hans", shown=True),
    Person("zhou.lighting", "Ying", "Zhou", LIGHTING, Role.MANAGER, shown=True),
    Person("wu.pipes", "Hao", "Wu", PIPES, Role.MANAGER),
    Person("feng.police", "Gang", "Feng", POLICE, Role.MANAGER, shown=True),
    Person("deng.housing", "Xin", "Deng", HOUSING, Role.MANAGER),
)
