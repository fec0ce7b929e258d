#include "kubernetes.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

#include <array>
#include <set>
#include <stdexcept>

namespace simulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace bj = boost::json;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view driver = "driver.longhorn.io";

struct persistent_volume {
    std::string name;
    std::string handle;
    std::string phase;
    std::string claim_namespace;
    std::string claim;
};

std::string text_at(const bj::value& from, std::string_view pointer) {
    boost::system::error_code error;
    const auto* found = from.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::optional<persistent_volume> read(const bj::value& object) {
    if (text_at(object, "/spec/csi/driver") != driver) {
        return std::nullopt;
    }
    persistent_volume one;
    one.name = text_at(object, "/metadata/name");
    one.handle = text_at(object, "/spec/csi/volumeHandle");
    one.phase = text_at(object, "/status/phase");
    one.claim_namespace = text_at(object, "/spec/claimRef/namespace");
    one.claim = text_at(object, "/spec/claimRef/name");
    return one;
}

} // namespace

struct kubernetes_link::implementation : std::enable_shared_from_this<implementation> {
    implementation(asio::io_context& context_, const longhorn& manager_, const std::string& url)
        : context(context_), manager(manager_), streams{beast::tcp_stream(context_), beast::tcp_stream(context_)},
          pauses{asio::steady_timer(context_), asio::steady_timer(context_), asio::steady_timer(context_)} {
        constexpr std::string_view scheme = "http://";
        if (!url.starts_with(scheme)) {
            throw std::invalid_argument("The Kubernetes URL " + url + " is not http://host:port.");
        }
        host = url.substr(scheme.size());
        host.resize(std::min(host.find('/'), host.size()));
        const auto colon = host.rfind(':');
        port = colon == std::string::npos ? "80" : host.substr(colon + 1);
        name = host.substr(0, colon);
    }

    void start() {
        const auto self = shared_from_this();
        manager.state().volume_deleting = [this](const lh::volume& gone) {
            doomed.push_back(gone.kubernetes);
            doomed.back().last_pvc_ref_at = gone.kubernetes.last_pvc_ref_at;
            pauses[1].cancel();
        };
        asio::co_spawn(context, follow(self), asio::detached);
        asio::co_spawn(context, delete_the_doomed(self), asio::detached);
        asio::co_spawn(context, tick(self), asio::detached);
    }

    void stop() {
        stopped = true;
        manager.state().volume_deleting = nullptr;
        for (auto& stream : streams) {
            stream.cancel();
        }
        for (auto& pause : pauses) {
            pause.cancel();
        }
    }

    asio::awaitable<void> wait(std::size_t which, std::chrono::milliseconds duration) {
        pauses[which].expires_after(duration);
        co_await pauses[which].async_wait(as_tuple);
    }

    // What is due happens also when nobody asks, and PVs find volumes that came after them.
    asio::awaitable<void> tick([[maybe_unused]] std::shared_ptr<implementation> self) {
        for (int count = 0; !stopped; ++count) {
            manager.advance(std::chrono::system_clock::now());
            if (count % 10 == 0) {
                for (const auto& [pv_name, one] : known) {
                    const lh::volume* used = manager.state().find(one.handle);
                    if (used != nullptr && used->kubernetes.pv_name.empty()) {
                        tell(one);
                    }
                }
            }
            co_await wait(0, 25ms);
        }
    }

    void tell(const persistent_volume& one) const {
        manager.state().persistent_volume_seen(one.name, one.handle, one.phase, one.claim_namespace, one.claim);
    }

    void seen(const persistent_volume& one) {
        known[one.name] = one;
        tell(one);
    }

    void gone(const std::string& pv_name) {
        known.erase(pv_name);
        manager.state().persistent_volume_gone(pv_name);
    }

    asio::awaitable<bool> connect(beast::tcp_stream& stream) {
        stream.close();
        tcp::resolver resolver(context);
        const auto [unresolved, endpoints] = co_await resolver.async_resolve(name, port, as_tuple);
        if (unresolved) {
            co_return false;
        }
        stream.expires_after(5s);
        const auto [unconnected, endpoint] = co_await stream.async_connect(endpoints, as_tuple);
        co_return !unconnected;
    }

    http::request<http::empty_body> request_for(http::verb method, const std::string& target) const {
        http::request<http::empty_body> asked(method, target, 11);
        asked.set(http::field::host, host);
        asked.set(http::field::user_agent, "longhorn-simulator");
        asked.set(http::field::accept, "application/json");
        return asked;
    }

    // The body of a 2xx; nullopt: anything else.
    asio::awaitable<std::optional<std::string>> call(std::size_t which, http::verb method, std::string target) {
        beast::tcp_stream& stream = streams[which];
        const bool connected = co_await connect(stream);
        if (!connected) {
            co_return std::nullopt;
        }
        const auto asked = request_for(method, target);
        stream.expires_after(20s);
        const auto [unsent, sent] = co_await http::async_write(stream, asked, as_tuple);
        if (unsent) {
            co_return std::nullopt;
        }
        beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(1024ULL * 1024 * 1024);
        const auto [unread, received] = co_await http::async_read(stream, buffer, parser, as_tuple);
        if (unread || parser.get().result_int() >= 300) {
            co_return std::nullopt;
        }
        co_return std::move(parser.get().body());
    }

    asio::awaitable<void> follow([[maybe_unused]] std::shared_ptr<implementation> self) {
        while (!stopped) {
            const std::string version = co_await list();
            if (!version.empty()) {
                co_await watch(version);
            }
            co_await wait(2, 200ms);
        }
    }

    // The list's resourceVersion; "": it could not be read.
    asio::awaitable<std::string> list() {
        const std::string target = "/api/v1/persistentvolumes";
        const auto body = co_await call(0, http::verb::get, target);
        boost::system::error_code error;
        const bj::value all = bj::parse(body.value_or(""), error);
        if (error || !all.is_object() || !all.as_object().contains("items")) {
            co_return "";
        }
        std::set<std::string> there;
        for (const bj::value& item : all.at("items").as_array()) {
            if (const auto one = read(item)) {
                there.insert(one->name);
                seen(*one);
            }
        }
        std::vector<std::string> lost;
        for (const auto& [pv_name, one] : known) {
            if (!there.contains(pv_name)) {
                lost.push_back(pv_name);
            }
        }
        for (const std::string& pv_name : lost) {
            gone(pv_name);
        }
        co_return text_at(all, "/metadata/resourceVersion");
    }

    asio::awaitable<void> watch(std::string version) {
        beast::tcp_stream& stream = streams[0];
        const bool connected = co_await connect(stream);
        if (!connected) {
            co_return;
        }
        const auto asked =
            request_for(http::verb::get, "/api/v1/persistentvolumes?watch=true&allowWatchBookmarks=true" +
                                             ("&resourceVersion=" + version));
        const auto [unsent, sent] = co_await http::async_write(stream, asked, as_tuple);
        if (unsent) {
            co_return;
        }
        beast::flat_buffer buffer;
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(boost::none);
        const auto [unread, header_size] = co_await http::async_read_header(stream, buffer, parser, as_tuple);
        if (unread || parser.get().result_int() != 200) {
            co_return;
        }
        stream.expires_never();
        std::string pending;
        std::array<char, 16384> chunk{};
        bool more = true;
        while (more && !stopped && !parser.is_done()) {
            parser.get().body().data = chunk.data();
            parser.get().body().size = chunk.size();
            const auto [error, size] = co_await http::async_read(stream, buffer, parser, as_tuple);
            more = !error || error == http::error::need_buffer;
            pending.append(chunk.data(), chunk.size() - parser.get().body().size);
            more = more && take_lines(pending);
        }
    }

    // false: the watch is over (an ERROR event, most likely 410).
    bool take_lines(std::string& pending) {
        for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            boost::system::error_code error;
            const bj::value event = bj::parse(pending.substr(0, end), error);
            pending.erase(0, end + 1);
            const std::string type = error ? "ERROR" : text_at(event, "/type");
            if (type == "ERROR") {
                return false;
            }
            if (type == "BOOKMARK") {
                continue;
            }
            if (const auto one = read(event.at("object"))) {
                if (type == "DELETED") {
                    gone(one->name);
                } else {
                    seen(*one);
                }
            }
        }
        return true;
    }

    asio::awaitable<void> delete_the_doomed([[maybe_unused]] std::shared_ptr<implementation> self) {
        while (!stopped) {
            if (doomed.empty()) {
                co_await wait(1, 10s);
                continue;
            }
            const lh::kubernetes_view used = doomed.front();
            doomed.erase(doomed.begin());
            if (!used.pv_name.empty()) {
                const std::string target = "/api/v1/persistentvolumes/" + used.pv_name;
                co_await call(1, http::verb::delete_, target);
            }
            if (!used.pvc_name.empty() && used.last_pvc_ref_at.empty()) {
                const std::string target = "/api/v1/namespaces/" + used.ns + "/persistentvolumeclaims/" + used.pvc_name;
                co_await call(1, http::verb::delete_, target);
            }
        }
    }

    asio::io_context& context;
    const longhorn& manager;
    std::string host;
    std::string name;
    std::string port;
    std::array<beast::tcp_stream, 2> streams; // for following, for deleting
    std::array<asio::steady_timer, 3> pauses; // of the tick, of deleting, of following
    std::map<std::string, persistent_volume> known;
    std::vector<lh::kubernetes_view> doomed;
    bool stopped = false;
};

kubernetes_link::kubernetes_link(asio::io_context& context, const longhorn& manager, const std::string& url)
    : implementation_(std::make_shared<implementation>(context, manager, url)) {
    implementation_->start();
}

kubernetes_link::~kubernetes_link() {
    implementation_->stop();
}

} // namespace simulator
