# The photo code is a library of its own: the daemon never decodes, the worker program does.
file(GLOB photo_src CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/photo/*.c)
add_library(jb_photo STATIC ${photo_src})
target_include_directories(jb_photo PUBLIC ${CMAKE_SOURCE_DIR}/services)
target_link_libraries(jb_photo PUBLIC pkg::jpeg pkg::exif m PRIVATE jb_flags)
# Resampling and the Laplacian are loops for the vectoriser.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/photo/plane.c
	${CMAKE_CURRENT_LIST_DIR}/photo/sharpness.c ${CMAKE_CURRENT_LIST_DIR}/photo/exposure.c
	TARGET_DIRECTORY jb_photo PROPERTIES COMPILE_OPTIONS -O3)

add_executable(jb-evidence-photo ${CMAKE_CURRENT_LIST_DIR}/photo_worker.c)
target_link_libraries(jb-evidence-photo PRIVATE jb_photo jb_flags)

# Tests and the bench call the photo code directly; the daemon links what it uses of it.
target_link_libraries(svc_evidence PUBLIC jb_photo Threads::Threads)
target_link_options(svc_evidence INTERFACE -Wl,--as-needed)
add_dependencies(svc_evidence jb-evidence-photo)

add_executable(bench-photos ${CMAKE_SOURCE_DIR}/tests/bench/photos/photos.c)
target_link_libraries(bench-photos PRIVATE svc_evidence kit jb_flags)

# Photos for tests, where no real ones are at hand.
add_executable(make-photo ${CMAKE_SOURCE_DIR}/tests/bench/photos/make_photo.c)
target_link_libraries(make-photo PRIVATE jb_photo jb_flags)
