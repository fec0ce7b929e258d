// What happened to the objects of one kind, as one sequence whose versions never go back: what the list and the watch
// show, in their order, without our own writes that they have not shown yet. Policy without I/O.
#pragma once

#include <soteria/kube/objects.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace soteria::kube {

template <class T>
struct history_change {
    std::shared_ptr<const T> object; // as it is by then, or newer; deleted: as it was last
    std::string version;             // of the change
    bool deleted = false;
    // False: more changes follow that a list has shown together with it; only with the last of them everything up to
    // the versions of all is told. (A list shows what has vanished since the one before, not when.)
    bool completes = true;
};

// Called from the reflector's loop, must not wait. Nothing but began() comes first.
template <class T>
class history_listener {
public:
    virtual ~history_listener() = default;
    // All objects as of this version are known. What changes from here on is told.
    virtual void began(const std::string& version) = 0;
    // Versions went back (the server's database was restored): everything may be another, as of this version.
    virtual void restarted(const std::string& version) = 0;
    // A list had to take the place of a watch: what happened up to this version is known by its outcome only, which is
    // told next. What was made and deleted meanwhile is not among it.
    virtual void skipped(const std::string& version) = 0;
    virtual void changed(history_change<T> change) = 0;
    // All changes up to this version have been told.
    virtual void passed(const std::string& version) = 0;
};

// Told by a reflector (see there). Keeps the objects, which it shares with the store, to know what a later list misses.
template <class T>
class history {
public:
    using pointer = std::shared_ptr<const T>;

    // `to` outlives it.
    explicit history(history_listener<T>& to) : to_(to) {}

    void begin_list(bool restarted) {
        listed_.clear();
        restarted_ = restarted_ || restarted;
    }

    // One object of the list, at the version that the list shows.
    void listed(pointer object, std::string version) {
        auto key = object->meta.key();
        listed_.insert_or_assign(std::move(key), known{std::move(object), std::move(version)});
    }

    // `present`: key and uid of everything in the list, also of what could not be read.
    void end_list(const std::map<object_key, std::string>& present, const std::string& version) {
        if (passed_.empty() || restarted_) {
            known_ = std::move(listed_);
            const bool first = passed_.empty();
            restarted_ = false;
            passed_ = version;
            first ? to_.began(version) : to_.restarted(version);
        } else {
            to_.skipped(version);
            tell_differences(present, version);
            pass(version);
        }
        listed_.clear();
    }

    void changed(pointer object, std::string version) {
        if (!newer_version(version, passed_))
            return;
        known_.insert_or_assign(object->meta.key(), known{object, version});
        to_.changed({std::move(object), std::move(version)});
    }

    // `last` null: it could not be read; then it is told as it was known, if it was.
    void deleted(const object_key& key, pointer last, std::string version) {
        const auto found = known_.find(key);
        if (!last && found != known_.end())
            last = found->second.object;
        if (found != known_.end())
            known_.erase(found);
        if (last && newer_version(version, passed_))
            to_.changed({std::move(last), std::move(version), true});
    }

    void passed(const std::string& version) {
        if (newer_version(version, passed_))
            pass(version);
    }

private:
    struct known {
        pointer object;
        std::string version; // that list or watch showed
    };

    void pass(const std::string& version) {
        passed_ = version;
        to_.passed(version);
    }

    void tell_differences(const std::map<object_key, std::string>& present, const std::string& version) {
        std::vector<history_change<T>> changes;
        for (auto each = known_.begin(); each != known_.end();) {
            const auto listed = present.find(each->first);
            const bool there = listed != present.end() && listed->second == each->second.object->meta.uid;
            if (!there)
                changes.push_back({each->second.object, gone_at(each->first, version), true});
            each = there ? std::next(each) : known_.erase(each);
        }
        for (auto& [key, shown] : listed_)
            take_listed(key, std::move(shown), version, changes);
        std::ranges::stable_sort(
            changes, [](const auto& left, const auto& right) { return newer_version(right.version, left.version); });
        for (std::size_t each = 0; each < changes.size(); ++each) {
            auto& change = changes[each];
            change.completes = each + 1 == changes.size();
            if (change.completes)
                change.version = version;
            to_.changed(std::move(change));
        }
    }

    // Before its successor of the same name.
    [[nodiscard]] std::string gone_at(const object_key& key, const std::string& version) const {
        const auto successor = listed_.find(key);
        return successor == listed_.end() ? version : told_at(successor->second.version, version);
    }

    // Nothing is told with a version that has been passed.
    [[nodiscard]] std::string told_at(const std::string& shown, const std::string& version) const {
        return newer_version(shown, passed_) ? shown : version;
    }

    void take_listed(const object_key& key, known shown, const std::string& version,
                     std::vector<history_change<T>>& changes) {
        const auto found = known_.find(key);
        const bool same = found != known_.end() && !newer_version(shown.version, found->second.version);
        // Newer than the list itself: the watch will show it.
        if (same || newer_version(shown.version, version))
            return;
        changes.push_back({shown.object, told_at(shown.version, version), false});
        known_.insert_or_assign(key, std::move(shown));
    }

    history_listener<T>& to_;
    std::map<object_key, known> known_;
    std::map<object_key, known> listed_; // of the list that is being read
    bool restarted_ = false;
    std::string passed_; // empty: no list has been complete yet
};

} // namespace soteria::kube
