# The gateway alone speaks HTTP.
target_link_libraries(svc_gateway PUBLIC pkg::microhttpd)
