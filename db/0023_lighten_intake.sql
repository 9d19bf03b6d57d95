-- Taking an order is the busiest statement of the system: drop what costs an index, a trigger or a
-- regular expression on it and guards nothing that the statement could get wrong. Order and incident
-- are always written together by one statement and meet by order number; merges have their foreign
-- keys in incident_link.
alter table intake.dispatch_order
	drop constraint dispatch_order_incident_id_fkey,
	drop constraint dispatch_order_incident_id_key;
alter table intake.incident
	drop constraint incident_merged_into_fkey,
	drop constraint incident_case_no_check,
	drop constraint incident_district_check,
	drop constraint incident_check4,
	add constraint incident_case_no_check check (case_no like 'JB________-%'),
	add constraint incident_district_check check (length(district) = 6),
	add constraint incident_lane_only_stricter check (lane = first_lane or first_lane = 'RAPID'
		or lane = 'GENERAL');
