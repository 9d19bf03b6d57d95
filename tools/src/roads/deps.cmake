# osm/*.c: the readers of OpenStreetMap files, a library so that tests and fuzzers can link it.
pkg_check_modules(PKG_roads REQUIRED IMPORTED_TARGET zlib expat)
set(osm_pb ${CMAKE_BINARY_DIR}/pb/osm)
file(MAKE_DIRECTORY ${osm_pb})
add_custom_command(OUTPUT ${osm_pb}/osm.pb-c.c ${osm_pb}/osm.pb-c.h
	COMMAND ${PROTOC_C} -I ${d}/osm --c_out=${osm_pb} osm.proto
	DEPENDS ${d}/osm/osm.proto COMMENT "protoc-c: osm.proto")
file(GLOB osm_src CONFIGURE_DEPENDS ${d}/osm/*.c)
add_library(svc_roads STATIC ${osm_src} ${osm_pb}/osm.pb-c.c)
set_source_files_properties(${osm_pb}/osm.pb-c.c PROPERTIES COMPILE_OPTIONS -w)
target_include_directories(svc_roads PUBLIC ${d})
target_include_directories(svc_roads SYSTEM PUBLIC ${osm_pb})
target_link_libraries(svc_roads PUBLIC svc_dispatch kit PkgConfig::PKG_roads m PRIVATE jb_flags)
target_link_libraries(roads PRIVATE svc_roads)
