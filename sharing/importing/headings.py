"""Known headings of demand lists, in English and Chinese; printed in docs/formats.md."""

from registry.importing.short_headings import shortened

# A table: one target a line says more than one word a line.
# fmt: off
DEMAND = {
    "name": ("name", "demand", "site", "名称", "需求名称", "站名", "编号", "需求编号", "code"),
    "kind": ("kind", "type", "类型", "资源类型", "需求类型"),
    "quantity": ("quantity", "units", "数量", "需求数量", "芯数", "孔数", "抱杆数"),
    "splittable": ("splittable", "may_be_split", "可拆分"),
    "start": ("start", "from_date", "begin", "开始日期", "起始日期", "启用日期"),
    "end": ("end", "to_date", "until", "结束日期", "终止日期"),
    "priority": ("priority", "优先级"),
    "budget_per_year": ("budget_per_year", "budget", "年预算", "预算"),
    "weight_kg": ("weight", "重量", "设备重量"),
    "wind_area_m2": ("wind_area", "epa", "迎风面积"),
    "power_kw": ("power", "功率", "用电功率"),
    "radius_m": ("radius", "搜索半径", "半径"),
    "max_detour": ("max_detour", "detour", "最大绕行"),
    "disjoint_from": ("disjoint_from", "不同路由于"),
    "disjoint_by": ("disjoint_by", "不同路由方式"),
    "apart_m": ("apart", "min_distance", "路由间距", "最小间距"),
    "mounting_height_m": ("mounting_height", "height", "挂高", "天线挂高"),
    "max_earthing_ohm": ("max_earthing", "earthing", "接地电阻"),
    "min_backup_h": ("min_backup", "backup", "备电时长"),
    "cable_outer_diameter_mm": ("cable_outer_diameter", "cable_diameter", "缆径", "光缆外径"),
    "accepts_hazardous_co_use": ("accepts_hazardous_co_use", "接受危险共用"),
    "fiber_type": ("fiber_type", "光纤类型"),
    "max_attenuation_db": ("max_attenuation", "attenuation_budget", "最大衰减", "衰减预算"),
    "wavelength_nm": ("wavelength_nm", "wavelength", "波长"),
    "min_floor_load_kn_m2": ("min_floor_load", "floor_load", "楼面荷载"),
    "min_feeds": ("min_feeds", "feeds", "供电路数"),
    "min_security_class": ("min_security_class", "security_class", "安全等级"),
    "lon": ("lon", "lng", "longitude", "经度", "x"),
    "lat": ("lat", "latitude", "纬度", "y"),
    "wkt": ("wkt", "geometry", "geom"),
    "lon_lat": ("lon_lat", "经纬度", "坐标"),
    "lat_lon": ("lat_lon", "latlon", "latlng"),
    "origin_lon": ("origin_lon", "from_lon", "起点经度", "a端经度"),
    "origin_lat": ("origin_lat", "from_lat", "起点纬度", "a端纬度"),
    "origin_lon_lat": ("origin", "from", "起点", "起点坐标", "a端"),
    "destination_lon": ("destination_lon", "to_lon", "终点经度", "z端经度", "b端经度"),
    "destination_lat": ("destination_lat", "to_lat", "终点纬度", "z端纬度", "b端纬度"),
    "destination_lon_lat": ("destination", "to", "终点", "终点坐标", "z端", "b端"),
}
# fmt: on
# As a Shapefile's exports have them; of the ends of routes these have none.
_SHORT = {target: shortened([target]) for target in DEMAND if not target.startswith(("origin_", "destination_"))}
KNOWN = {target: (target, *_SHORT.get(target, ()), *headings) for target, headings in DEMAND.items()}
