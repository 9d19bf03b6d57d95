target_link_libraries(jbctl PRIVATE svc_intake pkg::curl pkg::pq pkg::nats)
