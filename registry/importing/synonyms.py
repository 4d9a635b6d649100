"""Known headings of columns, and words for choices, in English, Chinese and French; printed in docs/formats.md.

Within a target the best heading comes first.
"""

# A table: one target a line says more than one word a line.
# fmt: off
# ruff: noqa: E501
COMMON = {
    "code": (
        "code", "asset_code", "asset_id", "编号", "资产编号", "资源编号", "站址编码", "站址编号", "设备编号", "杆号", "塔号", "杆塔编号",
        "管道编号", "光缆编号", "机房编号", "编码", "site_id", "site_code", "identifiant", "identifian", "reference",
        "v_id", "l_id", "@id", "id",
    ),
    "name": ("name", "asset_name", "名称", "资产名称", "站址名称", "站名", "杆塔名称", "管道名称", "光缆名称", "机房名称", "nom",
             "denomination", "denominati", "libelle"),
    "region": ("region", "region_code", "adcode", "行政区划代码", "行政区划", "区划代码", "区域编码", "区县代码", "区县", "所属区县",
               "所属区域", "code_insee", "insee"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "东经", "x", "x_coord", "coord_x", "point_x", "x坐标", "easting", "e"),
    "lat": ("lat", "latitude", "纬度", "北纬", "y", "y_coord", "coord_y", "point_y", "y坐标", "northing", "n"),
    "wkt": ("wkt", "ewkt", "geom", "the_geom", "geometry", "geometrie", "wkt_srid_4326", "wkt_geom", "shape", "空间数据",
            "几何"),
    "lon_lat": ("lon_lat", "lonlat", "lng_lat", "经纬度", "坐标", "经纬度坐标", "coordinates", "coordonnees"),
    "lat_lon": ("lat_lon", "latlon", "lat_lng", "latlng", "geo_point_2d", "geopoint", "纬经度"),
}

ASSET = COMMON | {
    "status": ("status", "状态", "资产状态", "使用状态", "statut"),
    "available_from": ("available_from", "可用日期", "开放日期", "可共享时间", "投运日期", "disponible_le"),
    "weight_kg": ("weight_limit", "max_weight", "承重", "承载重量", "最大承重", "rated_weight", "charge_max"),
    "wind_area_m2": ("wind_area", "epa", "迎风面积", "挡风面积", "max_wind_area", "surface_au_vent"),
    "power_kw": ("power", "power_limit", "available_power", "供电容量", "可用电力", "电力容量", "puissance"),
    "open_to_sectors": ("open_to_sectors", "开放行业", "共享行业", "secteurs"),
    "price_per_unit_year": ("price_per_unit_year", "price", "rent", "租金", "年租金", "单价", "prix"),
    "terms": ("terms", "sharing_terms", "共享条件", "conditions"),
    "protection": ("protection", "protection_level", "保护等级", "密级"),
    "protection_reason": ("protection_reason", "保护原因"),
    "protection_review_on": ("protection_review_on", "protection_review", "复核日期", "保护复核日期"),
    "used_units": ("used_units", "units_used", "used", "occupied", "已用", "占用数", "已用数量", "occupes"),
}

KIND = {
    "tower": {
        "capacity": ("capacity", "mounts", "mounts_total", "抱杆数", "抱杆数量", "挂载位", "平台数", "supports"),
        "used_units": ("used_mounts", "mounts_used", "已用抱杆", "已用抱杆数"),
        "structure_type": ("structure_type", "structure_kind", "tower_construction", "塔型", "杆塔类型",
                           "塔桅类型", "铁塔类型", "杆型", "type_de_support"),
        "height_m": ("height", "tower_height", "高度", "塔高", "杆高", "挂高", "hauteur"),
        "free_height_min_m": ("free_height_min", "可用挂高下限", "最低可用挂高"),
        "free_height_max_m": ("free_height_max", "可用挂高上限", "最高可用挂高"),
        "design_wind_kn_m2": ("design_wind", "wind_pressure", "设计风压", "基本风压"),
        "structural_use_pct": ("structural_use", "结构利用率", "应力比"),
        "voltage_kv": ("voltage", "电压", "电压等级", "tension"),
        "backup_h": ("backup", "battery_backup", "备电时长", "后备时间"),
        "earthing_ohm": ("earthing", "earthing_resistance", "接地电阻"),
    },
    "duct": {
        "capacity": ("capacity", "bores", "ducts", "holes", "孔数", "管孔数", "总孔数", "fourreaux"),
        "used_units": ("used_bores", "bores_used", "已用孔数", "占用孔数"),
        "inner_diameter_mm": ("inner_diameter", "内径", "管孔内径", "diametre_interieur"),
        "outer_diameter_mm": ("outer_diameter", "diameter", "外径", "管径", "diametre", "diametre_exterieur"),
        "material": ("material", "材质", "管材", "materiau"),
        "sub_ducts": ("sub_ducts", "subducts", "子管数", "子孔数"),
        "depth_m": ("depth", "埋深", "profondeur"),
        "fill_limit": ("fill_limit", "填充率上限"),
        "hazardous_co_use": ("hazardous_co_use", "危险共用", "邻近危险管线"),
        "blocked": ("blocked", "堵塞", "是否堵塞", "obstrue"),
    },
    "fiber": {
        "capacity": ("capacity", "cores", "cores_total", "fibres", "fibers", "纤芯数", "芯数", "总芯数", "光缆芯数", "nb_fibres"),
        "used_units": ("cores_lit", "lit", "cores_used", "used_cores", "在用纤芯", "已用芯数", "占用芯数"),
        "fiber_type": ("fiber_type", "fibre_type", "光纤类型", "纤芯类型", "type_de_fibre"),
        "cable_length_m": ("cable_length", "optical_length", "光缆长度", "皮长", "纤长"),
        "route_length_m": ("route_length", "length", "路由长度", "长度", "longueur"),
        "attenuation_1310_db_km": ("attenuation_1310", "1310衰减"),
        "attenuation_1550_db_km": ("attenuation_1550", "1550衰减"),
        "splices": ("splices", "接头数", "熔接点数", "epissures"),
        "splice_loss_db": ("splice_loss", "接头损耗"),
        "connectors": ("connectors", "连接器数", "活接头数", "connecteurs"),
        "connector_loss_db": ("connector_loss", "连接器损耗"),
    },
    "equipment_room": {
        "capacity": ("capacity", "rack_units", "units", "u_total", "机架u数", "总u数", "可用u数", "unites_rack"),
        "used_units": ("used_rack_units", "u_used", "已用u数"),
        "area_m2": ("area", "面积", "机房面积", "使用面积", "surface"),
        "floor_load_kn_m2": ("floor_load", "楼面荷载", "承重荷载", "地板承重", "charge_au_sol"),
        "racks": ("racks", "机架数", "机柜数", "baies"),
        "ac_power_kw": ("ac_power", "交流容量", "市电容量"),
        "dc_power_kw": ("dc_power", "直流容量"),
        "feeds": ("feeds", "power_feeds", "供电路数", "市电路数"),
        "cooling_kw": ("cooling", "制冷量", "空调制冷量", "refroidissement"),
        "backup_h": ("backup", "battery_backup", "备电时长", "后备时间"),
        "security_class": ("security_class", "安全等级"),
        "cable_entries": ("cable_entries", "进线孔数", "进缆孔"),
    },
}

ORGANIZATION = {
    "code": ("code", "organization_code", "编码", "单位编码", "组织编码", "编号"),
    "name": ("name", "organization", "名称", "单位名称", "组织名称", "企业名称", "nom"),
    "sector": ("sector", "industry", "行业", "所属行业", "行业类别", "secteur"),
    "region": COMMON["region"],
    "scheme": ("scheme", "region_scheme", "区划体系"),
    "social_credit_code": ("social_credit_code", "uscc", "统一社会信用代码", "信用代码"),
    "contact_email": ("contact_email", "email", "e_mail", "邮箱", "电子邮箱", "联系邮箱", "courriel"),
    "contact_phone": ("contact_phone", "phone", "telephone", "电话", "联系电话"),
    "regulates": ("regulates", "regulated_region", "监管区域", "主管区域"),
}

REGION = {
    "code": ("code", "region_code", "adcode", "行政区划代码", "区划代码", "代码", "insee", "code_insee", "iso_3166_2", "shapeiso"),
    "name": ("name", "region", "名称", "区划名称", "行政区划名称", "nom", "shapename"),
    "prefix": ("prefix", "前缀"),
    "retired": ("retired", "已撤销"),
    "successor": ("successor", "successors", "现行代码", "变更后代码"),
    "wkt": COMMON["wkt"],
}

TERRAIN = {
    "code": ("code", "area_code", "编号", "编码", "图斑编号", "@id", "id"),
    "name": ("name", "area", "名称", "地名", "nom"),
    "terrain_class": ("terrain_class", "terrain", "class", "type", "地形", "地形类别", "地类", "类别", "类型", "路面类型"),
    "wkt": (*COMMON["wkt"], "place"),
}

STRUCTURES = {
    "guyed": "guyed_mast", "guyed_lattice": "guyed_mast", "guyed_tube": "guyed_mast", "拉线塔": "guyed_mast", "拉线桅杆": "guyed_mast",
    "freestanding": "monopole", "tube": "monopole", "tubular": "monopole", "单管塔": "monopole", "lattice_tower": "lattice",
    "角钢塔": "lattice", "三管塔": "lattice", "铁塔": "lattice", "楼面塔": "rooftop", "屋顶": "rooftop", "抱杆": "rooftop",
    "路灯杆": "streetlight", "灯杆": "streetlight", "智慧灯杆": "streetlight", "street_light": "streetlight", "lampadaire": "streetlight",
    "电线杆": "utility_pole", "水泥杆": "utility_pole", "poteau": "utility_pole", "pole": "utility_pole", "电力塔": "power_tower",
    "输电塔": "power_tower", "变电站": "substation", "桥梁": "bridge", "pont": "bridge", "其他": "other", "dish": "other",
    "dome": "other", "concealed": "other", "billboard": "other", "钢管塔": "monopole",
}
SYNONYMS: dict[str, dict[str, str]] = {
    "structure_type": STRUCTURES,
    "status": {"在用": "in_service", "在网": "in_service", "运行": "in_service", "active": "in_service", "停用": "out_of_service",
               "退服": "out_of_service", "规划": "planned", "在建": "planned"},
    "protection": {"公开": "open", "受限": "restricted", "内部": "restricted", "核心": "core", "重要": "core"},
    "material": {"pe": "hdpe", "硅芯管": "hdpe", "塑料管": "pvc", "钢管": "steel", "镀锌钢管": "steel", "水泥管": "cement",
                 "混凝土": "concrete", "桥架": "tray", "其他": "other", "béton": "concrete", "acier": "steel"},
    "fiber_type": {"g652d": "G.652.D", "g.652d": "G.652.D", "g.652": "G.652.D", "g652": "G.652.D", "g654e": "G.654.E",
                   "g.654e": "G.654.E", "g655": "G.655", "g657a1": "G.657.A1", "g.657a1": "G.657.A1",
                   "g657a2": "G.657.A2", "g.657a2": "G.657.A2", "其他": "other"},
    "kind": {"铁塔": "tower", "塔": "tower", "杆": "tower", "杆塔": "tower", "管道": "duct", "管孔": "duct", "光缆": "fiber",
             "纤芯": "fiber", "光纤": "fiber", "机房": "equipment_room", "room": "equipment_room", "pole": "tower",
             "mast": "tower", "fibre": "fiber"},
    "terrain_class": {"开阔地": "open_ground", "空地": "open_ground", "绿地": "open_ground", "耕地": "open_ground",
                      "道路": "paved_road", "路面": "paved_road", "铺装道路": "paved_road", "road": "paved_road", "paved": "paved_road",
                      "建成区": "built_up", "城区": "built_up", "山地": "mountain", "山区": "mountain", "岩石": "rock", "石方": "rock",
                      "水域": "water", "河流": "water", "湖泊": "water", "river": "water", "lake": "water", "rivière": "water"},
    "disjoint_by": {"不同缆": "line", "不同管道": "line", "不同人井": "chamber", "不同节点": "chamber", "距离": "distance",
                    "间距": "distance"},
    "sector": {"通信": "telecom", "电信": "telecom", "电力": "power", "能源": "power", "交通": "transport", "铁路": "transport",
               "地铁": "transport", "市政": "municipal", "城管": "municipal", "公安": "public_security", "其他": "other"},
}
SYNONYMS["open_to_sectors"] = SYNONYMS["sector"]
