"""Facts of the trade for the robustness benchmark: two spellings of one thing, ``|`` between, ``;`` after.

Written before the glossary of the recommender and apart from it, so that what is measured is its coverage.
"""

from __future__ import annotations

CODES = """
GB/T3098.1螺栓 | GB/T 3098.1螺栓; GBT3098.1螺栓 | GB/T 3098.1螺栓; GB 50205钢结构 | GB50205钢结构
φ323.9无缝钢管 | Φ323.9无缝钢管; 直径323.9无缝钢管 | φ323.9无缝钢管; Ø50棒材 | φ50棒材
φ 50棒材 | φ50棒材; DN 300球墨铸铁管 | DN300球墨铸铁管; 公称直径300球墨铸铁管 | DN300球墨铸铁管
dn300球墨铸铁管 | DN300球墨铸铁管; 10 kV开关柜 | 10kV开关柜; 10千伏开关柜 | 10kV开关柜
10KV开关柜 | 10kV开关柜; 110千伏变压器 | 110kV变压器; 6.3兆帕阀门 | 6.3MPa阀门
6.3 MPa阀门 | 6.3MPa阀门; 50兆瓦光伏电站 | 50MW光伏电站; 50 MW光伏电站 | 50MW光伏电站
2*300MW机组 | 2×300MW机组; 2x300MW机组 | 2×300MW机组; 12㎜钢板 | 12mm钢板; 12毫米钢板 | 12mm钢板
304 L不锈钢 | 304L不锈钢; 304l不锈钢 | 304L不锈钢; 20微米铜箔 | 20μm铜箔; 20um铜箔 | 20μm铜箔
500千伏安箱变 | 500kVA箱变; 28纳米芯片 | 28nm芯片; 10㎡地毯 | 10平方米地毯
1000m³储罐 | 1000立方米储罐; 5G基站天线 | 5g基站天线; Q345-B钢板 | Q345B钢板
HRB400E螺纹钢 | HRB-400E螺纹钢; ISO9001认证 | ISO 9001认证; 7.5kw电机 | 7.5千瓦电机
100Ah电池 | 100安时电池; −40℃低温钢 | -40°C低温钢; 100千克称重 | 100kg称重
"""

ABBREVIATIONS = """
ERP | 企业资源计划; MES | 制造执行系统; PLC | 可编程逻辑控制器; SiC | 碳化硅; PCB | 印制电路板
LED | 发光二极管; IGBT | 绝缘栅双极型晶体管; AGV | 自动导引车; SCADA | 数据采集与监控系统
EPC | 工程总承包; CNC | 数控; LNG | 液化天然气; BMS | 电池管理系统; WMS | 仓储管理系统
PLM | 产品生命周期管理; DCS | 分散控制系统; UPS | 不间断电源; GIS | 气体绝缘开关设备
RFID | 射频识别; MLCC | 多层陶瓷电容器; FPC | 柔性电路板; LCD | 液晶显示; OLED | 有机发光显示
IDC | 数据中心; CNG | 压缩天然气; LPG | 液化石油气; PVC | 聚氯乙烯; PE管 | 聚乙烯管; PP | 聚丙烯
PET | 聚酯; ABS | 丙烯腈-丁二烯-苯乙烯; EVA | 乙烯醋酸乙烯; GaN | 氮化镓; MEMS | 微机电系统
CRM | 客户关系管理; OA系统 | 办公自动化系统; SVG | 静止无功发生器; VOCs | 挥发性有机物
HDPE管 | 高密度聚乙烯管; PCCP | 预应力钢筒混凝土管; FRP | 玻璃钢; CFRP | 碳纤维复合材料
GPS | 全球定位系统; IoT | 物联网; AI | 人工智能; TFT | 薄膜晶体管; DRAM | 动态随机存储器
CPU | 中央处理器; ATM机 | 自动柜员机; AFC系统 | 自动售检票系统; CBTC | 基于通信的列车控制
EMU | 动车组; PTA | 精对苯二甲酸; SMT | 表面贴装; HVDC | 高压直流输电; CAD | 计算机辅助设计
PACS | 医学影像系统; MRI | 磁共振; IVD | 体外诊断; CDMO | 合同研发生产; API | 原料药; UAV | 无人机
eVTOL | 电动垂直起降飞行器
"""

ENGLISH = """
bearing | 轴承; valve | 阀门; steel pipe | 钢管; wind turbine tower | 风电塔筒; transformer | 变压器
cable | 电缆; pump | 泵; casting | 铸件; forging | 锻件; gearbox | 齿轮箱
photovoltaic module | 光伏组件; lithium battery | 锂电池; silicon wafer | 硅片; compressor | 压缩机
motor | 电机; generator | 发电机; switchgear | 开关柜; circuit breaker | 断路器; inverter | 逆变器
steel structure | 钢结构; stainless steel | 不锈钢; aluminum alloy | 铝合金; copper foil | 铜箔
carbon fiber | 碳纤维; glass fiber | 玻璃纤维; cement | 水泥; glass | 玻璃; ceramics | 陶瓷
rubber | 橡胶; plastics | 塑料; paint | 涂料; coating | 涂料; adhesive | 胶粘剂; crane | 起重机
elevator | 电梯; excavator | 挖掘机; forklift | 叉车; boiler | 锅炉; heat exchanger | 换热器
pressure vessel | 压力容器; fan | 风机; filter | 过滤器; sensor | 传感器; connector | 连接器
capacitor | 电容器; resistor | 电阻器; inductor | 电感器; semiconductor | 半导体
integrated circuit | 集成电路; chip | 芯片; laser | 激光; optical fiber | 光纤; optical cable | 光缆
antenna | 天线; base station | 基站; software | 软件; robot | 机器人; machine tool | 机床
mold | 模具; screw | 螺丝; fastener | 紧固件; spring | 弹簧; seal | 密封件; gear | 齿轮
chain | 链条; hydraulic cylinder | 液压缸; brake | 制动器; tire | 轮胎; wheel hub | 轮毂
engine | 发动机; electric vehicle | 电动汽车; charging pile | 充电桩; cathode material | 正极材料
separator | 隔膜; electrolyte | 电解液; hydrogen | 氢气; fuel cell | 燃料电池
wind turbine blade | 风电叶片; solar cell | 太阳能电池; rail | 钢轨; locomotive | 机车
metro vehicle | 地铁车辆; aircraft | 飞机; ship | 船舶; satellite | 卫星; titanium alloy | 钛合金
rare earth | 稀土; permanent magnet | 永磁体; medical device | 医疗器械; vaccine | 疫苗
packaging | 包装; paper | 纸; textile | 纺织品; fertilizer | 化肥; pesticide | 农药; feed | 饲料
logistics | 物流; water treatment | 水处理; sewage treatment | 污水处理
waste incineration | 垃圾焚烧; air conditioner | 空调; refrigerator | 冰箱; display panel | 显示面板
server | 服务器; printed circuit board | 印制电路板; furniture | 家具; testing service | 检测服务
property management | 物业管理; landscaping | 园林绿化; coal | 煤炭; natural gas | 天然气
crude oil | 原油
"""

BOILERPLATE = """
本项目已按规定完成审批，资金来源已落实，现面向社会公开征集合格供应商。供应商应当具有独立承担民事责任的能力。
供应商应当具有良好的商业信誉和健全的财务会计制度。有依法缴纳税收和社会保障资金的良好记录。
参加本次活动前三年内，在经营活动中没有重大违法记录。单位负责人为同一人的不同单位不得同时参加。
文件获取时间为每日上午九时至十一时三十分，下午十四时至十七时，节假日除外。逾期送达的文件不予受理。
供应商应当在截止时间前提交保证金，保证金可以采用转账、保函等形式。评审采用综合评分法，满分一百分。
报价应当包含税费、运输、保险、培训及售后等全部费用。成交供应商应当在通知书发出之日起三十日内签订合同。
质量保证期自验收合格之日起计算。付款方式以合同约定为准。对本次公告内容提出询问的，请按以下方式联系。
未尽事宜按照国家有关法律法规执行。本公告的解释权归发布单位所有。
"""


def pairs(table: str) -> list[tuple[str, str]]:
    """(asked, plain) of each entry: the spelling that disturbs and the one that a list is most likely in."""
    entries = [entry.strip() for entry in table.replace("\n", ";").split(";") if entry.strip()]
    return [(asked.strip(), plain.strip()) for asked, _, plain in (e.partition("|") for e in entries)]
