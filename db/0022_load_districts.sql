-- Xi'an's districts by name with the traffic police brigade of each; polygons come with
-- `jbctl districts import` (a hand-made outline is in db/seed/districts.geojson).
insert into intake.brigade (code, name) values
	('XC', '新城交警大队'), ('BL', '碑林交警大队'), ('LH', '莲湖交警大队'), ('BQ', '灞桥交警大队'),
	('WY', '未央交警大队'), ('YT', '雁塔交警大队'), ('YL', '阎良交警大队'), ('LT', '临潼交警大队'),
	('CA', '长安交警大队'), ('GL', '高陵交警大队'), ('HY', '鄠邑交警大队'), ('LTX', '蓝田交警大队'),
	('ZZ', '周至交警大队');
insert into intake.district (code, name, brigade_code) values
	('610102', '新城区', 'XC'), ('610103', '碑林区', 'BL'), ('610104', '莲湖区', 'LH'),
	('610111', '灞桥区', 'BQ'), ('610112', '未央区', 'WY'), ('610113', '雁塔区', 'YT'),
	('610114', '阎良区', 'YL'), ('610115', '临潼区', 'LT'), ('610116', '长安区', 'CA'),
	('610117', '高陵区', 'GL'), ('610118', '鄠邑区', 'HY'), ('610122', '蓝田县', 'LTX'),
	('610124', '周至县', 'ZZ');
