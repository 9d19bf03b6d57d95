# The document printer: apart from the service, which stays small without fonts and PDF.
add_executable(jb-liability-document ${dir}/document_worker.c ${dir}/draw_worker.c)
target_link_libraries(jb-liability-document PRIVATE svc_liability kit jb_contract jb_flags
	pkg::pangocairo pkg::cairo_pdf pkg::qrencode m)
cmake_language(DEFER CALL add_dependencies jb-liability jb-liability-document)
