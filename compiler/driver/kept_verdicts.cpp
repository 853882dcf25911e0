#include "compiler/driver/kept_verdicts.h"

#include <elf.h>
#include <link.h>
#include <llvm/Support/raw_ostream.h>

#include <cstring>
#include <filesystem>
#include <utility>

#include "compiler/base/read_file.h"
#include "compiler/base/source.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {
namespace {

constexpr std::size_t kNoteAlignment = 4;

auto Padded(std::size_t size) -> std::size_t {
  return (size + kNoteAlignment - 1) / kNoteAlignment * kNoteAlignment;
}

/// The bytes that the linker made from everything in the program, as it stands in its notes; empty if there are none.
auto BuildIdIn(const char* notes, std::size_t size) -> std::string {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof(note));
    const std::size_t whole = sizeof(note) + Padded(note.n_namesz) + Padded(note.n_descsz);
    if (whole > size) break;
    if (note.n_type == NT_GNU_BUILD_ID) return {notes + sizeof(note) + Padded(note.n_namesz), note.n_descsz};
    notes += whole;
    size -= whole;
  }
  return {};
}

/// Called for each loaded object, this program first; a result other than 0 ends the walk.
auto TakeBuildId(dl_phdr_info* object, std::size_t /*size*/, void* build_id) -> int {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const char*>(object->dlpi_addr + header.p_vaddr);
    const std::string found = BuildIdIn(notes, header.p_memsz);
    if (!found.empty()) *static_cast<std::string*>(build_id) = found;
  }
  return 1;
}

/// Differs between any two builds that could answer differently.
auto ProgramName() -> std::string {
  std::string build_id;
  ::dl_iterate_phdr(TakeBuildId, &build_id);
  return ToolVersion() + "\n" + build_id;
}

void Note(const std::string& sentence) {
  llvm::errs() << "routec: note: " << diagnostics::Printable(sentence) << "\n";
}

}  // namespace

KeptVerdicts::KeptVerdicts(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  program_ = ProgramName();
  Read();
}

void KeptVerdicts::Read() {
  std::error_code error;
  if (!std::filesystem::exists(path(), error)) return;
  const auto bytes = ReadFileUpTo(path(), verify::VerdictCache::kMostFileBytes, FileKind::kRegular);
  if (!bytes) {
    Note("the verdict cache is not used: " + bytes.error());
    return;
  }
  if (const auto read = cache_.Read(*bytes, program_); !read) {
    Note("the verdict cache `" + path() + "` " + read.error() + "; it is not used and will be replaced");
  }
}

void KeptVerdicts::Keep() {
  if (folder_.empty() || cache_.counts().added == 0) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  // What another run has written since; if it cannot be used, this run replaces it.
  if (const auto bytes = ReadFileUpTo(path(), verify::VerdictCache::kMostFileBytes, FileKind::kRegular)) {
    static_cast<void>(cache_.Read(*bytes, program_));
  }
  if (const auto written = WriteFileAtomically(path(), cache_.Write(program_)); !written) {
    Note("the verdict cache is not kept: " + written.error());
  }
}

}  // namespace route::driver
