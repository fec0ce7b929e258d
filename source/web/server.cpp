#include "session.hpp"

#include <soteria/async/task_group.hpp>
#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/web/certificate.hpp>
#include <soteria/web/listen_address.hpp>
#include <soteria/web/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <optional>
#include <stdexcept>

namespace soteria::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds accept_pause{100}; // out of file descriptors: some will be given back
constexpr std::size_t most_refused_at_once = 64;       // connections that are being told that there are too many

tcp::acceptor listen(const asio::any_io_executor& executor, const listen_address& where) {
    tcp::acceptor acceptor(executor);
    acceptor.open(where.endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (where.endpoint.protocol() == tcp::v6())
        acceptor.set_option(asio::ip::v6_only(!where.dual_stack));
    acceptor.bind(where.endpoint);
    acceptor.listen();
    return acceptor;
}

tcp::acceptor listen(const asio::any_io_executor& executor, const std::string& text) {
    auto where = parse_listen_address(text);
    if (!where)
        throw std::runtime_error(where.error().message);
    try {
        try {
            return listen(executor, *where);
        } catch (const boost::system::system_error&) {
            if (!where->dual_stack)
                throw;
        }
        // A machine without IPv6.
        where->endpoint = tcp::endpoint(tcp::v4(), where->endpoint.port());
        return listen(executor, *where);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot listen on \"" + text + "\": " + error.code().message());
    }
}

std::optional<certificate> certificate_of(const server_settings& settings) {
    if (settings.certificate_file.empty())
        return std::nullopt;
    return std::optional<certificate>(std::in_place, settings.certificate_file, settings.key_file);
}

} // namespace

struct server::implementation {
    implementation(const asio::any_io_executor& executor, server_settings given, router& to)
        : settings(std::move(given)), routes(to), shown(certificate_of(settings)),
          acceptor(listen(executor, settings.listen_address)), accepting(executor), serving(executor) {}

    asio::awaitable<void> accept();
    asio::awaitable<void> serve(std::shared_ptr<tcp::socket> socket);
    void take(tcp::socket socket);

    server_settings settings;
    router& routes;
    std::optional<certificate> shown; // none: plain HTTP
    tcp::acceptor acceptor;
    async::task_group accepting;
    async::task_group serving;
    std::list<session*> sessions; // the ones that are served
    std::size_t refusing = 0;
    std::uint64_t refused = 0;
    bool stopping = false;
};

asio::awaitable<void> server::implementation::accept() {
    constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
    while (!stopping) {
        auto waiting = acceptor.async_accept(no_throw);
        auto [error, socket] = co_await std::move(waiting);
        if (error == asio::error::operation_aborted || stopping)
            break;
        if (!error) {
            take(std::move(socket));
            continue;
        }
        log::warning("a connection could not be accepted", {{"why", boost::json::value(error.message())}});
        const auto pause = async::deadline::after(accept_pause);
        const bool time_came = co_await async::sleep_until(pause);
        if (!time_came)
            break;
    }
}

void server::implementation::take(tcp::socket socket) {
    auto shared = std::make_shared<tcp::socket>(std::move(socket));
    serving.spawn("connection", [this, shared] { return serve(shared); });
}

asio::awaitable<void> server::implementation::serve(std::shared_ptr<tcp::socket> socket) {
    session one(std::move(*socket), shown ? shown->current() : nullptr, settings.limits, routes);
    if (sessions.size() >= settings.limits.connections) {
        ++refused;
        if (refusing < most_refused_at_once) {
            ++refusing;
            co_await one.refuse();
            --refusing;
        }
        co_return;
    }

    struct entry {
        std::list<session*>& all;
        std::list<session*>::iterator at;

        ~entry() { all.erase(at); }
    };

    const entry registered(sessions, sessions.insert(sessions.end(), &one));
    if (stopping)
        one.wind_up();
    co_await one.run();
}

server::server(const asio::any_io_executor& executor, server_settings settings, router& routes)
    : implementation_(std::make_unique<implementation>(executor, std::move(settings), routes)) {
    const auto bound = implementation_->acceptor.local_endpoint();
    log::info("listening", {{"address", boost::json::value(bound.address().to_string())},
                            {"port", bound.port()},
                            {"tls", implementation_->shown.has_value()}});
}

server::~server() = default;

std::uint16_t server::port() const {
    return implementation_->acceptor.local_endpoint().port();
}

std::size_t server::connection_count() const {
    return implementation_->sessions.size();
}

std::uint64_t server::refused_count() const {
    return implementation_->refused;
}

void server::start() {
    auto* inside = implementation_.get();
    inside->accepting.spawn("accept", [inside] { return inside->accept(); });
}

asio::awaitable<bool> server::stop(async::deadline until) {
    auto& inside = *implementation_;
    inside.stopping = true;
    boost::system::error_code ignored;
    inside.acceptor.close(ignored);
    co_await inside.accepting.join(until);
    for (auto* each : inside.sessions)
        each->wind_up();
    const bool ended = co_await inside.serving.join(until);
    if (!ended) {
        constexpr std::chrono::seconds cancelling{5};
        const auto last = async::deadline::after(cancelling);
        co_await inside.serving.stop(last);
    }
    co_return ended;
}

} // namespace soteria::web
