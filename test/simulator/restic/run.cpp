// One container that runs restic.
#include "world.hpp"

#include <algorithm>

namespace simulator::rs {

namespace {

constexpr int steps = 8; // moments of a backup or a restore
constexpr std::size_t runs_remembered = 1000;
constexpr int by_sigint = 130;
constexpr int by_sigterm = 2;
const std::set<std::string, std::less<>> without_lock{"init", "unlock", "list", "snapshots", "cat"};
const std::set<std::string, std::less<>> exclusive_lock{"forget", "tag", "prune"};

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (start < text.size()) {
        const auto end = std::min(text.find(',', start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

// So many of each host and its paths; `listed` is in the order of time.
void keep_newest(std::vector<const snapshot*>& listed, std::size_t most) {
    std::map<std::pair<std::string, std::vector<std::string>>, std::size_t> seen;
    std::vector<const snapshot*> kept;
    for (auto each = listed.rbegin(); each != listed.rend(); ++each) {
        if (seen[{(*each)->host, (*each)->paths}]++ < most) {
            kept.push_back(*each);
        }
    }
    listed.assign(kept.rbegin(), kept.rend());
}

container_moment end_with(int exit_code, std::string output) {
    container_moment last;
    last.output = std::move(output);
    last.exit_code = exit_code;
    return last;
}

class process final : public running_container {
public:
    process(world& in, const container_order& order)
        : world_(in), order_(order), begun_(std::chrono::system_clock::now()) {
        const auto& words = order_.command;
        if (!words.empty()) {
            asked_ = parse({words.begin() + 1, words.end()});
        }
        const auto url = order_.environment.find("RESTIC_REPOSITORY");
        url_ = url == order_.environment.end() ? std::string() : url->second;
    }

    container_moment next() override {
        auto moment = step_ == 0 ? begin() : go_on();
        ++step_;
        return remembered(std::move(moment));
    }

    // On SIGINT it gives its lock back. Neither 0.14 nor 0.16 handles SIGTERM: the lock stays behind, and Go's runtime
    // ends a first process with 2.
    container_moment terminate() override {
        const bool interrupted =
            std::any_of(order_.pre_stop.begin(), order_.pre_stop.end(),
                        [](const std::string& word) { return word.find("kill -INT 1") != std::string::npos; });
        if (interrupted) {
            return remembered(end_with(by_sigint, "\x1b[2Ksignal interrupt received, cleaning up\n"));
        }
        lock_.clear();
        return remembered(end_with(by_sigterm, ""));
    }

private:
    container_moment remembered(container_moment moment) {
        if (!moment.exit_code) {
            return moment;
        }
        unlock();
        boost::json::object entry;
        entry["namespace"] = order_.ns;
        entry["job"] = order_.job;
        entry["container"] = order_.container;
        boost::json::array words;
        for (const auto& word : order_.command) {
            words.emplace_back(word);
        }
        entry["arguments"] = std::move(words);
        entry["exit_code"] = *moment.exit_code;
        world_.runs.push_back(std::move(entry));
        if (world_.runs.size() > runs_remembered) {
            world_.runs.pop_front();
        }
        return moment;
    }

    std::string variable(const std::string& name) const {
        const auto found = order_.environment.find(name);
        return found == order_.environment.end() ? std::string() : found->second;
    }

    repository* opened() {
        const auto found = world_.repositories.find(url_);
        return found == world_.repositories.end() ? nullptr : &found->second;
    }

    void unlock() {
        auto* repository = opened();
        if (!lock_.empty() && repository != nullptr) {
            repository->release(lock_);
        }
        lock_.clear();
    }

    // What keeps restic from getting to work; empty: nothing.
    std::string trouble() {
        if (order_.command.empty() || order_.command.front() != "restic") {
            return "sh: " + (order_.command.empty() ? std::string() : order_.command.front()) + ": not found\n";
        }
        if (!asked_.wrong.empty()) {
            return asked_.wrong + "\n";
        }
        if (url_.empty()) {
            return "Fatal: Please specify repository location (-r or --repository-file)\n";
        }
        if (world_.meets(asked_, "unreachable")) {
            return unreachable(url_);
        }
        if (world_.meets(asked_, "refused") || variable("AWS_ACCESS_KEY_ID").empty()) {
            return refused_by_store(url_);
        }
        if (asked_.command == "init") {
            return {};
        }
        const auto* repository = opened();
        if (repository == nullptr || world_.meets(asked_, "missing")) {
            return missing(url_);
        }
        if (repository->password != variable("RESTIC_PASSWORD") || world_.meets(asked_, "wrong_password")) {
            return wrong_password();
        }
        return {};
    }

    // Takes the lock that the command needs; what restic says where it cannot.
    std::string take_lock() {
        if (without_lock.contains(asked_.command)) {
            return {};
        }
        auto& repository = *opened();
        lock mine;
        mine.exclusive = exclusive_lock.contains(asked_.command);
        const auto now = std::chrono::system_clock::now();
        const std::string waiting = asked_.has("--json") ? "" : "repo already locked, waiting up to 0s for the lock\n";
        if (world_.meets(asked_, "locked")) {
            lock somebody;
            somebody.id = new_id(world_.random);
            somebody.exclusive = true;
            somebody.host = "backup-server";
            somebody.pid = 4711;
            somebody.since = now - std::chrono::minutes(2);
            return waiting + locked(somebody, now);
        }
        if (const auto* holder = repository.holder_against(mine.exclusive)) {
            return waiting + locked(*holder, now);
        }
        mine.id = new_id(world_.random);
        mine.host = order_.pod;
        mine.since = now;
        lock_ = mine.id;
        repository.locks.push_back(std::move(mine));
        return {};
    }

    container_moment begin() {
        auto words = trouble();
        if (words.empty()) {
            words = take_lock();
        }
        if (!words.empty()) {
            return end_with(1, words);
        }
        container_moment first;
        first.then = world_.options.duration / 5;
        if (world_.meets(asked_, "fails")) {
            return end_with(1, "Fatal: the simulated restic was told to fail\n");
        }
        if (asked_.command == "backup") {
            return begin_backup();
        }
        if (asked_.command == "restore") {
            return begin_restore();
        }
        if (without_lock.contains(asked_.command)) {
            return look_or_make();
        }
        first.output = asked_.command == "tag" ? "create exclusive lock for repository\n" : "";
        return first;
    }

    container_moment go_on() {
        if (asked_.command == "backup" || asked_.command == "restore") {
            return copy();
        }
        if (asked_.command == "forget") {
            return forget();
        }
        if (asked_.command == "tag") {
            return change_tags();
        }
        return end_with(1, "unknown command \"" + asked_.command + "\" for \"restic\"\n");
    }

    // init, unlock, list, snapshots, cat
    container_moment look_or_make() {
        if (asked_.command == "init") {
            return init();
        }
        auto& repository = *opened();
        if (asked_.command == "unlock") {
            return remove_stale_locks(repository);
        }
        if (asked_.command == "cat") {
            return end_with(0, "{\n  \"version\": 2,\n  \"id\": \"" + repository.id +
                                   "\",\n  \"chunker_polynomial\": \"3cc85091ecf663\"\n}\n");
        }
        if (asked_.command == "list") {
            std::string ids;
            for (const auto& one : repository.snapshots) {
                ids += one.id + "\n";
            }
            return end_with(0, ids);
        }
        std::string said;
        std::vector<const snapshot*> listed;
        for (const auto& word : asked_.words) {
            const auto* found = repository.find(word);
            if (found == nullptr) {
                said += "Ignoring \"" + word + "\": no matching ID found for prefix \"" + word + "\"\n";
            } else {
                listed.push_back(found);
            }
        }
        for (const auto& one : repository.snapshots) {
            if (asked_.words.empty() && chosen(one, asked_)) {
                listed.push_back(&one);
            }
        }
        std::stable_sort(listed.begin(), listed.end(),
                         [](const snapshot* left, const snapshot* right) { return left->time < right->time; });
        if (asked_.has("--latest")) {
            keep_newest(listed, std::stoul(asked_.value("--latest")));
        }
        return end_with(0, said + snapshot_list(listed));
    }

    container_moment init() {
        if (opened() != nullptr) {
            return end_with(1, initialised_already(url_));
        }
        auto& made = world_.repositories[url_];
        made.id = new_id(world_.random);
        made.password = variable("RESTIC_PASSWORD");
        return end_with(0, created(made.id, url_));
    }

    container_moment remove_stale_locks(repository& of) {
        const auto before = of.locks.size();
        const auto now = std::chrono::system_clock::now();
        std::erase_if(of.locks,
                      [&](const lock& one) { return one.host == order_.pod || now - one.since > stale_after; });
        const auto gone = before - of.locks.size();
        return end_with(0, gone == 0 ? "" : "successfully removed " + std::to_string(gone) + " locks\n");
    }

    const container_mount* mount_below(const std::string& path) const {
        for (const auto& mount : order_.mounts) {
            if (mount.path == path || (asked_.command == "restore" && path.starts_with(mount.path + "/")) ||
                mount.path.starts_with(path + "/")) {
                return &mount;
            }
        }
        return nullptr;
    }

    static std::int64_t number_in(const container_mount& mount, const std::string& what, std::int64_t otherwise) {
        const auto found = mount.annotations.find("simulator.soteria.dev/" + what);
        return found == mount.annotations.end() ? otherwise : std::stoll(found->second);
    }

    container_moment begin_backup() {
        const auto path = asked_.words.empty() ? std::string() : asked_.words.back();
        const auto* mount = mount_below(path);
        if (mount == nullptr) {
            return end_with(1, path + " does not exist, skipping\nFatal: all target directories/files do not exist\n");
        }
        made_.paths = {path};
        made_.host = asked_.has("--host") ? asked_.value("--host") : order_.pod;
        made_.tags = split_tags();
        constexpr std::int64_t usual_files = 120;
        const auto restored = world_.restored.find(mount->claim_uid);
        const bool known = restored != world_.restored.end();
        made_.files = known ? restored->second.files : number_in(*mount, "files", usual_files);
        made_.bytes = known ? restored->second.bytes : number_in(*mount, "bytes", mount->capacity_bytes / 2);
        if (const auto found = mount->annotations.find("simulator.soteria.dev/unreadable");
            found != mount->annotations.end()) {
            for (const auto& name : split(found->second)) {
                unreadable_.push_back(path + "/" + name);
            }
        }
        if (world_.meets(asked_, "unreadable")) {
            unreadable_.push_back(path + "/private/key");
            unreadable_.push_back(path + "/private/other key");
        }
        return copy();
    }

    std::vector<std::string> split_tags() const {
        std::vector<std::string> tags;
        for (const auto& list : asked_.values("--tag")) {
            const auto parts = split(list);
            tags.insert(tags.end(), parts.begin(), parts.end());
        }
        return tags;
    }

    container_moment begin_restore() {
        auto* found = asked_.words.empty() ? nullptr : opened()->find(asked_.words.front());
        if (found == nullptr) {
            const auto word = asked_.words.empty() ? std::string() : asked_.words.front();
            return end_with(1, "Fatal: failed to find snapshot: no matching ID found for prefix \"" + word + "\"\n");
        }
        made_ = *found;
        target_ = nullptr;
        for (const auto& path : made_.paths) {
            target_ = target_ == nullptr ? mount_below(asked_.value("--target") + path) : target_;
        }
        if (target_ == nullptr) {
            return end_with(1, "Fatal: the target is read-only: mkdir " + asked_.value("--target") +
                                   ": read-only file system\n");
        }
        return copy();
    }

    container_moment copy() {
        const bool is_backup = asked_.command == "backup";
        if (step_ == 0) {
            pace_ = world_.options.duration / steps;
            pace_ *= world_.meets(asked_, "slow") ? 100 : 1;
        }
        if (step_ == 2 && is_backup && world_.meets(asked_, "no_space")) {
            return end_with(1,
                            "Fatal: unable to save snapshot: Save(<data/3c41f1a2b0>) failed: write: no space left on "
                            "device\n");
        }
        if (step_ == 2 && !is_backup && (too_small() || world_.meets(asked_, "no_space"))) {
            return end_with(1, unwritable("/part-1") + unwritable("/part-2") +
                                   restore_summary(made_.files, made_.bytes) + errors_in_all(2));
        }
        if (step_ >= steps) {
            return is_backup ? end_backup() : end_restore();
        }
        advance far;
        far.part = static_cast<double>(step_) / steps;
        far.files = made_.files;
        far.bytes = made_.bytes;
        far.seconds = static_cast<int>(
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - begun_).count());
        container_moment moment;
        moment.then = pace_;
        if (world_.meets(asked_, "garbage")) {
            moment.output = "{\"message_type\":\"stat\n\x01\x02 not a line of JSON {]\n\n";
        }
        if (is_backup) {
            if (step_ == 1) {
                for (const auto& path : unreadable_) {
                    moment.output += unreadable_line(path);
                }
            }
            far.errors = step_ > 1 ? static_cast<int>(unreadable_.size()) : 0;
            moment.output +=
                backup_status(far, step_ == 0 ? "" : made_.paths.front() + "/file-" + std::to_string(step_));
        } else {
            moment.output += restore_status(far);
        }
        return moment;
    }

    [[nodiscard]] bool too_small() const {
        return target_->capacity_bytes > 0 && target_->capacity_bytes < made_.bytes;
    }

    [[nodiscard]] double seconds_since_begin() const {
        return std::chrono::duration<double>(std::chrono::system_clock::now() - begun_).count();
    }

    container_moment end_backup() {
        auto& repository = *opened();
        const auto* parent = repository.parent_of(made_.host, made_.paths);
        made_.id = new_id(world_.random);
        made_.tree = new_id(world_.random);
        made_.time = begun_;
        made_.parent = parent == nullptr ? std::string() : parent->id;
        const auto count = static_cast<int>(unreadable_.size());
        auto words = backup_summary(made_, parent, count, seconds_since_begin());
        repository.snapshots.push_back(made_);
        if (unreadable_.empty()) {
            return end_with(0, words);
        }
        constexpr int incomplete = 3;
        return end_with(incomplete, words + "Warning: at least one source file could not be read\n");
    }

    container_moment end_restore() {
        if (!target_->claim_uid.empty()) {
            world_.restored[target_->claim_uid] = content{made_.files, made_.bytes, made_.id};
        }
        return end_with(0, restore_summary(made_.files, made_.bytes));
    }

    container_moment forget() {
        auto& repository = *opened();
        std::map<std::string, std::vector<const snapshot*>> groups;
        const bool by_host = asked_.value("--group-by") == "host";
        for (const auto& one : repository.snapshots) {
            if (chosen(one, asked_)) {
                groups[by_host ? one.host : one.host + "\n" + one.paths.front()].push_back(&one);
            }
        }
        std::string text = policy_line(asked_);
        std::set<std::string> gone;
        for (const auto& [name, group] : groups) {
            std::vector<const snapshot*> kept;
            std::vector<const snapshot*> removed;
            const auto ids = forgotten(group, asked_);
            for (const auto* one : group) {
                (std::find(ids.begin(), ids.end(), one->id) == ids.end() ? kept : removed).push_back(one);
            }
            gone.insert(ids.begin(), ids.end());
            text += kept_and_removed(kept, removed, asked_.has("--prune"));
        }
        std::erase_if(repository.snapshots, [&gone](const snapshot& one) { return gone.contains(one.id); });
        return end_with(0, text);
    }

    // A snapshot with other tags is another snapshot, which names the first one.
    container_moment change_tags() {
        int changed = 0;
        for (auto& one : opened()->snapshots) {
            const bool named = std::any_of(asked_.words.begin(), asked_.words.end(),
                                           [&one](const std::string& word) { return one.id.starts_with(word); });
            if (asked_.words.empty() ? !chosen(one, asked_) : !named) {
                continue;
            }
            const auto before = one.tags;
            for (const auto& list : asked_.values("--remove")) {
                for (const auto& tag : split(list)) {
                    std::erase(one.tags, tag);
                }
            }
            for (const auto& list : asked_.values("--add")) {
                for (const auto& tag : split(list)) {
                    if (std::find(one.tags.begin(), one.tags.end(), tag) == one.tags.end()) {
                        one.tags.push_back(tag);
                    }
                }
            }
            if (one.tags != before) {
                one.original = one.original.empty() ? one.id : one.original;
                one.id = new_id(world_.random);
                ++changed;
            }
        }
        return end_with(0, changed == 0 ? "no snapshots were modified\n"
                                        : "modified tags on " + std::to_string(changed) + " snapshots\n");
    }

    world& world_;
    container_order order_;
    command_line asked_;
    std::string url_;
    std::string lock_;
    instant begun_;
    int step_ = 0;
    std::chrono::milliseconds pace_{0};
    snapshot made_; // or the one that is restored
    std::vector<std::string> unreadable_;
    const container_mount* target_ = nullptr;
};

} // namespace

bool world::meets(const command_line& asked, std::string_view what) {
    for (auto& one : faults) {
        const auto hosts = asked.values("--host");
        const bool meant = one.what == what && (one.command.empty() || one.command == asked.command) &&
                           (one.host.empty() || std::find(hosts.begin(), hosts.end(), one.host) != hosts.end());
        if (meant && (one.always || one.left > 0)) {
            one.left -= one.always ? 0 : 1;
            return true;
        }
    }
    return false;
}

std::unique_ptr<running_container> run(world& in, const container_order& order) {
    return std::make_unique<process>(in, order);
}

} // namespace simulator::rs
