#include <soteria/events/cursor.hpp>

namespace soteria::events {

cursor::cursor(const hub& from) : hub_(&from), next_(from.end()) {}

cursor::cursor(const hub& from, position seen)
    : hub_(&from), next_(from.first_after(seen)),
      catching_up_(std::make_unique<catching_up>(catching_up{std::move(seen), from.end()})) {}

// What was skipped can concern only who has seen more elsewhere than we had published.
bool cursor::lost() const {
    return (!at_end() && !hub_->at(next_)) || (catching_up_ && hub_->skipped_within(catching_up_->seen));
}

bool cursor::known(const frame& one) const {
    if (!catching_up_)
        return false;
    if (one.about.what != topic::operation)
        return one.sequence < catching_up_->live_from;
    return !newer_version(one.reach.of(one.about.kind), catching_up_->seen.of(one.about.kind));
}

// What follows has later versions than `now`: from where that covers what was seen nothing is known any more, and the
// frames' own ids are right.
void cursor::look_whether_caught_up(const position& now) {
    if (catching_up_ && next_ >= catching_up_->live_from && now.covers(catching_up_->seen))
        catching_up_.reset();
}

shared_frame cursor::next() {
    if (lost())
        return nullptr;
    while (auto found = hub_->at(next_)) {
        ++next_;
        const bool seen_before = known(*found);
        if (!seen_before && found->about.what == topic::restart)
            catching_up_.reset();
        look_whether_caught_up(found->after);
        if (!seen_before)
            return found;
    }
    return nullptr;
}

shared_text cursor::text(const shared_frame& one) const {
    if (!catching_up_ || one->id_bytes == 0)
        return {one, &one->text};
    const auto id = id_line(later(one->after, catching_up_->seen));
    return std::make_shared<const std::string>(id + one->text.substr(one->id_bytes));
}

shared_text cursor::heartbeat() {
    const auto& present = hub_->present();
    look_whether_caught_up(present);
    if (!catching_up_)
        return hub_->heartbeat();
    if (++catching_up_->beats_ahead > patience)
        return nullptr;
    return std::make_shared<const std::string>(": \n" + id_line(later(present, catching_up_->seen)) + "\n");
}

shared_text cursor::reset(std::string_view reason) {
    next_ = hub_->end();
    catching_up_.reset();
    return std::make_shared<const std::string>(reset_block(hub_->present(), reason));
}

std::string cursor::id() const {
    return id_line(catching_up_ ? catching_up_->seen : hub_->present());
}

} // namespace soteria::events
