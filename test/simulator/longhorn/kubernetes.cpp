#include "kubernetes.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <deque>
#include <set>

namespace simulator {

namespace asio = boost::asio;
namespace bj = boost::json;
using boost::beast::http::verb;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view driver = "driver.longhorn.io";
constexpr const char* all_volumes = "/api/v1/persistentvolumes";

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
    implementation(asio::io_context& context_, const longhorn& manager_, const cluster_access& access)
        : context(context_), manager(manager_), reader(context_, access), remover(context_, access), ticking(context_),
          removing(context_), following(context_) {}

    void start() {
        const auto self = shared_from_this();
        manager.state().volume_deleting = [this](const lh::volume& gone) {
            doomed.push_back(gone.kubernetes);
            removing.cancel();
        };
        asio::co_spawn(context, follow(self), asio::detached);
        asio::co_spawn(context, remove_the_doomed(self), asio::detached);
        asio::co_spawn(context, tick(self), asio::detached);
    }

    void stop() {
        stopped = true;
        manager.state().volume_deleting = nullptr;
        reader.cancel();
        remover.cancel();
        ticking.cancel();
        removing.cancel();
        following.cancel();
    }

    static asio::awaitable<void> wait(asio::steady_timer& timer, std::chrono::milliseconds duration) {
        timer.expires_after(duration);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    // What is due happens also when nobody asks, and PVs find volumes that came after them.
    asio::awaitable<void> tick([[maybe_unused]] std::shared_ptr<implementation> self) {
        for (int count = 0; !stopped; ++count) {
            manager.advance(std::chrono::system_clock::now());
            if (count % 10 == 0) {
                for (const auto& [name, one] : known) {
                    const lh::volume* used = manager.state().find(one.handle);
                    if (used != nullptr && used->kubernetes.pv_name.empty()) {
                        tell(one);
                    }
                }
            }
            co_await wait(ticking, 25ms);
        }
    }

    void tell(const persistent_volume& one) const {
        manager.state().persistent_volume_seen(one.name, one.handle, one.phase, one.claim_namespace, one.claim);
    }

    void seen(const persistent_volume& one) {
        known[one.name] = one;
        tell(one);
    }

    void gone(const std::string& name) {
        known.erase(name);
        manager.state().persistent_volume_gone(name);
    }

    asio::awaitable<void> follow([[maybe_unused]] std::shared_ptr<implementation> self) {
        while (!stopped) {
            const std::string version = co_await list();
            if (!version.empty() && !stopped) {
                const std::string target =
                    std::string(all_volumes) + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + version;
                std::function<bool(std::string_view)> take = [this](std::string_view line) { return event(line); };
                co_await reader.watch(target, std::move(take));
            }
            co_await wait(following, 200ms);
        }
    }

    // The list's resourceVersion; "": it could not be read.
    asio::awaitable<std::string> list() {
        const auto body = co_await reader.call(verb::get, all_volumes);
        if (stopped) { // the manager may be gone
            co_return "";
        }
        boost::system::error_code error;
        const bj::value all = bj::parse(body.value_or(""), error);
        if (error || !all.is_object() || !all.as_object().contains("items")) {
            co_return "";
        }
        std::set<std::string> lost;
        for (const auto& [name, one] : known) {
            lost.insert(name);
        }
        for (const bj::value& item : all.at("items").as_array()) {
            if (const auto one = read(item)) {
                lost.erase(one->name);
                seen(*one);
            }
        }
        for (const std::string& name : lost) {
            gone(name);
        }
        co_return text_at(all, "/metadata/resourceVersion");
    }

    // false: the watch is over (an ERROR event, most likely 410).
    bool event(std::string_view line) {
        if (stopped) {
            return false;
        }
        boost::system::error_code error;
        const bj::value told = bj::parse(line, error);
        const std::string type = error ? "ERROR" : text_at(told, "/type");
        if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") {
            return type == "BOOKMARK";
        }
        if (const auto one = read(told.at("object"))) {
            if (type == "DELETED") {
                gone(one->name);
            } else {
                seen(*one);
            }
        }
        return true;
    }

    asio::awaitable<void> remove_the_doomed([[maybe_unused]] std::shared_ptr<implementation> self) {
        while (!stopped) {
            if (doomed.empty()) {
                co_await wait(removing, 10s);
                continue;
            }
            const lh::kubernetes_view used = doomed.front();
            doomed.pop_front();
            if (!used.pv_name.empty()) {
                const std::string target = std::string(all_volumes) + "/" + used.pv_name;
                co_await remover.call(verb::delete_, target);
            }
            if (!used.pvc_name.empty() && used.last_pvc_ref_at.empty()) {
                const std::string target = "/api/v1/namespaces/" + used.ns + "/persistentvolumeclaims/" + used.pvc_name;
                co_await remover.call(verb::delete_, target);
            }
        }
    }

    asio::io_context& context;
    const longhorn& manager;
    cluster_client reader;
    cluster_client remover;
    asio::steady_timer ticking;
    asio::steady_timer removing;
    asio::steady_timer following;
    std::map<std::string, persistent_volume> known;
    std::deque<lh::kubernetes_view> doomed;
    bool stopped = false;
};

kubernetes_link::kubernetes_link(asio::io_context& context, const longhorn& manager, const cluster_access& access)
    : implementation_(std::make_shared<implementation>(context, manager, access)) {
    implementation_->start();
}

kubernetes_link::~kubernetes_link() {
    implementation_->stop();
}

} // namespace simulator
