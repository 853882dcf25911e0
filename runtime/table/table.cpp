#include "runtime/table/table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "runtime/table/impl.h"

namespace route {
namespace {

constexpr std::size_t kAlignment = 64;

auto Unreadable(const std::string& path, int error) -> std::unexpected<LoadError> {
  return std::unexpected(
      LoadError{LoadError::Kind::kUnreadable, "cannot read `" + path + "`: " + std::generic_category().message(error)});
}

/// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  auto operator=(const OpenFile&) -> OpenFile& = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  auto get() const -> int { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

BundleBytes::BundleBytes(BundleBytes&& other) noexcept {
  *this = std::move(other);
}

auto BundleBytes::operator=(BundleBytes&& other) noexcept -> BundleBytes& {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(owner_, other.owner_);
  return *this;
}

BundleBytes::~BundleBytes() {
  switch (owner_) {
    case Owner::kNobody:
      break;
    case Owner::kMapping:
      ::munmap(data_, size_);
      break;
    case Owner::kHeap:
      ::operator delete (data_, std::align_val_t{kAlignment});
      break;
  }
}

auto BundleBytes::Map(const std::string& path) -> std::expected<BundleBytes, LoadError> {
  const OpenFile file(path);
  if (file.get() < 0) return Unreadable(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) return Unreadable(path, EISDIR);
  BundleBytes bytes;
  if (status.st_size == 0) return bytes;  // mmap refuses an empty file; the loader says what it is
  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return Unreadable(path, errno);
  bytes.data_ = static_cast<std::byte*>(address);
  bytes.size_ = size;
  bytes.owner_ = Owner::kMapping;
  return bytes;
}

auto BundleBytes::Copy(std::span<const std::byte> source) -> BundleBytes {
  BundleBytes bytes;
  if (source.empty()) return bytes;
  bytes.data_ = static_cast<std::byte*>(::operator new (source.size(), std::align_val_t{kAlignment}));
  bytes.size_ = source.size();
  bytes.owner_ = Owner::kHeap;
  std::memcpy(bytes.data_, source.data(), source.size());
  return bytes;
}

Table::Table(std::unique_ptr<TableImpl> impl) : impl_(std::move(impl)) {}
Table::Table(Table&&) noexcept = default;
auto Table::operator=(Table&&) noexcept -> Table& = default;
Table::~Table() = default;

auto Table::Load(const std::string& path) -> std::expected<Table, LoadError> {
  auto bytes = BundleBytes::Map(path);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  auto impl = LoadTable(std::move(*bytes), "`" + path + "`");
  if (!impl) return std::unexpected(std::move(impl.error()));
  return Table(std::move(*impl));
}

auto Table::FromBytes(std::vector<std::byte> bytes) -> std::expected<Table, LoadError> {
  auto impl = LoadTable(BundleBytes::Copy(bytes), "the bundle");
  if (!impl) return std::unexpected(std::move(impl.error()));
  return Table(std::move(*impl));
}

auto Table::policy_name() const -> std::string_view {
  return impl_->policy_name;
}
auto Table::policy_version() const -> std::string_view {
  return impl_->policy_version;
}
auto Table::tool_version() const -> std::string_view {
  return impl_->tool_version;
}
auto Table::hash() const -> std::string_view {
  return impl_->hash;
}
auto Table::verified() const -> bool {
  return impl_->verified;
}
auto Table::limits() const -> Limits {
  return impl_->limits;
}
auto Table::attributes() const -> std::span<const AttributeView> {
  return impl_->attributes;
}
auto Table::deployments() const -> std::span<const DeploymentView> {
  return impl_->deployments;
}
auto Table::services() const -> std::span<const ServiceView> {
  return impl_->services;
}
auto Table::screens() const -> std::span<const ScreenView> {
  return impl_->screens;
}
auto Table::IsAnswered(std::uint32_t attribute) const -> bool {
  return std::ranges::any_of(impl_->services, [&](const ServiceView& service) {
    return std::ranges::binary_search(service.attributes, attribute);
  });
}
auto Table::rules() const -> std::span<const RuleView> {
  return impl_->rules;
}
auto Table::refusals() const -> std::span<const RefusalView> {
  return impl_->refusals;
}
auto Table::routes() const -> std::span<const RouteView> {
  return impl_->routes;
}
auto Table::tiers() const -> std::span<const TierView> {
  return impl_->tiers;
}
auto Table::guarantees() const -> std::span<const GuaranteeView> {
  return impl_->guarantees;
}
auto Table::sources() const -> std::span<const SourceHashView> {
  return impl_->sources;
}

auto Table::FindAttribute(std::string_view name) const -> std::uint32_t {
  for (std::uint32_t i = 0; i < impl_->attributes.size(); ++i) {
    if (impl_->attributes[i].name == name) return i;
  }
  return kNone;
}

}  // namespace route
