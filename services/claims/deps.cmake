target_link_libraries(svc_claims PUBLIC pkg::curl)
