target_link_libraries(jbctl PRIVATE pkg::curl pkg::pq pkg::nats)
