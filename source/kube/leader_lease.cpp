#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/kube/leader_lease.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/kube/purposes.hpp>

#include <boost/json/value_from.hpp>

#include <algorithm>

namespace soteria::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// A new one is begun after that.
constexpr std::chrono::milliseconds longest_watch{30000};
// Before a look at what has changed: a Lease that changes without end must not keep us busy.
constexpr std::chrono::milliseconds a_moment{50};

json::object spec_of(const leader_lease_settings& settings, const lease_tenure& tenure, lease_step step,
                     const std::string& renew_time) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.duration).count();
    json::object spec{{"holderIdentity", settings.identity}, {"leaseDurationSeconds", seconds}};
    spec["renewTime"] = renew_time;
    if (step == lease_step::renew)
        return spec;
    spec["acquireTime"] = renew_time;
    spec["leaseTransitions"] = tenure.seen ? tenure.seen->transitions + 1 : 0;
    return spec;
}

asio::awaitable<result<void>> give_back(client& kubernetes, std::string ns, std::string name, std::string version,
                                        async::deadline until) {
    json::object merge_patch;
    merge_patch["metadata"] = json::object{{"resourceVersion", version}};
    merge_patch["spec"] = json::object{{"holderIdentity", ""}};
    const auto patched = co_await kubernetes.patch(leases, std::move(ns), std::move(name), std::move(merge_patch),
                                                   call_options(until, std::string(purposes::release_lease)));
    if (!patched)
        co_return patched.error();
    co_return result<void>();
}

} // namespace

leader_lease::leader_lease(asio::any_io_executor executor, client& kubernetes, leader_lease_settings settings,
                           time_source now)
    : kubernetes_(kubernetes), settings_(std::move(settings)), now_(std::move(now)), changed_(std::move(executor)) {
    tenure_.identity = settings_.identity;
    tenure_.duration = settings_.duration;
}

asio::awaitable<void> leader_lease::run() {
    while (true) {
        const auto done = co_await step();
        announce();
        if (!done && done.error().code == errc::cancelled)
            co_return;
        if (!done)
            log::warning("the lease could not be read or written",
                         {{"lease", json::value(settings_.name)}, {"error", json::value(done.error().message)}});
        const bool go_on = co_await wait(done.has_value());
        announce();
        if (!go_on)
            co_return;
    }
}

// Until there is something to do again; false: cancelled.
asio::awaitable<bool> leader_lease::wait(bool well) {
    if (well && !held() && tenure_.seen)
        co_return co_await await_news(tenure_.seen->meta.resource_version);
    co_return co_await async::sleep_until(async::deadline::after(pause(well)));
}

// Until somebody else's Lease changes or its holder's time is up. A watch that cannot be had, or that ends, leaves us
// with looking now and then; one that has died in silence does no harm, as nothing is decided without a look.
asio::awaitable<bool> leader_lease::await_news(std::string version) {
    const auto until = async::deadline::after(std::min(until_free(tenure_, now_()), longest_watch));
    auto path = resource_path(leases, settings_.ns);
    add_query(path, "watch", "true");
    add_query(path, "fieldSelector", "metadata.name=" + settings_.name);
    add_query(path, "resourceVersion", version);
    add_query(path, "timeoutSeconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(longest_watch).count()));
    auto stream = co_await kubernetes_.open(std::move(path), one_try(purposes::watch_lease));
    auto pause = settings_.retry;
    if (stream) {
        const auto heard = co_await (*stream)->next(until);
        if (!heard && heard.error().code == errc::cancelled)
            co_return false;
        if (heard && !heard->empty())
            pause = std::min(pause, a_moment);
    } else if (stream.error().code == errc::cancelled) {
        co_return false;
    }
    co_return co_await async::sleep_until(until.at_most(pause));
}

// A third of the duration while it is ours and all is well; never past the moment at which it ends, so that the end is
// announced in time.
std::chrono::milliseconds leader_lease::pause(bool well) const {
    using std::chrono::milliseconds;
    if (!held())
        return settings_.retry;
    const auto left = std::chrono::ceil<milliseconds>(tenure_.valid_until - now_());
    return std::min(left, well ? settings_.duration / 3 : std::min(settings_.retry, settings_.duration / 6));
}

void leader_lease::announce() {
    if (announced_ == held())
        return;
    announced_ = held();
    log::info(announced_ ? "the lease is ours" : "the lease is not ours any more",
              {{"lease", json::value(settings_.name)}, {"identity", json::value(settings_.identity)}});
    changed_.notify_all();
}

// While it is ours and nothing is in doubt, a renewal needs no read: its resourceVersion is the check.
asio::awaitable<result<void>> leader_lease::step() {
    const bool sure = held() && tenure_.seen && tenure_.doubtful_renew_time.empty();
    if (!sure) {
        auto looked = co_await look();
        if (!looked)
            co_return looked;
    }
    const auto to_do = next_step(tenure_, now_());
    if (to_do == lease_step::watch)
        co_return result<void>();
    co_return co_await write(to_do);
}

call_options leader_lease::one_try(std::string_view what) const {
    call_options options(async::deadline::after(settings_.duration / 3), std::string(what));
    options.retry = false;
    return options;
}

asio::awaitable<result<void>> leader_lease::look() {
    auto found = co_await get_lease(kubernetes_, settings_.ns, settings_.name, one_try(purposes::look_at_lease));
    if (found)
        saw(tenure_, std::move(*found), now_());
    else if (found.error().code == errc::not_found)
        saw(tenure_, std::nullopt, now_());
    else
        co_return found.error();
    co_return result<void>();
}

asio::awaitable<result<void>> leader_lease::write(lease_step step) {
    const auto sent_at = now_();
    const auto renew_time = format_rfc3339_micro(system_clock().now());
    const std::string_view what = step == lease_step::renew ? purposes::renew_lease : purposes::acquire_lease;
    auto written = co_await send(step, renew_time, one_try(what));
    if (written) {
        wrote(tenure_, std::move(*written), sent_at);
        co_return result<void>();
    }
    write_failed(tenure_, written.error(), renew_time, sent_at);
    const auto code = written.error().code;
    // Changed or gone since we looked: whose it is now, the next look shows.
    if (code == errc::conflict || code == errc::not_found)
        co_return co_await look();
    co_return written.error();
}

asio::awaitable<result<lease>> leader_lease::send(lease_step step, std::string renew_time, call_options options) {
    json::object object;
    object["spec"] = spec_of(settings_, tenure_, step, renew_time);
    if (step == lease_step::create || !tenure_.seen) {
        object["apiVersion"] = leases.api_version();
        object["kind"] = leases.kind;
        object["metadata"] = json::object{{"namespace", settings_.ns}, {"name", settings_.name}};
        const auto created = co_await kubernetes_.create(leases, std::move(object), std::move(options));
        if (!created)
            co_return created.error();
        co_return decode_lease(*created);
    }
    json::object metadata{{"resourceVersion", tenure_.seen->meta.resource_version}};
    if (step == lease_step::renew && settings_.annotations)
        if (const auto wanted = settings_.annotations(); !wanted.empty())
            metadata["annotations"] = json::value_from(wanted);
    object["metadata"] = std::move(metadata);
    const auto patched =
        co_await kubernetes_.patch(leases, settings_.ns, settings_.name, std::move(object), std::move(options));
    if (!patched)
        co_return patched.error();
    co_return decode_lease(*patched);
}

asio::awaitable<result<void>> leader_lease::release(async::deadline until) {
    const bool ours = held() && tenure_.seen;
    const bool asked_for = !tenure_.doubtful_renew_time.empty();
    if (!ours && !asked_for)
        co_return result<void>();
    const auto version = ours ? tenure_.seen->meta.resource_version : std::string();
    // From now on it is nobody's as far as we are concerned, whether the API server hears of it or not.
    tenure_.valid_until = {};
    tenure_.doubtful_renew_time.clear();
    announce();
    result<void> given_back;
    if (ours) {
        given_back = co_await give_back(kubernetes_, settings_.ns, settings_.name, version, until);
        if (given_back || given_back.error().code != errc::conflict)
            co_return given_back;
    }
    // A write that was cancelled with run(), or whose answer was lost, may have gone through.
    const auto found = co_await get_lease(kubernetes_, settings_.ns, settings_.name,
                                          call_options(until, std::string(purposes::look_at_lease)));
    if (!found && found.error().code != errc::not_found)
        co_return found.error();
    if (!found || found->holder != settings_.identity)
        co_return given_back;
    co_return co_await give_back(kubernetes_, settings_.ns, settings_.name, found->meta.resource_version, until);
}

} // namespace soteria::kube
