# cmake --install: programs, libroute with its header and CMake package, manual pages, completions, documentation. Pages and completions are printed by routec itself.

include(GNUInstallDirs)

set(share ${CMAKE_BINARY_DIR}/share)
set(completions
  ${share}/bash-completion/completions/routec ${share}/zsh/site-functions/_routec ${share}/fish/vendor_completions.d/routec.fish)
add_custom_command(
  OUTPUT ${completions} ${share}/man/man1/routec.1
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${share}
  COMMAND ${CMAKE_COMMAND} -E make_directory
          ${share}/bash-completion/completions ${share}/zsh/site-functions ${share}/fish/vendor_completions.d
  COMMAND routec completions bash > ${share}/bash-completion/completions/routec
  COMMAND routec completions zsh > ${share}/zsh/site-functions/_routec
  COMMAND routec completions fish > ${share}/fish/vendor_completions.d/routec.fish
  COMMAND routec manual -o ${share}/man
  DEPENDS routec
  COMMENT "Writing manual pages and completions"
  VERBATIM)
add_custom_target(route_share ALL DEPENDS ${completions})

install(TARGETS routec routegate routeaudit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The library's version is that of its interface and not of the programs.
include(CMakePackageConfigHelpers)
set(route_package ${CMAKE_INSTALL_LIBDIR}/cmake/route)
install(TARGETS libroute EXPORT routeTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/route)
install(EXPORT routeTargets NAMESPACE route:: DESTINATION ${route_package})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/routeConfig.cmake.in ${CMAKE_BINARY_DIR}/routeConfig.cmake
  INSTALL_DESTINATION ${route_package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/routeConfigVersion.cmake VERSION 1.0.0 COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/routeConfig.cmake ${CMAKE_BINARY_DIR}/routeConfigVersion.cmake DESTINATION ${route_package})

install(DIRECTORY ${share}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${share}/bash-completion ${share}/zsh ${share}/fish DESTINATION ${CMAKE_INSTALL_DATADIR})
install(FILES docs/man/routegate.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES docs/man/routeaudit.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES deploy/routegate.service DESTINATION lib/systemd/system)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN man EXCLUDE)
