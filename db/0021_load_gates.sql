-- The gate table, version 1: what takes a case out of the rapid lane, and on what ground.
-- G general procedure now, O an officer on the scene, C to be confirmed (stays in the lane).
-- P: order 146 of the Ministry of Public Security (2018), L: Road Traffic Safety Law, R: its
-- implementing regulation, CI: compulsory insurance regulation, PIPL: Personal Information
-- Protection Law. "local" rows are the operator's choice: insert a new version to change them.
insert into intake.gate_version (version, effective_from, note) values
	(1, '2018-05-01 00:00:00+08', 'order 146 as in force since 2018-05-01');
insert into intake.gate_rule (version, code, level, fact, at_least, title, basis) values
	(1, 'X01', 'G', 'DEAD', 1, '有人员死亡', 'P3, P5, P27'),
	(1, 'X02', 'G', 'INJURED_NOT_AGREED', 1, '有人受伤且非各方同意适用简易程序的轻微伤', 'P23(2), P27'),
	(1, 'X03', 'O', 'INJURED_AGREED', 1, '轻微伤且各方同意适用简易程序', 'P23(2)'),
	(1, 'X04', 'O', 'DRINK', 1, '驾驶人涉嫌饮酒', 'P13(2), L91'),
	(1, 'X04', 'G', 'DRUNK', 1, '驾驶人涉嫌醉酒驾驶（危险驾驶）', 'P13(2), P23, P24, L91'),
	(1, 'X05', 'G', 'DRUGS', 1, '驾驶人涉嫌服用国家管制的精神药品或者麻醉药品', 'P13(2)'),
	(1, 'X06', 'O', 'NO_LICENCE', 1, '驾驶人无有效机动车驾驶证或者准驾车型不符', 'P13(1), R104'),
	(1, 'X07', 'O', 'NO_PLATE', 1, '机动车无号牌', 'P13(4), L95'),
	(1, 'X07', 'G', 'FORGED_PLATE', 1, '使用伪造、变造或者其他车辆号牌', 'P13(4), L96'),
	(1, 'X08', 'G', 'FLED', 1, '当事人离开或者逃逸', 'P13(6), P61'),
	(1, 'X09', 'G', 'DELIBERATE', 1, '涉嫌故意造成事故或者骗保', 'P13(7), P60'),
	(1, 'X10', 'G', 'OVERLOADED_PASSENGERS', 1, '校车、旅客运输涉嫌严重超员或者严重超速', 'P13(3)'),
	(1, 'X11', 'G', 'HAZMAT', 1, '涉及危险物品运输车辆', 'P15'),
	(1, 'X12', 'O', 'FACILITY_DAMAGED', 1, '碰撞建筑物、公共设施或者道路设施，需通知管理单位', 'P14(2), R88'),
	(1, 'X13', 'O', 'CANNOT_MOVE', 1, '车辆不能自行移动，需拖移', 'P13(5), P24'),
	(1, 'X14', 'O', 'NO_INSURANCE', 1, '未投保有效的机动车交通事故责任强制保险', 'L98, CI38'),
	(1, 'X15', 'C', 'NO_INSPECTION', 1, '无检验合格标志，需核实', 'P14(1)'),
	(1, 'X16', 'O', 'NOT_APPLIED', 1, '对事实或者成因有争议且未共同申请线上认定', 'P20'),
	(1, 'X17', 'O', 'OFFICER_REQUESTED', 1, '当事人要求民警到现场处理', 'P20'),
	(1, 'X18', 'O', 'SPECIAL_VEHICLE', 1, '涉及军队、武警、使领馆、外籍车辆或者人员', 'P12, P96-P102'),
	(1, 'X19', 'O', 'EXPRESSWAY', 1, '高速公路服务区以外路段', 'local'),
	(1, 'X20', 'C', 'NON_MOTOR', 1, '涉及非机动车或者行人，需核实机动车一方责任与保险', 'local'),
	(1, 'X21', 'O', 'NO_PHOTO', 1, '现场无法拍照固定', 'local'),
	(1, 'X22', 'C', 'CONFLICT_OF_INTEREST', 1, '民警需回避或者查勘员与一方有利害关系，需改派', 'P105'),
	(1, 'X23', 'O', 'MINOR_PARTY', 1, '当事人为未成年人且监护人不在场', 'PIPL31, L64'),
	(1, 'X24', 'C', 'LOSS_ABOVE_CEILING', 1, '估计损失超过快处上限', 'local'),
	(1, 'X25', 'C', 'VEHICLES', 4, '涉及三辆以上机动车，需核实', 'local');
