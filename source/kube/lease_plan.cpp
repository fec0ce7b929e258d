#include <soteria/kube/lease_plan.hpp>

#include <algorithm>

namespace soteria::kube {

namespace {

// The longer of what the holder promised and what we go by.
boot_clock::duration patience(const lease_tenure& tenure) {
    const boot_clock::duration said = tenure.seen ? tenure.seen->duration : std::chrono::seconds(0);
    return std::max<boot_clock::duration>(said, tenure.duration);
}

} // namespace

lease_step next_step(const lease_tenure& tenure, boot_time_point now) {
    if (!tenure.seen) {
        const bool wait = tenure.vanished && now < tenure.changed_at + tenure.duration;
        return wait ? lease_step::watch : lease_step::create;
    }
    if (tenure.seen->holder.empty())
        return lease_step::take;
    if (tenure.seen->holder == tenure.identity && now < tenure.valid_until)
        return lease_step::renew;
    return now < tenure.changed_at + patience(tenure) ? lease_step::watch : lease_step::take;
}

std::chrono::milliseconds until_free(const lease_tenure& tenure, boot_time_point now) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(tenure.changed_at + patience(tenure) - now);
    return std::max(left, std::chrono::milliseconds{0});
}

void saw(lease_tenure& tenure, std::optional<lease> found, boot_time_point now) {
    const bool same = found && tenure.seen && found->meta.uid == tenure.seen->meta.uid &&
                      found->holder == tenure.seen->holder && found->renew_time == tenure.seen->renew_time;
    if (!found && tenure.seen)
        tenure.vanished = !tenure.seen->holder.empty();
    if (found)
        tenure.vanished = false;
    if (!same && (found || tenure.seen))
        tenure.changed_at = now;
    tenure.seen = std::move(found);
    if (!tenure.seen || tenure.seen->holder != tenure.identity) {
        tenure.valid_until = {};
        return;
    }
    if (!tenure.doubtful_renew_time.empty() && tenure.seen->renew_time == tenure.doubtful_renew_time) {
        tenure.valid_until = tenure.doubtful_sent_at + tenure.duration;
        tenure.doubtful_renew_time.clear();
    }
}

void wrote(lease_tenure& tenure, lease written, boot_time_point sent_at) {
    tenure.valid_until = written.holder == tenure.identity ? sent_at + tenure.duration : boot_time_point{};
    tenure.seen = std::move(written);
    tenure.vanished = false;
    tenure.changed_at = sent_at;
    tenure.doubtful_renew_time.clear();
}

void write_failed(lease_tenure& tenure, const failure& why, const std::string& renew_time, boot_time_point sent_at) {
    const bool may_have_gone_through =
        why.code == errc::outcome_unknown || why.code == errc::timed_out || why.code == errc::cancelled;
    if (!may_have_gone_through)
        return;
    tenure.doubtful_renew_time = renew_time;
    tenure.doubtful_sent_at = sent_at;
}

} // namespace soteria::kube
