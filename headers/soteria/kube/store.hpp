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

    // One object as the watch, or our own write's answer, shows it. Older than what is here: ignored.
    void apply(T object) {
        const object_key key = object.meta.key();
        const auto found = objects_.find(key);
        if (found != objects_.end() && found->second->meta.uid == object.meta.uid &&
            !newer_version(object.meta.resource_version, found->second->meta.resource_version))
            return;
        const auto what = found == objects_.end() ? change::added : change::modified;
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

    // A full list as of `resource_version`: what is not in `present` (key -> uid) and not newer than the list is gone.
    void finish_list(const std::map<object_key, std::string>& present, const std::string& resource_version) {
        for (auto each = objects_.begin(); each != objects_.end();) {
            const auto [key, object] = *each++;
            const auto listed = present.find(key);
            const bool still_there = listed != present.end() && listed->second == object->meta.uid;
            if (!still_there && !newer_version(object->meta.resource_version, resource_version))
                erase(key);
        }
        synced_ = true;
        ++generation_;
        changed_.notify_all();
    }

private:
    void announce(change what, const pointer& object) {
        ++generation_;
        for (const auto& each : listeners_)
            each(what, object);
        changed_.notify_all();
    }

    map_type objects_;
    bool synced_ = false;
    std::uint64_t generation_ = 0;
    std::vector<listener> listeners_;
    async::signal changed_;
};

} // namespace soteria::kube
