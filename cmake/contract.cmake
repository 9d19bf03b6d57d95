# contract.cmake - .proto files to C structs (protoc-c), a descriptor set (protoc), and from that
# the tables, OpenAPI document and NATS permissions (contract-gen).
file(GLOB JB_PROTOS CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/proto
	${CMAKE_SOURCE_DIR}/proto/jingbao/v1/*.proto)
set(PB_DIR ${CMAKE_BINARY_DIR}/pb)
file(MAKE_DIRECTORY ${PB_DIR})
pkg_get_variable(PBC_INCLUDE libprotobuf-c includedir)
set(pb_sources)
set(pb_headers)
set(pb_inputs)
foreach(p ${JB_PROTOS})
	string(REPLACE ".proto" ".pb-c" stem ${p})
	list(APPEND pb_sources ${PB_DIR}/${stem}.c)
	list(APPEND pb_headers ${PB_DIR}/${stem}.h)
	list(APPEND pb_inputs ${CMAKE_SOURCE_DIR}/proto/${p})
endforeach()
add_custom_command(OUTPUT ${pb_sources} ${pb_headers}
	COMMAND ${PROTOC_C} -I ${CMAKE_SOURCE_DIR}/proto -I ${PBC_INCLUDE}
		--c_out=${PB_DIR} ${JB_PROTOS}
	DEPENDS ${pb_inputs} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/proto
	COMMENT "protoc-c: messages")
# descriptor.proto itself, so that contract-gen can read the descriptor set with protobuf-c.
set(desc_sources ${PB_DIR}/google/protobuf/descriptor.pb-c.c)
set(desc_headers ${PB_DIR}/google/protobuf/descriptor.pb-c.h)
add_custom_command(OUTPUT ${desc_sources} ${desc_headers}
	COMMAND ${PROTOC_C} -I ${PBC_INCLUDE} --c_out=${PB_DIR}
		google/protobuf/descriptor.proto
	COMMENT "protoc-c: descriptor.proto")
add_custom_command(OUTPUT ${PB_DIR}/jingbao.desc
	COMMAND ${PROTOC} -I ${CMAKE_SOURCE_DIR}/proto -I ${PBC_INCLUDE} --include_imports
		--include_source_info --descriptor_set_out=${PB_DIR}/jingbao.desc ${JB_PROTOS}
	DEPENDS ${pb_inputs} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/proto
	COMMENT "protoc: descriptor set")

add_library(jb_pb STATIC ${pb_sources} ${desc_sources})
target_include_directories(jb_pb SYSTEM PUBLIC ${PB_DIR})
target_link_libraries(jb_pb PUBLIC pkg::protobuf_c)
target_compile_options(jb_pb PRIVATE -w)
add_custom_target(jb_pb_headers DEPENDS ${pb_headers} ${desc_headers})

add_executable(contract-gen ${CMAKE_SOURCE_DIR}/tools/contract-gen/main.c)
file(GLOB gen_more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/contract-gen/*.c)
list(REMOVE_ITEM gen_more ${CMAKE_SOURCE_DIR}/tools/contract-gen/main.c)
target_sources(contract-gen PRIVATE ${gen_more})
target_link_libraries(contract-gen PRIVATE jb_pb jb_flags pkg::jansson)

set(GEN_DIR ${CMAKE_BINARY_DIR}/gen)
set(openapi_base ${CMAKE_SOURCE_DIR}/tools/contract-gen/openapi.base.json)
file(MAKE_DIRECTORY ${GEN_DIR}/contract)
set(gen_out ${GEN_DIR}/contract/contract.gen.c ${GEN_DIR}/contract/contract.gen.h
	${GEN_DIR}/contract/openapi.json ${GEN_DIR}/contract/nats-permissions.json
	${GEN_DIR}/contract/methods.json)
add_custom_command(OUTPUT ${gen_out}
	COMMAND contract-gen ${PB_DIR}/jingbao.desc ${GEN_DIR}/contract ${openapi_base}
	DEPENDS contract-gen ${PB_DIR}/jingbao.desc ${openapi_base} COMMENT "contract-gen")
file(GLOB contract_src CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/services/contract/*.c)
add_library(jb_contract STATIC ${contract_src} ${GEN_DIR}/contract/contract.gen.c)
target_include_directories(jb_contract PUBLIC ${CMAKE_SOURCE_DIR}/services)
target_include_directories(jb_contract SYSTEM PUBLIC ${GEN_DIR})
set_source_files_properties(${GEN_DIR}/contract/contract.gen.c PROPERTIES COMPILE_OPTIONS -w)
target_link_libraries(jb_contract PUBLIC jb_pb PRIVATE jb_flags)
add_custom_target(jb_contract_gen DEPENDS ${gen_out})
