#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include "runtime/net/socket_stream.h"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace route {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

class Context final : public TlsContext {
 public:
  explicit Context(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {
    if (!context_) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(get(), TLS1_2_VERSION);
    SSL_CTX_set_options(get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Idle connections keep no buffers; what is written may lie elsewhere at the next step.
    SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(get(), 1);
  }
  auto get() const -> SSL_CTX* { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
};

/// What OpenSSL says about its last failure.
auto LastReason() -> std::string {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "it is not valid" : reason;
}

auto ReadOnly(const std::string& text) -> Bio {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// `h2` if the other side names it, else `http/1.1`; of neither there is no connection.
auto ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* named,
                    unsigned int size, void*) -> int {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  unsigned char* out = nullptr;
  const int found = SSL_select_next_proto(&out, length, kOurs, sizeof kOurs - 1, named, size);
  *chosen = out;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// The first certificate is the server's own; those after it lead to an authority.
auto UseCertificates(SSL_CTX* context, const std::string& text) -> bool {
  const Bio bio = ReadOnly(text);
  const Certificate own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  }
  // The end of the text is told as an error, that there is no further certificate.
  return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

class TlsStream final : public SocketStream {
 public:
  TlsStream(const asio::any_io_executor& executor, Context& context)
      : SocketStream(executor), ssl_(SSL_new(context.get())) {
    if (!ssl_) throw std::bad_alloc();
  }
  TlsStream(tcp::socket accepted, Context& context)
      : SocketStream(std::move(accepted)), ssl_(SSL_new(context.get())) {
    if (!ssl_) throw std::bad_alloc();
    Attach(socket().native_handle());
  }
  ~TlsStream() override { Close(); }

  auto Handshake(const std::string& host) -> asio::awaitable<Error> override {
    Error is_name;
    asio::ip::make_address(host, is_name);
    X509_VERIFY_PARAM* checks = SSL_get0_param(ssl_.get());
    const bool named = is_name ? SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 &&
                                     X509_VERIFY_PARAM_set1_host(checks, host.data(), host.size()) == 1
                               : X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) == 1;
    if (!named) co_return asio::error::invalid_argument;
    SSL_set_connect_state(ssl_.get());
    co_return co_await ShakeHands();
  }

  auto Accept() -> asio::awaitable<Error> override {
    SSL_set_accept_state(ssl_.get());
    co_return co_await ShakeHands();
  }

  auto protocol() const -> std::string_view override {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  /// A goodbye is answered (RFC 8446, 6.1). Who has not said goodbye gets none either, so that what was cut off looks so.
  void Close() final {
    if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) SayGoodbye();
    SocketStream::Close();
  }

  void EndSending() override {
    SayGoodbye();
    Error ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  auto Peek() -> Incoming override {
    char byte = 0;
    const Step step = Stepped([&](std::size_t& done) { return SSL_peek_ex(ssl_.get(), &byte, 1, &done); });
    if (step.error) return Incoming::kEnd;
    return step.need == Need::kNothing ? Incoming::kBytes : Incoming::kNothing;
  }

  auto TryRead(asio::mutable_buffer into) -> std::size_t override { return ReadStep(into).bytes; }

  /// What was read ahead, as a goodbye right behind a request, nobody would be told of by the socket.
  void WatchOnce(std::move_only_function<void(Error)> readable) override {
    if (SSL_has_pending(ssl_.get()) == 0 || Peek() == Incoming::kNothing) {
      return SocketStream::WatchOnce(std::move(readable));
    }
    asio::post(socket().get_executor(), [readable = std::move(readable)]() mutable { readable(Error()); });
  }

  auto ReadSome(asio::mutable_buffer into) -> asio::awaitable<std::expected<std::size_t, Error>> override {
    for (;;) {
      if (!IsUsable()) co_return std::unexpected(Told(asio::error::operation_aborted));
      const Step step = ReadStep(into);
      if (step.error) co_return std::unexpected(Told(step.error));
      if (step.need == Need::kNothing) {
        if (const Error error = co_await GiveWay()) co_return std::unexpected(error);
        co_return step.bytes;
      }
      if (const Error error = co_await Wait(step.need)) co_return std::unexpected(error);
    }
  }

 protected:
  auto WriteStep(asio::const_buffer bytes) -> Step override {
    return Stepped([&](std::size_t& done) { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &done); });
  }

  void Attach(int number) override { SSL_set_fd(ssl_.get(), number); }

 private:
  auto ReadStep(asio::mutable_buffer into) -> Step {
    return Stepped([&](std::size_t& done) { return SSL_read_ex(ssl_.get(), into.data(), into.size(), &done); });
  }

  /// As far as the socket takes it now.
  void SayGoodbye() {
    ERR_clear_error();
    if (socket().is_open()) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

  auto ShakeHands() -> asio::awaitable<Error> {
    for (;;) {
      const Step step = Stepped([&](std::size_t&) { return SSL_do_handshake(ssl_.get()); });
      if (step.error) co_return Told(step.error == asio::error::eof ? asio::ssl::error::stream_truncated : step.error);
      if (step.need == Need::kNothing) co_return Error();
      if (const Error error = co_await Wait(step.need)) co_return error;
    }
  }

  /// One call of OpenSSL, and what it says.
  template <typename Call>
  auto Stepped(Call call) -> Step {
    std::size_t done = 0;
    ERR_clear_error();
    errno = 0;
    const int result = call(done);
    const int told = errno;
    if (result == 1) return {done, Need::kNothing, {}};
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {0, Need::kReadable, {}};
      case SSL_ERROR_WANT_WRITE:
        return {0, Need::kWritable, {}};
      case SSL_ERROR_ZERO_RETURN:
        return {0, Need::kNothing, asio::error::eof};
      case SSL_ERROR_SYSCALL:
        if (told != 0) return {0, Need::kNothing, Error(told, boost::system::system_category())};
        return {0, Need::kNothing, asio::ssl::error::stream_truncated};
      default:
        break;
    }
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      return {0, Need::kNothing, asio::ssl::error::stream_truncated};
    }
    return {0, Need::kNothing, Error(static_cast<int>(code), asio::error::get_ssl_category())};
  }

  std::unique_ptr<SSL, Freed<SSL_free>> ssl_;
};

}  // namespace

auto TlsContext::ForClients() -> std::shared_ptr<TlsContext> {
  auto context = std::make_shared<Context>(TLS_client_method());
  SSL_CTX_set_default_verify_paths(context->get());
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

auto TlsContext::ForServers(const std::string& certificates, const std::string& key)
    -> std::expected<std::shared_ptr<TlsContext>, Problem> {
  auto context = std::make_shared<Context>(TLS_server_method());
  SSL_CTX_set_options(context->get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context->get(), SSL_SESS_CACHE_OFF);  // callers keep their sessions, as tickets
  SSL_CTX_set_alpn_select_cb(context->get(), ChooseProtocol, nullptr);
  ERR_clear_error();
  if (!UseCertificates(context->get(), certificates)) {
    return std::unexpected(Problem{Problem::Part::kCertificate, LastReason()});
  }
  ERR_clear_error();
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const Bio bio = ReadOnly(key);
  const Key own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_PrivateKey(context->get(), own.get()) != 1 ||
      SSL_CTX_check_private_key(context->get()) != 1) {
    return std::unexpected(Problem{Problem::Part::kKey, LastReason()});
  }
  return context;
}

auto MakeTlsStream(const asio::any_io_executor& executor, TlsContext& context) -> std::unique_ptr<ByteStream> {
  return std::make_unique<TlsStream>(executor, static_cast<Context&>(context));
}

auto MakeTlsStream(tcp::socket socket, TlsContext& context) -> std::unique_ptr<ByteStream> {
  return std::make_unique<TlsStream>(std::move(socket), static_cast<Context&>(context));
}

}  // namespace route
