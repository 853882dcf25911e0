# cmake --install: programs, manual pages, completions, documentation. Pages and completions are printed by routec itself.

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
install(DIRECTORY ${share}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${share}/bash-completion ${share}/zsh ${share}/fish DESTINATION ${CMAKE_INSTALL_DATADIR})
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN man EXCLUDE)
