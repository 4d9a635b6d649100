"""Which district a generated asset lies in. Open boundaries of China's counties do not exist, so each place takes the
nearest of these centres: approximate positions of the seats of government, good to a few hundredths of a degree."""

from math import cos, hypot, radians

from sharing.demo.line import Place

WUHAN = "420100"
HUBEI = "420000"

# GB/T 2260 code: approximate longitude and latitude.
CENTRES: dict[str, Place] = {
    "420102": (114.310, 30.620),  # 江岸区
    "420103": (114.271, 30.601),  # 江汉区
    "420104": (114.215, 30.582),  # 硚口区
    "420105": (114.219, 30.554),  # 汉阳区
    "420106": (114.316, 30.554),  # 武昌区
    "420107": (114.385, 30.640),  # 青山区
    "420111": (114.390, 30.505),  # 洪山区
    "420112": (114.137, 30.620),  # 东西湖区
    "420113": (114.084, 30.309),  # 汉南区
    "420114": (114.029, 30.582),  # 蔡甸区
    "420115": (114.322, 30.376),  # 江夏区
    "420116": (114.376, 30.882),  # 黄陂区
    "420117": (114.801, 30.842),  # 新洲区
    # Neighbours of Wuhan, where the power lines that feed it run.
    "420281": (114.980, 30.096),  # 大冶市
    "420702": (114.685, 30.100),  # 梁子湖区
    "420703": (114.730, 30.534),  # 华容区
    "420704": (114.892, 30.400),  # 鄂城区
    "420902": (113.911, 30.917),  # 孝南区
    "420921": (113.998, 31.258),  # 孝昌县
    "420923": (113.753, 31.021),  # 云梦县
    "420984": (113.839, 30.661),  # 汉川市
    "421102": (114.880, 30.434),  # 黄州区
    "421121": (114.872, 30.644),  # 团风县
    "421122": (114.618, 31.288),  # 红安县
    "421202": (114.299, 29.853),  # 咸安区
    "421221": (113.939, 29.970),  # 嘉鱼县
}


def nearest_district(place: Place) -> str:
    """The code of the district whose centre is nearest to `place`.

    >>> nearest_district((114.30, 30.55))
    '420106'
    """
    shrink = cos(radians(place[1]))
    return min(CENTRES, key=lambda code: hypot((CENTRES[code][0] - place[0]) * shrink, CENTRES[code][1] - place[1]))
