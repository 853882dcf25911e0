# cmake -DOUTPUT=x.cpp -DHEADER=a/b.h -DFUNCTION=route::stdlib::Texts -DROOT=folder "-DFILES=a;b" -P EmbedFiles.cmake
# Writes a source file that defines FUNCTION, which gives the files by their names relative to ROOT.
set(rows "")
list(SORT FILES)
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name ${ROOT} ${file})
  file(READ ${file} bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  string(APPEND rows "      {\"${name}\", std::string_view(\"${bytes}\", ${size})},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by cmake/EmbedFiles.cmake.
#include \"${HEADER}\"

auto ${FUNCTION}() -> std::span<const route::EmbeddedFile> {
  static constexpr route::EmbeddedFile files[] = {
${rows}  };
  return files;
}
")
