#include <soteria/events/hub.hpp>

#include <algorithm>

namespace soteria::events {

namespace {

frame drawn(record_change change, position after, position reach) {
    frame made;
    const auto id = id_line(after);
    made.text.reserve(id.size() + change.body.size());
    made.text.append(id).append(change.body);
    made.id_bytes = id.size();
    made.about = std::move(change.about);
    made.after = std::move(after);
    made.reach = std::move(reach);
    return made;
}

} // namespace

hub::hub(hub_limits limits) : limits_(limits) {}

void hub::begin(position from) {
    began_ = from;
    floor_ = from;
    reach_ = from;
    present_ = std::move(from);
    begun_ = true;
    tell();
}

void hub::publish(record_change change) {
    auto after = present_;
    if (change.completes)
        after.of(change.about.kind) = change.version;
    auto reach = reach_;
    reach.of(change.about.kind) = change.version;
    append(drawn(std::move(change), std::move(after), std::move(reach)));
}

void hub::publish(subject about, std::string body) {
    frame made;
    made.about = std::move(about);
    made.text = std::move(body);
    made.after = present_;
    made.reach = reach_;
    append(std::move(made));
}

void hub::append_reset(topic what, std::string_view reason) {
    frame made;
    made.about.what = what;
    made.text = reset_block(present_, reason);
    made.id_bytes = id_line(present_).size();
    made.after = present_;
    made.reach = reach_;
    append(std::move(made));
}

void hub::publish_reset(std::string_view reason) {
    append_reset(topic::reset, reason);
}

void hub::append(frame made) {
    ++published_[static_cast<std::size_t>(made.about.what)];
    if (made.after != present_)
        heartbeat_.reset();
    present_ = made.after;
    reach_ = made.reach;
    made.sequence = end();
    bytes_ += made.bytes();
    frames_.push_back(std::make_shared<const frame>(std::move(made)));
    trim();
    tell();
}

void hub::advance(const position& to) {
    if (present_.covers(to))
        return;
    present_ = later(present_, to);
    reach_ = later(reach_, to);
    heartbeat_.reset();
    tell();
}

void hub::skip(record_kind kind, const std::string& to) {
    // A cache that is read anew as often as this has no history worth keeping.
    constexpr std::size_t most_gaps = 16;
    if (gaps_.size() == most_gaps) {
        const auto oldest = gaps_.front();
        raise_floor(oldest.kind, oldest.to);
    }
    gaps_.push_back({kind, present_.of(kind), to});
}

bool hub::skipped_within(const position& seen) const {
    return std::ranges::any_of(gaps_, [&seen](const gap& one) {
        const auto& version = seen.of(one.kind);
        return newer_version(version, one.from) && newer_version(one.to, version);
    });
}

void hub::raise_floor(record_kind kind, const std::string& to) {
    auto& floor = floor_.of(kind);
    if (newer_version(to, floor))
        floor = to;
    std::erase_if(gaps_, [&](const gap& one) { return one.kind == kind && !newer_version(one.to, floor); });
}

// A client needs what has been dropped unless it has seen that version.
void hub::drop_oldest() {
    const auto oldest = frames_.front();
    if (oldest->about.what == topic::operation)
        raise_floor(oldest->about.kind, oldest->reach.of(oldest->about.kind));
    bytes_ -= oldest->bytes();
    frames_.pop_front();
    ++first_;
}

void hub::trim() {
    while (frames_.size() > limits_.frames || (bytes_ > limits_.bytes && frames_.size() > 1))
        drop_oldest();
}

// Positions grow from the first of them to what begin() was given, where the frames that are here already go on.
void hub::fill(position from, std::vector<record_change> changes) {
    filled_ = true;
    // Where something has been dropped since begin(), what was before would leave a gap.
    if (floor_ == began_) {
        floor_ = from;
        auto reach = from;
        std::vector<shared_frame> made;
        made.reserve(changes.size());
        first_ -= changes.size();
        for (auto& change : changes) {
            const auto kind = change.about.kind;
            reach.of(kind) = change.version;
            if (change.completes)
                from.of(kind) = change.version;
            auto one = drawn(std::move(change), from, reach);
            one.sequence = first_ + made.size();
            bytes_ += one.bytes();
            made.push_back(std::make_shared<const frame>(std::move(one)));
        }
        frames_.insert(frames_.begin(), made.begin(), made.end());
        trim();
    }
    tell();
}

void hub::no_past() {
    filled_ = true;
    tell();
}

void hub::restart(position from, std::string_view reason) {
    first_ = end();
    frames_.clear();
    gaps_.clear();
    bytes_ = 0;
    filled_ = true;
    floor_ = from;
    reach_ = from;
    present_ = std::move(from);
    heartbeat_.reset();
    append_reset(topic::restart, reason);
}

resumption hub::can_resume(const position& seen) const {
    if (!begun_)
        return resumption::later;
    const bool in_a_gap = skipped_within(seen);
    if (seen.covers(floor_) && !in_a_gap)
        return resumption::possible;
    const bool for_good = in_a_gap || filled_;
    return for_good && present_.covers(seen) ? resumption::impossible : resumption::later;
}

std::uint64_t hub::first_after(const position& seen) const {
    const auto found =
        std::ranges::partition_point(frames_, [&seen](const shared_frame& one) { return seen.covers(one->reach); });
    return first_ + static_cast<std::uint64_t>(found - frames_.begin());
}

shared_frame hub::at(std::uint64_t sequence) const {
    return sequence < first_ || sequence >= end() ? nullptr : frames_[sequence - first_];
}

shared_text hub::heartbeat() const {
    if (!heartbeat_)
        heartbeat_ = std::make_shared<const std::string>(": \n" + id_line(present_) + "\n");
    return heartbeat_;
}

void hub::attach(listener& one) {
    listeners_.push_back(&one);
}

void hub::detach(listener& one) {
    std::erase(listeners_, &one);
}

void hub::tell() const {
    for (auto* each : listeners_)
        each->news();
}

std::uint64_t hub::published(topic what) const {
    return published_[static_cast<std::size_t>(what)];
}

} // namespace soteria::events
