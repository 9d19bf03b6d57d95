# board/*.c: the scoreboard, a library so that tests can link it.
file(GLOB board CONFIGURE_DEPENDS ${d}/board/*.c)
add_library(svc_citysim STATIC ${board})
target_include_directories(svc_citysim PUBLIC ${d})
target_link_libraries(svc_citysim PUBLIC svc_dispatch kit m PRIVATE jb_flags)
target_link_libraries(citysim PRIVATE svc_citysim pkg::curl pkg::jansson m)
