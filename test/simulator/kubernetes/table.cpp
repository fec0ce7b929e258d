#include "test/simulator/kubernetes/store.hpp"

namespace simulator::api {

bool scope::matches(const stored& object) const {
    if ((!ns.empty() && object.ns != ns) || !label_filter.matches(object.labels_)) {
        return false;
    }
    json::object parsed;
    return field_filter.matches([&object, &parsed](const std::string& field) {
        if (field == "metadata.name") {
            return object.name;
        }
        if (field == "metadata.namespace") {
            return object.ns;
        }
        if (parsed.empty()) {
            parsed = object.object();
        }
        const auto dot = field.find('.');
        return dot == std::string::npos ? text_at(parsed, {field})
                                        : text_at(parsed, {field.substr(0, dot), field.substr(dot + 1)});
    });
}

stored_ptr table::find(const std::string& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
}

namespace {

// Collects one page: counts what does not fit.
class collector {
public:
    collector(const scope& wanted, std::size_t limit) : wanted_(wanted), limit_(limit) {}

    void take(const stored_ptr& object) {
        if (object == nullptr || !wanted_.matches(*object)) {
            return;
        }
        if (limit_ == 0 || made.items.size() < limit_) {
            made.items.push_back(object);
            return;
        }
        if (made.remaining++ == 0) {
            made.next = made.items.back()->key();
        }
    }

    page made;

private:
    const scope& wanted_;
    std::size_t limit_;
};

} // namespace

page table::list(const scope& wanted, std::uint64_t revision, const std::string& after, std::size_t limit) const {
    // What has changed since: the objects as they were then (nullptr: not there yet).
    std::map<std::string, stored_ptr> then;
    for (auto happened = history_.rbegin(); happened != history_.rend() && happened->revision > revision; ++happened) {
        then[happened->current->key()] = happened->previous;
    }
    const std::string prefix = wanted.ns.empty() ? std::string() : wanted.ns + "/";
    const auto start = [&](const auto& map) {
        return after.empty() ? map.lower_bound(prefix) : map.upper_bound(after);
    };
    collector found(wanted, limit);
    auto now = start(objects_);
    auto old = start(then);
    const auto within = [&prefix](const auto& position, const auto& map) {
        return position != map.end() && position->first.starts_with(prefix);
    };
    while (within(now, objects_) || within(old, then)) {
        const bool has_now = within(now, objects_);
        const bool has_old = within(old, then);
        if (has_old && (!has_now || old->first <= now->first)) {
            found.take(old->second);
            if (has_now && now->first == old->first) {
                ++now;
            }
            ++old;
        } else {
            found.take(now->second);
            ++now;
        }
    }
    return std::move(found.made);
}

void table::record(change happened) {
    if (happened.removed) {
        objects_.erase(happened.current->key());
    } else {
        objects_[happened.current->key()] = happened.current;
    }
    history_.push_back(std::move(happened));
    while (history_.size() > window_) {
        forgotten_ = history_.front().revision;
        history_.pop_front();
    }
    wake();
}

void table::forget(std::uint64_t revision) {
    history_.clear();
    forgotten_ = revision;
    wake();
}

void table::wake() const {
    for (auto* timer : waiting) {
        timer->cancel();
    }
}

} // namespace simulator::api
