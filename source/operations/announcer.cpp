#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/kube/workloads.hpp>
#include <soteria/operations/announcer.hpp>
#include <soteria/operations/purposes.hpp>
#include <soteria/operations/slots.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::seconds patience{10}; // of one Event, tried again meanwhile

// The PVC that it is about: a backup's source, what a restore has made. Nothing while that is not there.
std::optional<event_subject> claim_of(const domain::operation& one,
                                      const kube::store<kube::persistent_volume_claim>& claims) {
    const auto& pvc = slot_subject(one);
    const auto claim = claims.find({pvc.ns, pvc.name});
    const bool is_target = slot_kind(one) == domain::operation_kind::restore;
    const bool ours = claim && (!is_target || claim->meta.uid == one.fact("claim_uid"));
    if (!ours || pvc.ns != one.ns)
        return std::nullopt;
    return event_subject{"v1", "PersistentVolumeClaim", pvc.ns, pvc.name, claim->meta.uid};
}

} // namespace

announcer::announcer(const boost::asio::any_io_executor& executor, kube::client& kubernetes,
                     const kube::store<kube::persistent_volume_claim>& claims, const clock& time,
                     telemetry::counter_family& counts)
    : kubernetes_(kubernetes), claims_(claims), time_(time), counts_(counts), changed_(executor) {}

void announcer::tell(news what, const domain::operation& about) {
    enqueue(event_about(record_of(about), what, about, time_.now()));
    if (const auto claim = claim_of(about, claims_))
        enqueue(event_about(*claim, what, about, time_.now()));
}

void announcer::enqueue(boost::json::object event) {
    if (waiting_.size() >= most_waiting) {
        counts_.add({"dropped"});
        return;
    }
    waiting_.push_back(std::move(event));
    changed_.notify_all();
}

awaitable<void> announcer::run() {
    bool more = true;
    while (more) {
        if (waiting_.empty()) {
            more = co_await changed_.wait(async::deadline::never());
            continue;
        }
        auto event = std::move(waiting_.front());
        waiting_.pop_front();
        co_await write(std::move(event));
        more = co_await async::sleep_until(async::deadline::after(spacing));
    }
}

awaitable<void> announcer::write(boost::json::object event) {
    kube::call_options options(async::deadline::after(patience), std::string(purposes::announce));
    const auto written = co_await kubernetes_.create(kube::core_events, std::move(event), std::move(options));
    const bool there_already = !written && written.error().reason == "already_exists";
    if (!written && written.error().code == errc::cancelled)
        co_return;
    if (!there_already)
        counts_.add({written ? "written" : "failed"});
    const bool fails = !written && !there_already;
    if (fails && !failing_)
        log::warning("an Event could not be written; operations go on, later failures are only counted",
                     {{"why", boost::json::value(written.error().message)}});
    failing_ = fails;
}

} // namespace soteria::operations
