# The http provider.
target_link_libraries(svc_notify PRIVATE pkg::curl)
