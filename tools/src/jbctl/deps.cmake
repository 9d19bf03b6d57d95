target_link_libraries(jbctl PRIVATE svc_intake svc_dispatch pkg::sodium pkg::curl pkg::pq pkg::nats)
