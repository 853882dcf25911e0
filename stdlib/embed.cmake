# cmake -DOUTPUT=library.cpp "-DFILES=a.route;b.route" -P embed.cmake
set(arrays "")
set(rows "")
set(names "")
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char k_${name}[] = {${bytes}};\n")
  string(APPEND rows "  if (name == \"std.${name}\") return std::string_view(k_${name}, sizeof k_${name});\n")
  string(APPEND names "\"std.${name}\", ")
endforeach()
file(WRITE ${OUTPUT} "// Written by stdlib/embed.cmake.
#include \"stdlib/library.h\"

namespace route::stdlib {
namespace {
${arrays}}  // namespace

auto LibraryFile(std::string_view name) -> std::optional<std::string_view> {
${rows}  return std::nullopt;
}

auto LibraryFiles() -> const std::vector<std::string>& {
  static const std::vector<std::string> names = {${names}};
  return names;
}

}  // namespace route::stdlib
")
