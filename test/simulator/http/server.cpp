#include "test/simulator/http/server.hpp"

#include "test/simulator/http/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <list>

namespace simulator {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

asio::ssl::context make_tls_context(const tls_files& files) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                        asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    context.use_certificate_chain_file(files.certificate_file);
    context.use_private_key_file(files.key_file, asio::ssl::context::pem);
    if (!files.client_ca_file.empty()) {
        context.load_verify_file(files.client_ca_file);
        context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    return context;
}

} // namespace

struct http_server::implementation : std::enable_shared_from_this<implementation> {
    struct connection {
        explicit connection(tcp::socket accepted) : socket(std::move(accepted)) {}

        tcp::socket socket; // with TLS: moved into the stream that serve() makes
        tcp::socket* lowest = &socket;
        asio::cancellation_signal cancel;
    };

    implementation(asio::io_context& context, const std::string& address, std::uint16_t port, handler handle_,
                   const std::optional<tls_files>& files)
        : acceptor(context, tcp::endpoint(asio::ip::make_address(address), port)), handle(std::move(handle_)) {
        if (files) {
            tls.emplace(make_tls_context(*files));
        }
    }

    asio::awaitable<void> accept() {
        while (acceptor.is_open()) {
            auto [error, socket] = co_await acceptor.async_accept(detail::as_tuple);
            if (stopped) {
                co_return;
            }
            if (error) { // out of descriptors, or a client that left at once
                asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(10));
                co_await pause.async_wait(detail::as_tuple);
                continue;
            }
            start_connection(std::move(socket));
        }
    }

    void start_connection(tcp::socket socket) {
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        const auto place = connections.emplace(connections.end(), std::move(socket));
        auto self = shared_from_this();
        auto ended = [self, place](const std::exception_ptr&) { self->connections.erase(place); };
        asio::co_spawn(acceptor.get_executor(), serve(self, *place),
                       asio::bind_cancellation_slot(place->cancel.slot(), std::move(ended)));
    }

    asio::awaitable<void> serve([[maybe_unused]] std::shared_ptr<implementation> self, connection& peer) {
        if (!tls) {
            detail::session<tcp::socket> plain(peer.socket, peer.socket, handle);
            co_await plain.run();
            co_return;
        }
        asio::ssl::stream<tcp::socket> stream(std::move(peer.socket), *tls);
        peer.lowest = &stream.next_layer();
        // Reset before the stream dies, however this coroutine ends.
        const std::shared_ptr<void> forget(nullptr, [&peer](void*) { peer.lowest = &peer.socket; });
        const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, detail::as_tuple);
        if (!error) {
            detail::session<asio::ssl::stream<tcp::socket>> secret(stream, stream.next_layer(), handle);
            co_await secret.run();
        }
    }

    void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        boost::system::error_code ignored;
        acceptor.close(ignored);
        // In the loop: outside of it, Asio posts an emission without owning its signal.
        asio::post(acceptor.get_executor(), [self = shared_from_this()] {
            boost::system::error_code error;
            for (auto& peer : self->connections) {
                peer.lowest->close(error);
                peer.cancel.emit(asio::cancellation_type::terminal);
            }
        });
    }

    tcp::acceptor acceptor;
    handler handle;
    std::optional<asio::ssl::context> tls;
    std::list<connection> connections;
    bool stopped = false;
};

http_server::http_server(asio::io_context& context, const std::string& address, std::uint16_t port, handler handle,
                         const std::optional<tls_files>& tls)
    : implementation_(std::make_shared<implementation>(context, address, port, std::move(handle), tls)) {}

http_server::~http_server() {
    stop();
}

std::uint16_t http_server::port() const {
    return implementation_->acceptor.local_endpoint().port();
}

void http_server::start() {
    auto self = implementation_;
    auto ended = [self](const std::exception_ptr&) {};
    asio::co_spawn(implementation_->acceptor.get_executor(), implementation_->accept(), std::move(ended));
}

void http_server::stop() {
    implementation_->stop();
}

} // namespace simulator
