target_link_libraries(citysim PRIVATE pkg::curl pkg::jansson m)
