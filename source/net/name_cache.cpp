#include <soteria/async/signal.hpp>
#include <soteria/net/name_cache.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <map>
#include <utility>

namespace soteria::net {

namespace {

constexpr std::chrono::seconds answer_life{30};

// What is known of one host.
struct entry {
    explicit entry(const boost::asio::any_io_executor& executor) : changed(executor) {}

    address_list addresses;
    async::deadline valid_until;
    bool asking = false;
    std::size_t answers = 0; // how often a lookup has ended
    boost::system::error_code last_error;
    async::signal changed;
};

} // namespace

name_lookup system_name_lookup(const boost::asio::any_io_executor& executor) {
    using boost::asio::ip::tcp;
    auto resolver = std::make_shared<tcp::resolver>(executor);
    return [resolver](const std::string& host, std::function<void(boost::system::error_code, address_list)> done) {
        resolver->async_resolve(
            host, "", tcp::resolver::flags(),
            [done = std::move(done)](boost::system::error_code error, const tcp::resolver::results_type& endpoints) {
                address_list addresses;
                for (const auto& endpoint : endpoints)
                    addresses.push_back(endpoint.endpoint().address().to_string());
                done(error, std::move(addresses));
            });
    };
}

struct name_cache::state : std::enable_shared_from_this<state> {
    state(boost::asio::any_io_executor executor_, name_lookup lookup_)
        : executor(std::move(executor_)), lookup(std::move(lookup_)) {}

    void ask(const std::string& host, const std::shared_ptr<entry>& known) {
        if (std::exchange(known->asking, true))
            return;
        lookup(host, [known](boost::system::error_code error, address_list addresses) {
            known->asking = false;
            ++known->answers;
            if (!error && addresses.empty())
                error = boost::asio::error::host_not_found;
            known->last_error = error;
            if (!error) {
                known->addresses = std::move(addresses);
                known->valid_until = async::deadline::after(answer_life);
            }
            known->changed.notify_all();
        });
    }

    boost::asio::any_io_executor executor;
    name_lookup lookup;
    bool closed = false;
    // One for each host ever asked for: the hosts of the upstreams' URLs, a handful.
    std::map<std::string, std::shared_ptr<entry>> entries;
};

name_cache::name_cache(boost::asio::any_io_executor executor, name_lookup lookup)
    : state_(std::make_shared<state>(std::move(executor), std::move(lookup))) {}

name_cache::~name_cache() {
    close();
}

void name_cache::close() {
    state_->closed = true;
    for (const auto& [host, known] : state_->entries)
        known->changed.notify_all();
}

boost::asio::awaitable<result<address_list>> name_cache::find(std::string host, async::deadline until) {
    const auto self = state_;
    auto& place = self->entries[host];
    if (!place)
        place = std::make_shared<entry>(self->executor);
    const auto known = place;
    const std::size_t answers_before = known->answers;
    while (!self->closed) {
        if (!known->valid_until.passed())
            co_return known->addresses;
        if (known->answers != answers_before)
            co_return failure(errc::unavailable,
                              "the host name " + host + " cannot be resolved: " + known->last_error.message());
        self->ask(host, known);
        auto change = known->changed.wait(until);
        const bool notified = co_await std::move(change);
        const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != boost::asio::cancellation_type::none)
            break;
        if (!notified)
            co_return failure(errc::timed_out, "the host name " + host + " was not resolved in time");
    }
    co_return failure(errc::cancelled, "cancelled while the host name " + host + " was being resolved");
}

} // namespace soteria::net
