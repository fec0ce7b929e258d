// The reflector's cache of one kind: what the API server said last, plus our own writes until the watch has passed
// them.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/kube/objects.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace soteria::kube {

// T has a member `object_meta meta`. Objects are shared and immutable: a reader may keep one across awaits.
// Single-threaded; must outlive its readers.
template <class T>
class store {
public:
    using pointer = std::shared_ptr<const T>;
    using map_type = std::map<object_key, pointer>;
    enum class change { added, modified, deleted };
    // Called at once for every change, with the object as it is now (deleted: as it was last). Must not throw.
    using listener = std::function<void(change, const pointer&)>;

    explicit store(boost::asio::any_io_executor executor) : changed_(std::move(executor)) {}

    [[nodiscard]] pointer find(const object_key& key) const {
        const auto found = objects_.find(key);
        return found == objects_.end() ? nullptr : found->second;
    }

    [[nodiscard]] const map_type& all() const { return objects_; }

    // The first list is complete.
    [[nodiscard]] bool synced() const { return synced_; }

    // Grows with every change: "has anything changed since I looked?".
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    [[nodiscard]] async::signal& changed() { return changed_; }

    void subscribe(listener callback) { listeners_.push_back(std::move(callback)); }

    // One object as the list, the watch, or our own write's answer shows it. Ignored if it is older than what is here,
    // or if the watch has already passed it and it is not here: it was deleted since. Another uid under the same name
    // is another object: listeners hear of the old one's end first.
    void apply(T object) {
        const object_key key = object.meta.key();
        if (outdated(key, object.meta))
            return;
        if (const auto found = objects_.find(key);
            found != objects_.end() && found->second->meta.uid != object.meta.uid)
            erase(key);
        const auto what = objects_.contains(key) ? change::modified : change::added;
        auto shared = std::make_shared<const T>(std::move(object));
        objects_[key] = shared;
        announce(what, shared);
    }

    // Gone. `uid` empty: whichever object is there.
    void erase(const object_key& key, const std::string& uid = {}) {
        const auto found = objects_.find(key);
        if (found == objects_.end() || (!uid.empty() && found->second->meta.uid != uid))
            return;
        const pointer last = found->second;
        objects_.erase(found);
        announce(change::deleted, last);
    }

    // A list begins; its objects come by apply(). `history_restarted`: the server's versions went back (its database
    // was restored), so they cannot be compared with those here, and the list's objects replace them.
    void begin_list(bool history_restarted = false) {
        passed_.clear();
        history_restarted_ = history_restarted;
    }

    // The list as of `resource_version` is complete: what is not in `present` (key -> uid) and not newer is gone.
    void finish_list(const std::map<object_key, std::string>& present, const std::string& resource_version) {
        for (auto each = objects_.begin(); each != objects_.end();) {
            const auto [key, object] = *each++;
            const auto listed = present.find(key);
            const bool still_there = listed != present.end() && listed->second == object->meta.uid;
            if (!still_there && (history_restarted_ || !newer_version(object->meta.resource_version, resource_version)))
                erase(key);
        }
        history_restarted_ = false;
        passed_ = resource_version;
        synced_ = true;
        ++generation_;
        changed_.notify_all();
    }

    // The watch has shown everything up to this version.
    void passed(const std::string& resource_version) { passed_ = resource_version; }

private:
    [[nodiscard]] bool outdated(const object_key& key, const object_meta& meta) const {
        if (history_restarted_)
            return false;
        const auto found = objects_.find(key);
        if (found == objects_.end())
            return !passed_.empty() && !newer_version(meta.resource_version, passed_);
        if (found->second->meta.uid == meta.uid)
            return !newer_version(meta.resource_version, found->second->meta.resource_version);
        return newer_version(found->second->meta.resource_version, meta.resource_version);
    }

    void announce(change what, const pointer& object) {
        ++generation_;
        for (const auto& each : listeners_)
            each(what, object);
        changed_.notify_all();
    }

    map_type objects_;
    bool synced_ = false;
    bool history_restarted_ = false;
    std::string passed_; // up to where the watch (or the list) has shown everything; empty: unknown
    std::uint64_t generation_ = 0;
    std::vector<listener> listeners_;
    async::signal changed_;
};

} // namespace soteria::kube
