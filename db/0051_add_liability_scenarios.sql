-- Scenario catalogue, version 1: the usual causes of two-car accidents, the result police practice
-- usually gives the party who did it (A), and the articles. An officer decides; this only proposes.
-- Articles: L Road Traffic Safety Law, R its implementing regulation, P order 146 of the Ministry of
-- Public Security; L43-1 is article 43 paragraph 1, R38-1(3) item 3 of it. `uncertain` names articles
-- that do not settle the matter alone (LOCAL: local regulations do). Checked against the texts in
-- force in 2021 (L), 2017 (R) and 2018 (P).
insert into liability.scenario_version (version, effective_at) values (1, '2018-05-01 00:00+08');

insert into liability.scenario
	(code, version, key, title, usual, articles, uncertain, aggravating, in_lane, slots, words) values
('S01', 1, 'REAR_END', '同车道追尾前车', 'FULL', '{L43-1}', '{}', false, true, '{}', '{追尾,追撞,撞上前车,后车撞}'),
('S02', 1, 'LANE_CHANGE', '变更车道影响相关车道内车辆正常行驶', 'FULL', '{R44-2}', '{}', false, true, '{ROAD_MARKING}', '{变道,并线,变更车道,换道}'),
('S03', 1, 'BOTH_CHANGE', '两车从两侧同时变更到同一车道', 'EQUAL', '{R44-2}', '{R44-2}', false, true, '{ROAD_MARKING}', '{同时变道,同时并线}'),
('S04', 1, 'CUT_QUEUE', '借道超车、占用对面车道或穿插等候车辆', 'FULL', '{L45-1,R53-2}', '{}', false, true, '{ROAD_MARKING}', '{加塞,插队,穿插}'),
('S05', 1, 'ZIPPER', '车道减少路段未依次交替通行', 'FULL', '{L45-2,R53-3}', '{}', false, true, '{ROAD_MARKING}', '{交替通行,车道变窄,车道减少}'),
('S06', 1, 'WRONG_WAY', '逆向行驶', 'FULL', '{L35}', '{}', false, true, '{ROAD_MARKING,SIGN}', '{逆行,逆向}'),
('S07', 1, 'CROSS_LINE', '越过实线行驶', 'FULL', '{L38,L35}', '{}', false, true, '{ROAD_MARKING}', '{压实线,越实线,跨实线,压线}'),
('S08', 1, 'REVERSING', '倒车', 'FULL', '{R50}', '{}', false, true, '{}', '{倒车}'),
('S09', 1, 'BOTH_REVERSE', '双方同时倒车', 'EQUAL', '{R50}', '{R50}', false, true, '{}', '{同时倒车,都在倒车}'),
('S10', 1, 'ROLL_BACK', '溜车', 'FULL', '{L22-1}', '{L22-1}', false, true, '{}', '{溜车,后溜}'),
('S11', 1, 'DOOR_DRIVER', '驾驶人开关车门妨碍他人通行', 'FULL', '{R63(4),L56-2}', '{}', false, true, '{}', '{开门,开车门,车门}'),
('S12', 1, 'DOOR_PASSENGER', '乘车人开关车门妨碍他人通行', 'FULL', '{R77(3),R63(4)}', '{}', false, true, '{}', '{乘客开门,乘客开车门}'),
('S13', 1, 'RED_LIGHT', '闯红灯', 'FULL', '{L38,L44,R38-1(3)}', '{}', false, true, '{SIGNAL_LIGHT}', '{闯红灯,红灯}'),
('S14', 1, 'YELLOW', '黄灯亮后越过停止线', 'FULL_OR_MAIN', '{R38-1(2),L26}', '{}', false, true, '{SIGNAL_LIGHT}', '{黄灯}'),
('S15', 1, 'WRONG_LANE_DIR', '未按导向车道行驶', 'FULL', '{R51(1),L38,L44}', '{}', false, true, '{SIGNAL_LIGHT,ROAD_MARKING}', '{导向车道,导向线}'),
('S16', 1, 'LEFT_VS_STRAIGHT_SIGNAL', '有信号灯路口转弯未让直行', 'FULL', '{R51(7),R38-1(1)}', '{}', false, true, '{SIGNAL_LIGHT}', '{左转,转弯}'),
('S17', 1, 'TURN_VS_STRAIGHT_NOSIGNAL', '无信号灯路口转弯未让直行', 'FULL', '{R52(3)}', '{}', false, true, '{SIGNAL_LIGHT}', '{左转,转弯}'),
('S18', 1, 'RIGHT_VS_LEFT', '相对方向行驶右转弯未让左转弯', 'FULL', '{R51(7),R52(4)}', '{}', false, true, '{SIGNAL_LIGHT}', '{右转}'),
('S19', 1, 'NO_YIELD_RIGHT', '无信号灯路口未让右方道路来车', 'FULL', '{R52(2)}', '{}', false, true, '{SIGNAL_LIGHT}', '{右方来车}'),
('S20', 1, 'NO_YIELD_SIGN', '未按标志、标线让优先通行的一方先行', 'FULL', '{R52(1),L44}', '{}', false, true, '{SIGNAL_LIGHT,SIGN}', '{让行标志,减速让行,停车让行}'),
('S21', 1, 'RIGHT_ON_RED', '红灯右转弯妨碍被放行车辆', 'FULL', '{R38-3}', '{}', false, true, '{SIGNAL_LIGHT}', '{红灯右转}'),
('S22', 1, 'ROUNDABOUT_ENTRY', '进环形路口未让已在路口内的车辆', 'FULL', '{R51(2),R52}', '{}', false, true, '{SIGNAL_LIGHT}', '{环岛,转盘,环形路口}'),
('S23', 1, 'ROUNDABOUT_EXIT', '环形路口内侧车辆驶出时影响外侧车辆', 'FULL', '{R44-2}', '{R44-2}', false, true, '{}', '{出环岛,出转盘}'),
('S24', 1, 'UTURN_FORBIDDEN', '在禁止掉头的地点掉头', 'FULL', '{R49-1}', '{}', false, true, '{SIGN}', '{违法掉头,禁止掉头}'),
('S25', 1, 'UTURN_ALLOWED', '掉头妨碍正常行驶的车辆', 'FULL', '{R49-2}', '{}', false, true, '{}', '{掉头,调头}'),
('S26', 1, 'OVERTAKE_FORBIDDEN', '在不得超车的情形下超车', 'FULL', '{L43}', '{}', false, true, '{}', '{违法超车,强行超车}'),
('S27', 1, 'OVERTAKE_RIGHT', '右侧超车或者超车后过早驶回原车道', 'FULL', '{R47}', '{}', false, true, '{}', '{右侧超车,超车}'),
('S28', 1, 'MEET_OBSTACLE', '会车时有障碍的一方未让无障碍的一方', 'FULL', '{R48(2)}', '{}', false, true, '{}', '{会车}'),
('S29', 1, 'MEET_SLOPE', '狭窄坡路会车下坡车未让上坡车', 'FULL', '{R48(3)}', '{}', false, true, '{}', '{坡路会车}'),
('S30', 1, 'MEET_MOUNTAIN', '狭窄山路会车靠山体一方未让行', 'FULL', '{R48(4)}', '{}', false, true, '{}', '{山路会车}'),
('S31', 1, 'MEET_SIDE', '会车未减速靠右或者未保持必要安全距离', 'FULL_OR_EQUAL', '{R48(1)}', '{}', false, true, '{}', '{会车}'),
('S32', 1, 'ENTER_ROAD', '驶入道路的车辆未让道路内正常行驶的车辆', 'FULL', '{L38,L22-1,L56-2,R57(1)}', '{LOCAL}', false, true, '{}', '{驶出小区,出小区,停车位驶出,起步}'),
('S33', 1, 'MAIN_FEEDER', '主辅路车辆未按规定让行', 'DEPENDS', '{L22-1}', '{LOCAL}', false, true, '{}', '{辅路,主路}'),
('S34', 1, 'RAMP_MERGE', '匝道驶入妨碍已在车道内的车辆', 'FULL', '{R79-1,R85}', '{}', false, true, '{}', '{匝道}'),
('S35', 1, 'EXPWAY_BAD', '高速公路上倒车、逆行、穿越中央分隔带或者在车道内停车等', 'FULL_OR_MAIN', '{R82}', '{}', false, true, '{}', '{高速倒车,应急车道,高速逆行}'),
('S36', 1, 'EXPWAY_GAP', '高速公路上未保持安全车距', 'FULL', '{R80}', '{}', false, true, '{}', '{高速追尾}'),
('S37', 1, 'BORROW_LANE', '违反规定使用专用车道或者非机动车道', 'FULL_OR_MAIN', '{L36,L37}', '{}', false, true, '{}', '{公交车道,公交专用道,非机动车道}'),
('S38', 1, 'BAN_ROAD', '违反禁令标志驶入', 'FULL_OR_MAIN', '{L38,L39}', '{}', false, true, '{SIGN}', '{禁行}'),
('S39', 1, 'OFFICER_SIGNAL', '不服从交通警察指挥', 'FULL', '{L38}', '{}', false, true, '{}', '{不服从指挥}'),
('S40', 1, 'EMERGENCY_VEH', '未让执行紧急任务的特种车辆', 'FULL', '{L53-1}', '{}', false, true, '{}', '{救护车,消防车}'),
('S41', 1, 'WORK_VEH', '未避让作业的道路养护车辆', 'FULL', '{L54-1}', '{}', false, true, '{}', '{养护车,洒水车}'),
('S42', 1, 'CARGO_FALL', '载物遗洒、飘散或者掉落', 'FULL', '{L48-1,R62(5)}', '{}', false, true, '{}', '{掉落,遗洒,货物掉}'),
('S43', 1, 'OVERSIZE', '载物超出规定尺寸', 'FULL_OR_MAIN', '{L48-1,R54}', '{}', false, true, '{}', '{超宽,超长,超高}'),
('S44', 1, 'TOW_RULE', '违反牵引或者挂车规定', 'FULL_OR_MAIN', '{R61,R56}', '{}', false, true, '{}', '{牵引,拖车绳}'),
('S45', 1, 'BLOCKED_JUNCTION', '路口阻塞时强行驶入或者在人行横道、网状线内停车', 'DEPENDS', '{R53-1,R53-2}', '{}', false, true, '{}', '{网状线,路口堵}'),
('S46', 1, 'ILLEGAL_PARK', '违法停车被撞', 'SECONDARY', '{L56,R63(1)}', '{L56}', false, true, '{}', '{违停,违法停车}'),
('S47', 1, 'NO_WARNING', '故障或者事故后未按规定警示', 'SHARED', '{L52,R60,L68}', '{}', false, true, '{}', '{故障车,抛锚,三角牌}'),
('S48', 1, 'HIT_PARKED', '碰撞合法停放的车辆', 'FULL', '{L22-1}', '{L22-1}', false, true, '{}', '{停放,停着的车,停车位}'),
('S49', 1, 'SINGLE', '单方碰撞固定物', 'FULL', '{L22-1,L42}', '{L22-1,L42}', false, true, '{}', '{撞护栏,撞隔离墩,撞树,撞墙,撞柱子,单方}'),
('S50', 1, 'SPEED', '超速或者未按天气、道路情况降低车速', 'AGGRAVATING', '{L42,R45,R46}', '{}', true, true, '{}', '{超速}'),
('S51', 1, 'PHONE', '驾驶时拨打接听手持电话、观看电视', 'AGGRAVATING', '{R62(3)}', '{}', true, true, '{}', '{打电话,看手机,玩手机}'),
('S52', 1, 'SLOW_ZONE', '单位院内、居民区内未低速行驶避让', 'FULL', '{R67}', '{}', false, true, '{}', '{小区内,院内}'),
('S53', 1, 'NONMOTOR_LANE', '非机动车未按规定通行', 'DEPENDS', '{L57,L35,R70-1,R72}', '{}', false, true, '{}', '{电动车,自行车,三轮车}'),
('S54', 1, 'PED_CROSSING', '人行横道未让行人', 'DEPENDS', '{L47}', '{}', false, false, '{}', '{行人,人行横道,斑马线}'),
('S55', 1, 'CHAIN', '多车连环追尾', 'DEPENDS', '{L43}', '{L43}', false, false, '{}', '{连环,三车,多车}'),
('S56', 1, 'DELIBERATE', '一方故意造成事故', 'DEPENDS', '{P60-2,P13(7)}', '{}', false, false, '{}', '{故意,碰瓷}'),
('S57', 1, 'NO_FAULT', '意外事故，各方均无过错', 'NONE', '{P60-1(3)}', '{}', false, true, '{}', '{爆胎,动物,意外}');

insert into liability.statement (kind, version, body, effective_at) values
('JOINT_APPLICATION', '2026-1',
 '本人是本起道路交通事故的当事人。依据《道路交通事故处理程序规定》第二十条，因对事故事实或者成因需要认定，'
 '本人自愿与其他当事人共同申请公安机关交通管理部门通过网络认定事故责任，同意适用简易程序远程处理，'
 '所提交的信息和照片真实，并知悉可以随时要求交通警察到现场处理。', '2018-05-01 00:00+08'),
('DOCUMENT_SIGNATURE', '2026-1',
 '本人已阅读本道路交通事故认定书（简易程序），对所载内容确认签名，并同意以电子方式送达。',
 '2018-05-01 00:00+08');

-- Until a district is named, the detachment itself issues.
insert into liability.issuing_unit (district, code, name, effective_at) values
('000000', '610100', '西安市公安局交通警察支队', '2018-05-01 00:00+08'),
('610102', '610102', '西安市公安局交通警察支队新城大队', '2018-05-01 00:00+08'),
('610103', '610103', '西安市公安局交通警察支队碑林大队', '2018-05-01 00:00+08'),
('610104', '610104', '西安市公安局交通警察支队莲湖大队', '2018-05-01 00:00+08'),
('610111', '610111', '西安市公安局交通警察支队灞桥大队', '2018-05-01 00:00+08'),
('610112', '610112', '西安市公安局交通警察支队未央大队', '2018-05-01 00:00+08'),
('610113', '610113', '西安市公安局交通警察支队雁塔大队', '2018-05-01 00:00+08'),
('610114', '610114', '西安市公安局交通警察支队阎良大队', '2018-05-01 00:00+08'),
('610115', '610115', '西安市公安局交通警察支队临潼大队', '2018-05-01 00:00+08'),
('610116', '610116', '西安市公安局交通警察支队长安大队', '2018-05-01 00:00+08'),
('610117', '610117', '西安市公安局交通警察支队高陵大队', '2018-05-01 00:00+08'),
('610118', '610118', '西安市公安局交通警察支队鄠邑大队', '2018-05-01 00:00+08'),
('610122', '610122', '西安市公安局交通警察支队蓝田大队', '2018-05-01 00:00+08'),
('610124', '610124', '西安市公安局交通警察支队周至大队', '2018-05-01 00:00+08');
