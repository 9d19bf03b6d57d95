target_link_libraries(sample-photo PRIVATE pkg::turbojpeg pkg::pangocairo)
